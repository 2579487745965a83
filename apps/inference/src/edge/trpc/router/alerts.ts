import { randomBytes } from "node:crypto";
import { type AlertChannelInfo, channelKinds } from "@tugboat/db";
import { z } from "zod";
import {
  burnRate,
  burnWindows,
  objective,
  objectiveDays,
  objectiveInWords,
  objectiveState,
  objectives,
  objectivesSetting,
} from "../../../domain/alerts/objectives.ts";
import { channelContext } from "../../../domain/alerts/send.ts";
import { secretPrefix } from "../../../domain/webhooks/standard.ts";
import { RefusedError } from "../errors.ts";
import { id, moment, seen, title } from "../shapes.ts";
import { orgProcedure, router } from "../trpc.ts";

const channel = z.object({
  id,
  name: z.string(),
  kind: z.enum(channelKinds),
  address: z.string(),
  enabled: z.boolean(),
  updatedAt: moment,
});

const alert = z.object({
  id,
  kind: z.string(),
  title: z.string(),
  text: z.string(),
  createdAt: moment,
  deliveries: z.array(z.object({ channelId: id, state: z.string(), attempts: z.int(), error: z.string().nullable() })),
});

const dayMs = 86_400_000;

export const alertsRouter = router({
  /** Where alerts are sent, and what was told: budgets at 50, 80 and 100 %, objectives that burn, unusual spend. */
  list: orgProcedure("billing:read")
    .output(z.object({ channels: z.array(channel), alerts: z.array(alert) }))
    .query(async ({ ctx }) => {
      const [channels, alerts] = await Promise.all([ctx.scope.alerts.channels(), ctx.scope.alerts.list(50)]);
      return {
        channels: channels.map(shown),
        alerts: alerts.map(({ createdAt, deliveries, id: alertId, kind, text, title: said }) => ({
          ...{ id: alertId, kind, title: said, text, createdAt: createdAt.toISOString() },
          deliveries: deliveries.map((one) => ({ ...one })),
        })),
      };
    }),

  /** Adds a channel. A webhook's secret is told here alone; it signs as Standard Webhooks has it. */
  addChannel: orgProcedure("billing:write")
    .input(
      z
        .object({ name: title, kind: z.enum(channelKinds), address: z.string().trim().max(1000) })
        .superRefine((given, context) => {
          const fits =
            given.kind === "mail"
              ? z.email().safeParse(given.address).success
              : z.url({ protocol: /^https?$/ }).safeParse(given.address).success;
          if (fits) return;
          const message = given.kind === "mail" ? "This is no e-mail address." : "This is no address of the web.";
          context.addIssue({ code: "custom", path: ["address"], message });
        }),
    )
    .output(channel.extend({ secret: z.string().nullable() }))
    .mutation(async ({ ctx, input }) => {
      const { vault } = ctx.management;
      const secret = input.kind === "webhook" ? `${secretPrefix}${randomBytes(24).toString("base64")}` : null;
      const made = await ctx.change(async (scope) => {
        const result = await scope.alerts.addChannel(
          input,
          secret === null ? undefined : (channelId) => vault.seal(secret, channelContext(channelId)),
        );
        return { subject: result.id, after: { name: input.name, kind: input.kind, host: hostOf(input) }, result };
      });
      return { ...shown(made), secret };
    }),

  switchChannel: orgProcedure("billing:write")
    .input(z.object({ id, enabled: z.boolean(), updatedAt: seen }))
    .output(channel)
    .mutation(async ({ ctx, input }) => {
      const made = await ctx.change(async (scope) => {
        const result = await scope.alerts.switchChannel(input.id, input.enabled, input.updatedAt);
        return { subject: input.id, before: { enabled: !input.enabled }, after: { enabled: input.enabled }, result };
      });
      return shown(made);
    }),

  removeChannel: orgProcedure("billing:write")
    .input(z.object({ id }))
    .output(z.object({ id }))
    .mutation(async ({ ctx, input }) =>
      ctx.change(async (scope) => {
        const { kind, name } = await scope.alerts.removeChannel(input.id);
        return { subject: input.id, before: { name, kind }, result: { id: input.id } };
      }),
    ),

  /** Sends a test alert to one channel. */
  test: orgProcedure("billing:write")
    .input(z.object({ id }))
    .output(z.object({ id }))
    .mutation(async ({ ctx, input }) =>
      ctx.change(async (scope) => {
        const known = (await scope.alerts.channels()).find((one) => one.id === input.id);
        if (known === undefined) {
          throw new RefusedError("NOT_FOUND", `There is no channel ${input.id}.`, { reason: "not-found" });
        }
        const made = await scope.alerts.raise(
          {
            key: `test:${input.id}:${Date.now()}`,
            kind: "test",
            title: `A test of ${known.name}`,
            text: "This channel works.",
            facts: {},
          },
          input.id,
        );
        return { subject: input.id, after: { name: known.name }, result: { id: made ?? input.id } };
      }),
    ),

  /** What answers should be, how it went over 30 days, and how fast the room for worse is used. */
  objectives: orgProcedure("usage:read")
    .output(
      z.object({
        days: z.int(),
        objectives: z.array(
          objective.extend({
            words: z.string(),
            requests: z.int(),
            /** Percent of requests; null where nothing was asked. */
            achieved: z.number().nullable(),
            /** Of what may be bad, the share that is left. */
            budgetLeft: z.number().nullable(),
            burn: z.array(z.object({ hours: z.int(), rate: z.number().nullable(), alertsAt: z.number() })),
          }),
        ),
      }),
    )
    .query(async ({ ctx }) => {
      const now = new Date();
      const [set, hours] = await Promise.all([
        ctx.scope.settings.get(objectivesSetting, objectives),
        ctx.scope.usage.hours({ from: new Date(now.getTime() - objectiveDays * dayMs), to: now }),
      ]);
      return {
        days: objectiveDays,
        objectives: (set ?? []).map((one) => ({
          ...one,
          words: objectiveInWords(one),
          ...objectiveState(hours, one),
          burn: burnWindows.map(({ hours: window, rate }) => ({
            hours: window,
            rate: burnRate(hours, one, now, window),
            alertsAt: rate,
          })),
        })),
      };
    }),

  /** Sets all objectives. */
  setObjectives: orgProcedure("billing:write")
    .input(z.object({ objectives }))
    .output(z.object({ objectives }))
    .mutation(async ({ ctx, input }) =>
      ctx.change(async (scope) => {
        const before = (await scope.settings.get(objectivesSetting, objectives)) ?? [];
        await scope.settings.set(objectivesSetting, input.objectives);
        return {
          subject: ctx.organizationId,
          before: { objectives: before.map(objectiveInWords) },
          after: { objectives: input.objectives.map(objectiveInWords) },
          result: input,
        };
      }),
    ),
});

function shown({ updatedAt, createdAt: _, ...rest }: AlertChannelInfo) {
  return { ...rest, updatedAt: updatedAt.toISOString() };
}

/** Addresses of hooks are secrets in themselves: the audit log says only whose they are. */
function hostOf({ address, kind }: { readonly address: string; readonly kind: string }): string {
  return kind === "mail" ? address.replace(/^.*@/, "@") : new URL(address).host;
}
