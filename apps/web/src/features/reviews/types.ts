import type { inferRouterOutputs } from "@trpc/server";
import type { AppRouter } from "@tugboat/inference/trpc";

type Outputs = inferRouterOutputs<AppRouter>["reviews"];

export type Queue = Outputs["list"]["queues"][number];
export type Next = Outputs["next"];
export type Item = NonNullable<Next["item"]>;
export type Figures = Outputs["figures"];
