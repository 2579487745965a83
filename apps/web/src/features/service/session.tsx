"use client";

import { useQuery } from "@tanstack/react-query";
import type { inferRouterOutputs } from "@trpc/server";
import type { AppRouter, Permission } from "@tugboat/inference/trpc";
import { createContext, type ReactNode, useContext } from "react";
import { useTRPC } from "./trpc.tsx";

export type Session = inferRouterOutputs<AppRouter>["session"]["me"];

const AtRendering = createContext<Session | undefined>(undefined);

export interface SessionProviderProps {
  /** Who the server saw while rendering. */
  readonly session: Session;
  readonly children: ReactNode;
}

export function SessionProvider({ session, children }: SessionProviderProps) {
  return <AtRendering value={session}>{children}</AtRendering>;
}

export interface CurrentSession extends Session {
  /** Whether the role allows it. What it does not allow is not shown; the service refuses it in any case. */
  readonly may: (permission: Permission) => boolean;
}

/** Who is signed in, where, and what they may do there. Follows a change of role within a minute. */
export function useSession(): CurrentSession {
  const initialData = useContext(AtRendering);
  if (initialData === undefined) throw new Error("useSession needs a SessionProvider above it.");
  const trpc = useTRPC();
  const query = trpc.session.me.queryOptions(undefined, { initialData, staleTime: 60_000, retry: false });
  const session = useQuery(query).data;
  return { ...session, may: (permission) => session.permissions.includes(permission) };
}
