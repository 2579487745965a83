import type { inferRouterInputs, inferRouterOutputs } from "@trpc/server";
import type { AppRouter } from "@tugboat/inference/trpc";

type Outputs = inferRouterOutputs<AppRouter>["datasets"];
type Inputs = inferRouterInputs<AppRouter>["datasets"];

export type Dataset = Outputs["list"]["datasets"][number];
export type DatasetDetail = Outputs["get"];
export type Version = DatasetDetail["versions"][number];
export type Example = Outputs["rows"]["examples"][number];
export type Change = Outputs["diff"]["changes"][number];
export type Inspected = Outputs["inspect"];
export type Mapping = Inspected["mapping"];
export type Edit = Inputs["edit"]["edits"][number];
export type Split = NonNullable<Example["split"]>;
