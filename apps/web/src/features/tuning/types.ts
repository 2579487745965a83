import type { inferRouterInputs, inferRouterOutputs } from "@trpc/server";
import type { AppRouter } from "@tugboat/inference/trpc";

type Outputs = inferRouterOutputs<AppRouter>["tuning"];

type Inputs = inferRouterInputs<AppRouter>["tuning"];

export type Run = Outputs["list"]["runs"][number];
export type RunDetail = Outputs["get"];
export type Report = NonNullable<RunDetail["report"]>;
export type Progress = NonNullable<RunDetail["progress"]>;
export type Checked = Outputs["check"];
export type FindingKind = Checked["findings"][number]["kind"];
export type SamplesFrom = Inputs["check"]["from"];
