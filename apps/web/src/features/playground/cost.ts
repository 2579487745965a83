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
  if (answer.costMicroUsd !== undefined) {
    return { value: dollars(answer.costMicroUsd), title: "What the service charges for this request" };
  }
  if (answer.completionTokens === undefined) return undefined;
  return local
    ? { value: "free on this machine", title: "The service names no price: the model runs on its own machine" }
    : { value: "unknown", title: "The service names no price for this model" };
}

/** 1234 µ$ → `$0.001234`; four significant digits at most below a cent. */
export function dollars(micro: number): string {
  if (micro === 0) return "$0";
  const value = micro / 1e6;
  return `$${value >= 0.01 ? value.toFixed(4).replace(/0{1,2}$/, "") : value.toFixed(9).replace(/0+$/, "")}`;
}
