import { randomBytes } from "node:crypto";
import { deliveryStates, type WebhookEndpointInfo } from "@tugboat/db";
import { z } from "zod";
import { sendWebhook, webhookEvents } from "../../../domain/webhooks/announce.ts";
import { secretPrefix, webhookContext } from "../../../domain/webhooks/standard.ts";
import { id, moment, seen } from "../shapes.ts";
import { orgProcedure, router } from "../trpc.ts";

const endpoint = z.object({
  id,
  url: z.string(),
  events: z.array(z.string()),
  enabled: z.boolean(),
  updatedAt: moment,
});

const delivery = z.object({
  id,
  endpointId: id,
  eventId: z.string(),
  event: z.string(),
  body: z.string(),
  state: z.enum(deliveryStates),
  attempts: z.int(),
  status: z.int().nullable(),
  error: z.string().nullable(),
  createdAt: moment,
  sentAt: moment.nullable(),
});

const events = z.array(z.enum(webhookEvents)).min(1, "Choose what it is told.");
const url = z.url({ protocol: /^https?$/, error: "This is no address of the web." }).max(1000);

export const webhooksRouter = router({
  /** Where the organization is told of what has ended, and what was told last. */
  list: orgProcedure("webhooks:read")
    .output(z.object({ events: z.array(z.string()), endpoints: z.array(endpoint), deliveries: z.array(delivery) }))
    .query(async ({ ctx }) => {
      const [endpoints, deliveries] = await Promise.all([
        ctx.scope.webhooks.endpoints(),
        ctx.scope.webhooks.deliveries(50),
      ]);
      return {
        events: [...webhookEvents],
        endpoints: endpoints.map(shown),
        deliveries: deliveries.map(({ createdAt, sentAt, ...rest }) => ({
          ...rest,
          createdAt: createdAt.toISOString(),
          sentAt: sentAt?.toISOString() ?? null,
        })),
      };
    }),

  /** Adds one. Its secret is told here alone; `client.webhooks.unwrap` of OpenAI's packages takes it. */
  add: orgProcedure("webhooks:write")
    .input(z.object({ url, events: events.default([...webhookEvents]) }))
    .output(endpoint.extend({ secret: z.string() }))
    .mutation(async ({ ctx, input }) => {
      const secret = `${secretPrefix}${randomBytes(24).toString("base64")}`;
      const made = await ctx.change(async (scope) => {
        const result = await scope.webhooks.add(input, (endpointId) =>
          ctx.management.vault.seal(secret, webhookContext(endpointId)),
        );
        return { subject: result.id, after: { host: new URL(input.url).host, events: input.events }, result };
      });
      return { ...shown(made), secret };
    }),

  update: orgProcedure("webhooks:write")
    .input(z.object({ id, enabled: z.boolean().optional(), events: events.optional(), updatedAt: seen }))
    .output(endpoint)
    .mutation(async ({ ctx, input: { id: endpointId, updatedAt, ...change } }) => {
      const made = await ctx.change(async (scope) => {
        const { enabled, events: told } = change;
        const wanted = { ...(enabled !== undefined && { enabled }), ...(told && { events: told }) };
        const result = await scope.webhooks.update(endpointId, wanted, updatedAt);
        return { subject: endpointId, after: wanted, result };
      });
      return shown(made);
    }),

  remove: orgProcedure("webhooks:write")
    .input(z.object({ id }))
    .output(z.object({ id }))
    .mutation(async ({ ctx, input }) =>
      ctx.change(async (scope) => {
        const gone = await scope.webhooks.remove(input.id);
        return { subject: input.id, before: { host: new URL(gone.url).host }, result: { id: input.id } };
      }),
    ),

  /** Sends a message again, from its first attempt on. */
  again: orgProcedure("webhooks:write")
    .input(z.object({ id }))
    .output(z.object({ id }))
    .mutation(async ({ ctx, input }) =>
      ctx.change(async (scope) => {
        const { event, eventId } = await scope.webhooks.again(input.id);
        await sendWebhook(scope, input.id, ctx.actor);
        return { subject: input.id, after: { event, eventId }, result: { id: input.id } };
      }),
    ),
});

function shown({ createdAt: _, updatedAt, ...rest }: WebhookEndpointInfo) {
  return { ...rest, events: [...rest.events], updatedAt: updatedAt.toISOString() };
}
