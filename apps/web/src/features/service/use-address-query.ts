"use client";

import { useSearchParams } from "next/navigation";
import { useCallback, useEffect, useState } from "react";

interface Choice {
  readonly query: string;
  /** What the router said when it was chosen: once that changes, the router's word counts again. */
  readonly over: string;
}

/**
 * What stands after the `?` of the address, and a way to change it without asking the server for the page again.
 *
 * A choice counts at once, and the address follows it. The other way round loses choices: the router hears of a new
 * address only from the moment it has come alive on, and tells the page in a transition, which a busy browser puts off.
 */
export function useAddressQuery(path: string): readonly [query: string, choose: (query: string) => void] {
  const routed = useSearchParams().toString();
  const [choice, setChoice] = useState<Choice>();
  const query = choice?.over === routed ? choice.query : routed;
  const choose = useCallback((next: string) => setChoice({ query: next, over: routed }), [routed]);
  useEffect(() => {
    // In an effect: by then the router, whose own effects come first, listens.
    if (choice) window.history.replaceState(null, "", choice.query === "" ? path : `${path}?${choice.query}`);
  }, [choice, path]);
  return [query, choose];
}
