import { Agreement, agreementAmounts, agreementKinds, agreementSetting } from "@tugboat/db";
import { z } from "zod";
import { toMicroUsd } from "../../../domain/billing/money.ts";
import { RefusedError } from "../errors.ts";
import { orgProcedure, router } from "../trpc.ts";

const amount = z.int();

const none: Agreement = { allowanceMicroUsd: 0, tiers: [], minimumMicroUsd: 0, credits: [] };

export const agreementsRouter = router({
  /**
   * What the organization agreed on for its months, and what the last one that is over comes to under it, or under
   * another one that is given as JSON.
   */
  get: orgProcedure("billing:read")
    .input(z.object({ draft: z.string().max(50_000).optional() }).optional())
    .output(
      z.object({
        agreement: Agreement.nullable(),
        creditsLeftMicroUsd: amount,
        lastMonth: z.object({
          month: z.string(),
          usageMicroUsd: amount,
          lines: z.array(z.object({ kind: z.enum(agreementKinds), microUsd: amount })),
          totalMicroUsd: amount,
        }),
      }),
    )
    .query(async ({ ctx, input }) => {
      const { scope } = ctx;
      const now = new Date();
      const from = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, 1));
      const to = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1));
      const set = await scope.settings.get(agreementSetting, Agreement);
      const draft = input?.draft === undefined ? undefined : readDraft(input.draft);
      const agreement = draft ?? set ?? none;
      const [used, creditsUsed] = await Promise.all([scope.usage.tokens({ from, to }), scope.invoices.creditsUsed()]);
      const usage = used.reduce((sum, { amountPicoUsd }) => sum + amountPicoUsd, 0n);
      const given = agreement.credits.reduce((sum, { microUsd }) => sum + BigInt(microUsd) * 1_000_000n, 0n);
      const left = given > creditsUsed ? given - creditsUsed : 0n;
      const amounts = agreementAmounts(usage, agreement, left);
      const total = agreementKinds.reduce((sum, kind) => sum + amounts[kind], usage);
      return {
        agreement: set ?? null,
        creditsLeftMicroUsd: micro(left),
        lastMonth: {
          month: from.toISOString().slice(0, 7),
          usageMicroUsd: micro(usage),
          lines: agreementKinds.filter((kind) => amounts[kind] !== 0n).map((kind) => ({ kind, microUsd: micro(amounts[kind]) })),
          totalMicroUsd: micro(total),
        },
      };
    }),

  /** Sets it for invoices that become final from now on; null ends it. */
  set: orgProcedure("billing:write")
    .input(z.object({ agreement: Agreement.nullable() }))
    .output(z.object({ agreement: Agreement.nullable() }))
    .mutation(async ({ ctx, input }) =>
      ctx.change(async (scope) => {
        const before = await scope.settings.get(agreementSetting, Agreement);
        if (input.agreement === null) await scope.settings.remove(agreementSetting);
        else await scope.settings.set(agreementSetting, input.agreement);
        return {
          subject: ctx.organizationId,
          before: { agreement: before ?? null },
          after: { agreement: input.agreement },
          result: input,
        };
      }),
    ),
});

function readDraft(text: string): Agreement {
  const read = z
    .string()
    .transform((json, context): unknown => {
      try {
        return JSON.parse(json);
      } catch {
        context.addIssue({ code: "custom", message: "This is no JSON." });
        return z.NEVER;
      }
    })
    .pipe(Agreement)
    .safeParse(text);
  if (read.success) return read.data;
  const message = read.error.issues[0]?.message ?? "This is no agreement.";
  throw new RefusedError("BAD_REQUEST", message, { reason: "invalid", fields: { draft: message } });
}

function micro(pico: bigint): number {
  return Number(pico < 0n ? -toMicroUsd(-pico) : toMicroUsd(pico));
}
