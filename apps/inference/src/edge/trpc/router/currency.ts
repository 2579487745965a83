import { currencySetting, DisplayCurrency } from "@tugboat/db";
import { z } from "zod";
import { minorDigits } from "../../../domain/billing/currency.ts";
import { orgProcedure, router } from "../trpc.ts";

const shown = DisplayCurrency.extend({
  /** The places of its amounts: 0 of the yen, 3 of the dinar of Kuwait. */
  digits: z.int(),
});

export const currencyRouter = router({
  /** The currency that amounts are also shown in; books and bills stay in US dollars. */
  get: orgProcedure("usage:read")
    .output(z.object({ currency: shown.nullable() }))
    .query(async ({ ctx }) => {
      const currency = await ctx.scope.settings.get(currencySetting, DisplayCurrency);
      return { currency: currency === undefined ? null : { ...currency, digits: minorDigits(currency.code) } };
    }),

  /** Sets it, with a rate and its day; null: US dollars alone. Final invoices keep the rate that they had. */
  set: orgProcedure("billing:write")
    .input(z.object({ currency: DisplayCurrency.nullable() }))
    .output(z.object({ currency: shown.nullable() }))
    .mutation(async ({ ctx, input: { currency } }) =>
      ctx.change(async (scope) => {
        const before = await scope.settings.get(currencySetting, DisplayCurrency);
        if (currency === null) await scope.settings.remove(currencySetting);
        else await scope.settings.set(currencySetting, currency);
        return {
          subject: ctx.organizationId,
          before: { currency: before ?? null },
          after: { currency },
          result: { currency: currency && { ...currency, digits: minorDigits(currency.code) } },
        };
      }),
    ),
});
