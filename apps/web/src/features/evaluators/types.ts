import type { inferRouterInputs, inferRouterOutputs } from "@trpc/server";
import type { AppRouter } from "@tugboat/inference/trpc";

type Inputs = inferRouterInputs<AppRouter>["evaluators"];
type Outputs = inferRouterOutputs<AppRouter>["evaluators"];

export type Evaluator = Outputs["list"]["evaluators"][number];
export type Calibration = Outputs["calibrations"]["calibrations"][number];
/** As it is written in the editor. */
export type Spec = Inputs["create"]["spec"];
export type Kind = Spec["kind"];
export type Tried = Outputs["try"];
