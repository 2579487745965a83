"use client";

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { useTRPC } from "../service/trpc.tsx";
import type { Job } from "./types.ts";

const everyMs = { working: 700, resting: 5000 };

export function isWorking(job: Pick<Job, "state"> | undefined): boolean {
  return job?.state === "queued" || job?.state === "running";
}

/** The newest background work of a kind on a model; what it changes is looked up again when it ends. */
export function useModelJob(kind: "models.measure" | "models.download", subject: string | undefined): Job | undefined {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const query = trpc.jobs.list.queryOptions(
    { kind, limit: 1, ...(subject !== undefined && { subject }) },
    {
      enabled: subject !== undefined,
      refetchInterval: ({ state }) => (isWorking(state.data?.jobs[0]) ? everyMs.working : everyMs.resting),
    },
  );
  const job = useQuery(query).data?.jobs[0];
  const state = job?.state;
  useEffect(() => {
    if (state === "done") void queries.invalidateQueries({ queryKey: trpc.models.pathKey() });
  }, [state, queries, trpc]);
  return job;
}
