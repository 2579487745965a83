import type { inferRouterInputs, inferRouterOutputs } from "@trpc/server";
import type { AppRouter } from "@tugboat/inference/trpc";

type Outputs = inferRouterOutputs<AppRouter>["evaluations"];

export type Evaluation = Outputs["list"]["evaluations"][number];
export type EvaluationDetail = Outputs["get"];
export type Summary = NonNullable<EvaluationDetail["summary"]>;
export type Calibration = EvaluationDetail["calibrations"][number];
export type ExampleRow = Outputs["examples"]["rows"][number];
export type Choices = Outputs["choices"];

type Inputs = inferRouterInputs<AppRouter>["evaluations"];

export type NewCandidate = Inputs["create"]["candidates"][number];
