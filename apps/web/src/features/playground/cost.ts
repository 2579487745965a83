import type { Answer, Place } from "./types.ts";

/** What an answer cost, in words. The one place that decides it. */
export interface Cost {
  readonly value: string;
  /** Why. */
  readonly title: string;
}

/** @param local whether the model runs on the service's own machine */
export function costOf(answer: Answer, place: Place, local: boolean): Cost | undefined {
  if (place === "browser") return { value: "free", title: "Computed in this browser: the service had no part in it" };
  const { completionTokens, costMicroUsd } = answer;
  if (costMicroUsd !== undefined && costMicroUsd > 0) {
    return { value: dollars(costMicroUsd), title: "What the service counts for this request" };
  }
  if (costMicroUsd === 0 && !local) return { value: "$0", title: "The service counts nothing for this request" };
  if (completionTokens === undefined) return undefined;
  return local
    ? { value: "free on this machine", title: "No price is set: the model runs on the service's own machine" }
    : { value: "cost unknown", title: "The service names no price for this model" };
}

/** 1234 µ$ → `$0.00123`: three significant digits, never in powers of ten. */
export function dollars(micro: number): string {
  if (micro === 0) return "$0";
  const value = micro / 1e6;
  const decimals = Math.min(15, Math.max(2, 2 - Math.floor(Math.log10(value))));
  return `$${value.toFixed(decimals).replace(/(\.\d\d\d*?)0+$/, "$1")}`;
}
