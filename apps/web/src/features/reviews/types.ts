import type { inferRouterInputs, inferRouterOutputs } from "@trpc/server";
import type { AppRouter } from "@tugboat/inference/trpc";

type Outputs = inferRouterOutputs<AppRouter>["reviews"];
type Inputs = inferRouterInputs<AppRouter>["reviews"];

export type Queue = Outputs["list"]["queues"][number];
export type Next = Outputs["next"];
export type Item = NonNullable<Next["item"]>;
export type Figures = Outputs["figures"];
export type Said = Omit<Inputs["submit"], "queue" | "item">;
export type Side = NonNullable<Said["preferred"]>;
