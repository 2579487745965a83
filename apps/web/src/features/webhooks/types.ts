import type { inferRouterOutputs } from "@trpc/server";
import type { AppRouter } from "@tugboat/inference/trpc";

export type Webhooks = inferRouterOutputs<AppRouter>["webhooks"]["list"];
export type WebhookEndpoint = Webhooks["endpoints"][number];
export type WebhookDelivery = Webhooks["deliveries"][number];
