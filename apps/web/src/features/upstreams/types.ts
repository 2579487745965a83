import type { inferRouterOutputs } from "@trpc/server";
import type { AppRouter } from "@tugboat/inference/trpc";

export type Upstream = inferRouterOutputs<AppRouter>["upstreams"]["list"]["upstreams"][number];
