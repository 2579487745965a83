"use client";

import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useTRPC } from "../../service/trpc.tsx";
import type { BrowserChoice } from "../model-select.tsx";

export interface BrowserModels {
  /** Those that a browser can run by itself. */
  readonly choices: readonly BrowserChoice[];
  /** Names by digest. */
  readonly names: ReadonlyMap<string, string>;
}

export function useBrowserModels(): BrowserModels {
  const trpc = useTRPC();
  const { data } = useQuery(trpc.playground.browserModels.queryOptions(undefined, { staleTime: 30_000 }));
  return useMemo(() => {
    const choices = (data?.models ?? []).flatMap(({ name, file }) => (file ? [{ name, ...file }] : []));
    return { choices, names: new Map(choices.map(({ name, sha256 }) => [sha256, name])) };
  }, [data]);
}
