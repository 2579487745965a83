import type { inferRouterInputs, inferRouterOutputs } from "@trpc/server";
import type { AppRouter } from "@tugboat/inference/trpc";

type Outputs = inferRouterOutputs<AppRouter>;

export type Alias = Outputs["aliases"]["list"]["aliases"][number];
export type AliasVersion = Outputs["aliases"]["get"]["versions"][number];
export type Target = AliasVersion["failover"][number];
export type Deployment = Outputs["deployments"]["list"]["deployments"][number];
export type Plan = inferRouterInputs<AppRouter>["aliases"]["create"]["plan"];
export type PlanTarget = Plan["failover"][number];

/** Something an alias can point to. */
export interface Choice {
  /** The same text for the same target. */
  readonly key: string;
  readonly name: string;
  readonly target: PlanTarget;
}
