import { dollarsText, microUsdOf } from "../../ui/money.ts";
import type { Price } from "./types.ts";

/** A line of the form: dollars as they are typed. */
export interface PriceDraft {
  /** For the list alone. */
  readonly key: string;
  readonly target: string;
  readonly input: string;
  readonly cachedInput: string;
  readonly output: string;
  readonly perHour: string;
  /** Percent. */
  readonly margin: string;
}

export const draftFields = ["input", "cachedInput", "output", "perHour", "margin"] as const;

export function draftOf(price: Price): PriceDraft {
  return {
    key: price.target,
    target: price.target,
    input: dollarsText(price.input),
    cachedInput: dollarsText(price.cachedInput),
    output: dollarsText(price.output),
    perHour: price.perHour === 0 ? "" : dollarsText(price.perHour),
    margin: price.marginBasisPoints === 0 ? "" : String(price.marginBasisPoints / 100),
  };
}

export function emptyDraft(key: string): PriceDraft {
  return { key, target: "", input: "", cachedInput: "", output: "", perHour: "", margin: "" };
}

/** The line as a price, or what is wrong with it. An empty amount is nothing; cached input without a price costs as input. */
export function priceOf(draft: PriceDraft): Price | string {
  const target = draft.target.trim();
  if (target === "") return "Name a model, an alias, an upstream's model, or * for everything else.";
  const amount = (text: string) => (text.trim() === "" ? 0 : microUsdOf(text));
  const input = amount(draft.input);
  const cachedInput = draft.cachedInput.trim() === "" ? input : amount(draft.cachedInput);
  const output = amount(draft.output);
  const perHour = amount(draft.perHour);
  const margin = draft.margin.trim() === "" ? 0 : Number(draft.margin.replace(",", "."));
  const marginBasisPoints = Math.round(margin * 100);
  if (input === undefined || cachedInput === undefined || output === undefined || perHour === undefined) {
    return `${target}: dollars, such as 0.15, with at most six places.`;
  }
  if (!(margin >= 0 && margin <= 10_000 && Math.abs(marginBasisPoints - margin * 100) < 1e-6)) {
    return `${target}: a margin in percent, with at most two places.`;
  }
  return { target, input, cachedInput, output, perHour, marginBasisPoints };
}

/** All lines as prices, or the first sentence of what is wrong. */
export function pricesOf(drafts: readonly PriceDraft[]): Price[] | string {
  const prices: Price[] = [];
  for (const draft of drafts) {
    const price = priceOf(draft);
    if (typeof price === "string") return price;
    if (prices.some(({ target }) => target === price.target)) return `${price.target} is priced twice.`;
    prices.push(price);
  }
  return prices;
}
