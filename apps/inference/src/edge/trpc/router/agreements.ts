import { Agreement, AgreementVersions, agreementIn, agreementKinds, Month } from "@tugboat/db";
import { z } from "zod";
import { agreeFrom, agreementsOf, monthOf, monthUnder } from "../../../domain/billing/agreements.ts";
import { toMicroUsd } from "../../../domain/billing/money.ts";
import { RefusedError } from "../errors.ts";
import { orgProcedure, router } from "../trpc.ts";

const amount = z.int();

const none: Agreement = { allowanceMicroUsd: 0, tiers: [], minimumMicroUsd: 0, credits: [] };

export const agreementsRouter = router({
  /**
   * What the organization agreed on for its months, and what the last one that is over comes to under what holds now, or
   * under another agreement that is given as JSON.
   */
  get: orgProcedure("billing:read")
    .input(z.object({ draft: z.string().max(50_000).optional() }).optional())
    .output(
      z.object({
        versions: AgreementVersions,
        /** What holds this month. */
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
      const now = new Date();
      const from = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, 1));
      const versions = await agreementsOf(ctx.scope);
      const inForce = agreementIn(versions, monthOf(now));
      const agreement = (input?.draft === undefined ? undefined : readDraft(input.draft)) ?? inForce ?? none;
      const { amounts, creditsLeft, total, usage } = await monthUnder(ctx.scope, from, agreement);
      return {
        versions,
        agreement: inForce ?? null,
        creditsLeftMicroUsd: micro(creditsLeft),
        lastMonth: {
          month: monthOf(from),
          usageMicroUsd: micro(usage),
          lines: agreementKinds.flatMap((kind) =>
            amounts[kind] === 0n ? [] : [{ kind, microUsd: micro(amounts[kind]) }],
          ),
          totalMicroUsd: micro(total),
        },
      };
    }),

  /** Sets what holds from a month on, by default this one; null ends what was agreed on. What is billed stays. */
  set: orgProcedure("billing:write")
    .input(z.object({ from: Month.optional(), agreement: Agreement.nullable() }))
    .output(z.object({ versions: AgreementVersions }))
    .mutation(async ({ ctx, input }) =>
      ctx.change(async (scope) => {
        const from = input.from ?? monthOf(new Date());
        const before = agreementIn(await agreementsOf(scope), from) ?? null;
        const versions = await agreeFrom(scope, from, input.agreement);
        return {
          subject: ctx.organizationId,
          before: { agreement: before },
          after: { from, agreement: input.agreement },
          result: { versions },
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
