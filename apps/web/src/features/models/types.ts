import type { inferRouterOutputs } from "@trpc/server";
import type { AppRouter } from "@tugboat/inference/trpc";

type Outputs = inferRouterOutputs<AppRouter>;
export type Model = Outputs["models"]["get"];
export type Machine = Outputs["models"]["list"]["machine"];
export type ModelFacts = Outputs["models"]["describe"];
export type Anatomy = ModelFacts["anatomy"];
export type TextToken = Outputs["models"]["tokenize"]["tokens"][number];
export type Job = Outputs["jobs"]["list"]["jobs"][number];
export type PendingUpload = Outputs["uploads"]["list"]["uploads"][number];
