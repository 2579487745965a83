"use client";

import { type ComponentProps, useLayoutEffect, useRef } from "react";
import { useAlive } from "./use-alive.ts";

/**
 * Beside a select: tells it, once the page listens, what was chosen on the page as it came from the server. Nothing else
 * would, and the select would show one thing and mean another.
 */
export function EarlyChoice({ value }: Pick<ComponentProps<"select">, "value">) {
  const marker = useRef<HTMLSpanElement>(null);
  // Made by the server, not by this page's scripts.
  const served = useRef(!useAlive());
  const meant = useRef(value);
  // Before anything renders again, and with that puts the select back.
  useLayoutEffect(() => {
    const select = marker.current?.parentElement?.querySelector("select");
    if (!served.current || !select || meant.current === undefined) return;
    const offered = [...select.options].some((option) => option.value === meant.current);
    if (offered && select.value !== meant.current) select.dispatchEvent(new Event("change", { bubbles: true }));
  }, []);
  return <span ref={marker} hidden />;
}
