import type { inferRouterInputs, inferRouterOutputs } from "@trpc/server";
import type { AppRouter } from "@tugboat/inference/trpc";

type Outputs = inferRouterOutputs<AppRouter>["prompts"];

export type Prompt = Outputs["list"]["prompts"][number];
export type PromptDetail = Outputs["get"];
export type PromptVersion = PromptDetail["versions"][number];
export type Content = PromptVersion["content"];
export type NewContent = inferRouterInputs<AppRouter>["prompts"]["save"]["content"];
export type Variable = Content["variables"][number];
export type Move = PromptDetail["moves"][number];
