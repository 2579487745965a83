"use client";

import type { QueryClient } from "@tanstack/react-query";
import { createTRPCClient, httpBatchLink, httpSubscriptionLink, splitLink, TRPCClientError } from "@trpc/client";
import { createTRPCContext } from "@trpc/tanstack-react-query";
import type { AppRouter } from "@tugboat/inference/trpc";
import { type ReactNode, useState } from "react";
import { reportSignedOut } from "./signed-out.ts";
import type { ServiceProblem } from "./types.ts";

const { TRPCProvider, useTRPC, useTRPCClient } = createTRPCContext<AppRouter>();

export { useTRPC, useTRPCClient };

export interface ServiceProviderProps {
  readonly queryClient: QueryClient;
  readonly children: ReactNode;
}

/** The management API for the pages: `useTRPC().keys.list.queryOptions()`. */
export function ServiceProvider({ queryClient, children }: ServiceProviderProps) {
  const [client] = useState(() =>
    createTRPCClient<AppRouter>({
      links: [
        splitLink({
          condition: ({ type }) => type === "subscription",
          true: httpSubscriptionLink({ url: "/api/trpc" }),
          false: httpBatchLink({ url: "/api/trpc", fetch: watchSession }),
        }),
      ],
    }),
  );
  return (
    <TRPCProvider trpcClient={client} queryClient={queryClient}>
      {children}
    </TRPCProvider>
  );
}

async function watchSession(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  const response = await fetch(input, { ...init, credentials: "same-origin" });
  if (response.status === 401) reportSignedOut(init?.method === "POST" ? "act" : "look");
  return response;
}

/** A refused call in words for the person, with what a form needs to put them beside its fields. */
export interface CallProblem extends ServiceProblem {
  readonly fields: Readonly<Record<string, string>>;
  /** Who made the change that this one would have undone. */
  readonly changedBy?: string;
}

export function problemOf(cause: unknown): CallProblem {
  if (isServiceError(cause) && cause.data) {
    const { reason, hint, fields, changedBy, code } = cause.data;
    return { code: reason ?? code, message: cause.message, hint: hint || undefined, fields: fields ?? {}, changedBy };
  }
  if (isServiceError(cause)) {
    return {
      code: "console-unreachable",
      message: "The service does not answer.",
      hint: "Look whether npm start is still running; what you typed stays here.",
      fields: {},
    };
  }
  return { code: "unknown", message: "This could not be done. Try again.", fields: {} };
}

function isServiceError(cause: unknown): cause is TRPCClientError<AppRouter> {
  return cause instanceof TRPCClientError;
}
