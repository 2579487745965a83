import type { inferRouterOutputs } from "@trpc/server";
import type { AppRouter } from "@tugboat/inference/trpc";

export type Trace = inferRouterOutputs<AppRouter>["traces"]["list"]["traces"][number];
export type TraceDetail = inferRouterOutputs<AppRouter>["traces"]["get"];
export type Span = TraceDetail["spans"][number];
export type Opinion = TraceDetail["feedback"][number];
