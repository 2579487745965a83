"use client";

import { useSyncExternalStore } from "react";

const never = () => () => undefined;

/** Whether the page's scripts listen yet: a page that came from the server is on screen before they do. */
export function useAlive(): boolean {
  return useSyncExternalStore(
    never,
    () => true,
    () => false,
  );
}
