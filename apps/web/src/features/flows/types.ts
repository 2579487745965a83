import type { inferRouterOutputs } from "@trpc/server";
import type { AppRouter } from "@tugboat/inference/trpc";

type Outputs = inferRouterOutputs<AppRouter>["flows"];

export type FlowCard = Outputs["list"]["flows"][number];
export type FlowDetail = Outputs["get"];
export type GraphStep = FlowDetail["graph"][number];
export type FlowRun = Outputs["runs"]["runs"][number];
export type FlowRunDetail = Outputs["runDetail"];
export type RunStep = FlowRunDetail["steps"][number];
export type FlowProblem = NonNullable<Outputs["check"]["problem"]>;
