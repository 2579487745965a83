import { type Evaluate, passed } from "./judged.ts";

/** Between two lengths, of words or characters. */
export function length(unit: "words" | "characters", least: number, most: number): Evaluate {
  return ({ text }) => {
    const long = unit === "words" ? (text.match(/\S+/g) ?? []).length : [...text].length;
    return passed(long >= least && long <= most, `${long} ${unit}`);
  };
}

export function latency(atMostMs: number): Evaluate {
  return ({ latencyMs }) => passed(latencyMs <= atMostMs, `${Math.round(latencyMs)} ms`);
}

export function cost(atMostMicroUsd: number): Evaluate {
  return ({ costMicroUsd }) => passed(costMicroUsd <= atMostMicroUsd, `${costMicroUsd} µ$`);
}
