"use client";

import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import type { Overview } from "./types.ts";
import { overviewKey } from "./use-overview.ts";

export interface ProvidersProps {
  /** What the server already knew while rendering, so that the first paint has figures. */
  readonly overview: Overview | undefined;
  readonly children: ReactNode;
}

export function Providers({ overview, children }: ProvidersProps) {
  const [client] = useState(() => {
    const made = new QueryClient();
    if (overview) made.setQueryData(overviewKey, overview);
    return made;
  });
  return <QueryClientProvider client={client}>{children}</QueryClientProvider>;
}
