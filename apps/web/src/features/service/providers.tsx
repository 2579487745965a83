"use client";

import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { ActivityProvider } from "../activity/activity.tsx";
import { type Session, SessionProvider } from "./session.tsx";
import { ServiceProvider } from "./trpc.tsx";
import type { Overview } from "./types.ts";
import { overviewKey } from "./use-overview.ts";

export interface ProvidersProps {
  readonly session: Session;
  /** What the server already knew while rendering, so that the first paint has figures. */
  readonly overview: Overview | undefined;
  readonly children: ReactNode;
}

export function Providers({ session, overview, children }: ProvidersProps) {
  const [client] = useState(() => {
    // A refusal is an answer: asking again changes nothing, and every page has its own "try again".
    const made = new QueryClient({ defaultOptions: { queries: { retry: false } } });
    if (overview) made.setQueryData(overviewKey, overview);
    return made;
  });
  return (
    <QueryClientProvider client={client}>
      <ServiceProvider queryClient={client}>
        <SessionProvider session={session}>
          <ActivityProvider>{children}</ActivityProvider>
        </SessionProvider>
      </ServiceProvider>
    </QueryClientProvider>
  );
}
