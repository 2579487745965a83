"use client";

import { useQuery } from "@tanstack/react-query";
import { getJson } from "./request.ts";
import type { Overview } from "./types.ts";

export const overviewKey = ["overview"] as const;

/** The service as it is now; asks again every two seconds while the page is looked at. */
export function useOverview() {
  return useQuery({
    queryKey: overviewKey,
    queryFn: ({ signal }) => getJson<Overview>("/api/overview", signal),
    refetchInterval: 2000,
    staleTime: 1000,
    retry: false,
  });
}
