import type { inferRouterOutputs } from "@trpc/server";
import type { AppRouter } from "@tugboat/inference/trpc";

type Outputs = inferRouterOutputs<AppRouter>["tasks"];

export type TaskCard = Outputs["list"]["tasks"][number];
export type TaskDetail = Outputs["get"];
export type Report = NonNullable<TaskDetail["report"]>;
export type Entry = Report["entries"][number];
export type Figures = Entry["figures"];
export type Planning = TaskDetail["plannings"][number];
export type Drafted = Outputs["draft"];
export type Release = TaskDetail["releases"][number];
export type Proposal = Outputs["proposals"]["proposals"][number];
