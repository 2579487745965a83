"use client";

import { useQuery } from "@tanstack/react-query";
import { Badge } from "../../ui/badge.tsx";
import { useSession } from "../service/session.tsx";
import { useTRPC } from "../service/trpc.tsx";

export interface UpstreamModel {
  /** What requests name. */
  readonly name: string;
  readonly upstream: string;
  readonly enabled: boolean;
}

/** The models of upstreams, to be listed beside those of this machine; none for who may not see upstreams. */
export function useUpstreamModels(): readonly UpstreamModel[] {
  const trpc = useTRPC();
  const { may } = useSession();
  const { data } = useQuery(trpc.upstreams.list.queryOptions(undefined, { enabled: may("upstreams:read") }));
  return (data?.upstreams ?? []).flatMap(({ enabled, extraModels, models, name }) =>
    [...new Set([...models, ...extraModels])].map((model) => ({ name: `${name}/${model}`, upstream: name, enabled })),
  );
}

/** Marks a model that another server answers for. */
export function UpstreamBadge({ upstream }: { readonly upstream: string }) {
  return <Badge tone="accent">on {upstream}</Badge>;
}
