import type { inferRouterOutputs } from "@trpc/server";
import type { AppRouter } from "@tugboat/inference/trpc";

type Outputs = inferRouterOutputs<AppRouter>["billing"];

export type Budget = Outputs["budgets"]["budgets"][number];
export type Prices = Outputs["prices"];
export type PriceVersion = Prices["versions"][number];
export type Price = PriceVersion["prices"][number];

export type AgreementState = inferRouterOutputs<AppRouter>["agreements"]["get"];
export type Agreement = NonNullable<AgreementState["agreement"]>;

export type Invoice = inferRouterOutputs<AppRouter>["invoices"]["list"]["invoices"][number];
export type Alert = inferRouterOutputs<AppRouter>["alerts"]["list"]["alerts"][number];
export type AlertChannel = inferRouterOutputs<AppRouter>["alerts"]["list"]["channels"][number];

export type Reconciliation = inferRouterOutputs<AppRouter>["usage"]["reconcile"];
export type Difference = Reconciliation["differences"][number];
