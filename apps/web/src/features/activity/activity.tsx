"use client";

import { useQuery } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useEffect, useState } from "react";
import { useSession } from "../service/session.tsx";
import { useTRPC, useTRPCClient } from "../service/trpc.tsx";
import { type Job, mergeJobs } from "./job.ts";

const Known = createContext<readonly Job[]>([]);

/** How many of the newest jobs a page keeps in mind. */
const MOST = 200;
const TRY_AGAIN_MS = 5000;

/**
 * Follows the organization's jobs for all of the page over one connection. A page that is not looked at gives its
 * connection back: a browser has few for one address.
 */
export function ActivityProvider({ children }: { readonly children: ReactNode }) {
  const client = useTRPCClient();
  const { may, organization } = useSession();
  const [jobs, setJobs] = useState<readonly Job[]>([]);
  const follows = organization !== null && may("jobs:read");
  useEffect(() => {
    if (!follows) return;
    let subscription: { unsubscribe(): void } | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = () => {
      clearTimeout(timer);
      subscription?.unsubscribe();
      subscription = undefined;
    };
    const again = () => {
      stop();
      timer = setTimeout(start, TRY_AGAIN_MS);
    };
    const start = () => {
      if (subscription || document.hidden) return;
      subscription = client.jobs.watch.subscribe(undefined, {
        onData: ({ jobs: told }) => setJobs((known) => mergeJobs(known, told, MOST)),
        onError: again,
        onComplete: again,
      });
    };
    const look = () => (document.hidden ? stop() : start());
    document.addEventListener("visibilitychange", look);
    start();
    return () => {
      document.removeEventListener("visibilitychange", look);
      stop();
    };
  }, [client, follows]);
  return <Known value={jobs}>{children}</Known>;
}

/** The newest jobs as they change, the newest first. */
export function useJobs(): readonly Job[] {
  return useContext(Known);
}

/** Which job: one by its id, or the newest about something. */
export type WhichJob = { readonly id: string } | { readonly subject: string; readonly kind?: string };

/** A job as it changes, for showing it beside what it is about; undefined while none is known. */
export function useJob(which: WhichJob): Job | undefined {
  const { may } = useSession();
  const trpc = useTRPC();
  const wanted = (job: Job) =>
    "id" in which
      ? job.id === which.id
      : job.subject === which.subject && (which.kind === undefined || job.kind === which.kind);
  const live = useJobs().find(wanted);
  const enabled = live === undefined && may("jobs:read");
  const one = useQuery(
    trpc.jobs.get.queryOptions({ id: "id" in which ? which.id : "" }, { enabled: enabled && "id" in which }),
  );
  const { subject, kind } = "id" in which ? { subject: undefined, kind: undefined } : which;
  const newest = useQuery(
    trpc.jobs.list.queryOptions({ subject, kind, limit: 1 }, { enabled: enabled && subject !== undefined }),
  );
  return live ?? one.data ?? newest.data?.jobs[0];
}
