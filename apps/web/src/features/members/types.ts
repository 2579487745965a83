import type { inferRouterOutputs } from "@trpc/server";
import type { AppRouter } from "@tugboat/inference/trpc";

type Outputs = inferRouterOutputs<AppRouter>;

export type Member = Outputs["members"]["list"]["members"][number];
export type Invitation = Outputs["members"]["invitations"]["invitations"][number];
