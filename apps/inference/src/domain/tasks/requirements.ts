import { z } from "zod";

/** What a plan must hold. */
export interface Requirements {
  /** The least score, from 0 to 1. */
  readonly quality?: number | undefined;
  /** The most, in ms. */
  readonly latencyP95Ms?: number | undefined;
  /** The most for 1,000 requests, in US dollars. */
  readonly costPer1kUsd?: number | undefined;
}

export const requirements = z.strictObject({
  quality: z.number().min(0).max(1).optional(),
  latencyP95Ms: z.number().positive().optional(),
  costPer1kUsd: z.number().min(0).optional(),
});

const number = String.raw`(\d+(?:[.,]\d+)?|[.]\d+)`;
const qualityForm = new RegExp(`^(>=|≥|>|<=|≤|<)?\\s*${number}\\s*(%)?$`);
const latencyForm = new RegExp(`^(<=|≤|<|>=|≥|>)?\\s*${number}\\s*(ms|s|min)$`);
const costForm = new RegExp(`^(<=|≤|<|>=|≥|>)?\\s*\\$?${number}\\s*(usd|\\$|dollars?|ct|cents?)?$`, "i");

/** What a requirement says, or why it can't be held. */
export type Parsed = { readonly value: number } | { readonly problem: string };

export function parseQuality(text: string): Parsed {
  const [, sign = ">=", digits, percent] = qualityForm.exec(text.trim()) ?? [];
  if (digits === undefined) return { problem: 'Say it as ">= 0.85" or ">= 85 %".' };
  if (!sign.startsWith(">") && sign !== "≥") return { problem: 'Quality has a floor: write ">=".' };
  const value = numberOf(digits) / (percent === undefined ? 1 : 100);
  if (value > 1) return { problem: `No plan can reach ${text.trim()}: a score is at most 1.` };
  return { value };
}

export function parseLatency(text: string): Parsed {
  const [, sign = "<=", digits, unit = "ms"] = latencyForm.exec(text.trim()) ?? [];
  if (digits === undefined) return { problem: 'Say it with its unit, as "<= 400ms" or "<= 2 s".' };
  if (!sign.startsWith("<") && sign !== "≤") return { problem: 'Latency has a ceiling: write "<=".' };
  const value = numberOf(digits) * { ms: 1, s: 1000, min: 60_000 }[unit as "ms" | "s" | "min"];
  if (value <= 0) return { problem: "Nothing answers in no time: give a latency above 0." };
  return { value };
}

export function parseCost(text: string): Parsed {
  const [, sign = "<=", digits, unit = "usd"] = costForm.exec(text.trim()) ?? [];
  if (digits === undefined) return { problem: 'Say it in dollars for 1,000 requests, as "<= 0.02 USD".' };
  if (!sign.startsWith("<") && sign !== "≤") return { problem: 'Cost has a ceiling: write "<=".' };
  return { value: numberOf(digits) / (/^c/i.test(unit) ? 100 : 1) };
}

function numberOf(digits: string): number {
  return Number(digits.replace(",", "."));
}

export function latencyText(ms: number): string {
  if (ms < 10) return `${Math.round(ms * 10) / 10} ms`;
  return ms < 10_000 ? `${Math.round(ms)} ms` : `${Math.round(ms / 100) / 10} s`;
}

/** `0.009`: two digits that count, at least two places. */
export function usdText(usd: number): string {
  if (usd === 0) return "0";
  if (usd >= 0.1) return usd.toFixed(2);
  return String(Number(usd.toPrecision(2)));
}
