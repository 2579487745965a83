"use client";

import { useQuery } from "@tanstack/react-query";
import { useSession } from "../service/session.tsx";
import { useTRPC } from "../service/trpc.tsx";
import type { Choice } from "./types.ts";

/** All that an alias can point to: the models here, then those of upstreams. */
export function useChoices(): Choice[] {
  const trpc = useTRPC();
  const { may } = useSession();
  const deployments = useQuery(trpc.deployments.list.queryOptions()).data?.deployments ?? [];
  const upstreams =
    useQuery(trpc.upstreams.list.queryOptions(undefined, { enabled: may("upstreams:read") })).data?.upstreams ?? [];
  return [
    ...deployments.map(({ model }) => ({
      key: `model:${model}`,
      name: model,
      target: { kind: "model" as const, model },
    })),
    ...upstreams.flatMap(({ extraModels, id, models, name }) =>
      [...new Set([...models, ...extraModels])].map((model) => ({
        key: `upstream:${id}:${model}`,
        name: `${name}/${model}`,
        target: { kind: "upstream" as const, upstreamId: id, model },
      })),
    ),
  ];
}
