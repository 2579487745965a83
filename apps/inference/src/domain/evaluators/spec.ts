import { createHash } from "node:crypto";
import { canonicalJson, type Json } from "@tugboat/db";
import { z } from "zod";

const json: z.ZodType<Json> = z.json();
const share = z.number().min(0).max(1e12);

/** A rubric that a model judges by. The scale's lowest counts 0, its highest 1. */
const judging = {
  model: z.string().min(1).max(512),
  rubric: z.string().trim().min(1).max(8000),
  /** Whether the judge sees the expected answer. */
  withExpected: z.boolean().default(true),
};

const simpleSpecs = [
  z.object({ kind: z.literal("exact") }),
  z.object({ kind: z.literal("normalised") }),
  z.object({
    kind: z.literal("contains"),
    text: z.string().min(1).max(2000).optional(),
    ignoreCase: z.boolean().default(true),
  }),
  z.object({ kind: z.literal("regex"), pattern: z.string().min(1).max(500), flags: z.string().max(8).default("") }),
  z.object({ kind: z.literal("json"), fields: z.array(z.string().min(1)).max(100).optional() }),
  z.object({ kind: z.literal("numeric"), tolerance: share.default(0), relative: z.boolean().default(false) }),
  z.object({ kind: z.literal("rouge-l") }),
  z.object({ kind: z.literal("bleu") }),
  z.object({ kind: z.literal("chrf") }),
  z.object({ kind: z.literal("edit-similarity") }),
  z.object({ kind: z.literal("embedding"), model: z.string().min(1).max(512) }),
  z.object({ kind: z.literal("schema"), schema: z.record(z.string(), json) }),
  z.object({
    kind: z.literal("length"),
    unit: z.enum(["words", "characters"]).default("words"),
    least: share.default(0),
    most: share.default(1e12),
  }),
  z.object({ kind: z.literal("latency"), atMostMs: share }),
  z.object({ kind: z.literal("cost"), atMostMicroUsd: share }),
  z.object({ kind: z.literal("tool-calls"), inOrder: z.boolean().default(true) }),
  z.object({ kind: z.literal("code"), source: z.string().min(1).max(20_000) }),
  z.object({
    kind: z.literal("judge"),
    ...judging,
    scale: z
      .object({ lowest: z.int(), highest: z.int() })
      .refine(({ highest, lowest }) => lowest < highest, "The scale's highest must be above its lowest.")
      .refine(({ highest, lowest }) => highest - lowest <= 100, "A scale has at most 101 grades.")
      .default({ lowest: 1, highest: 5 }),
  }),
  z.object({ kind: z.literal("judge-pairs"), ...judging }),
] as const;

/** One of the checks of a suite. */
const check = z.object({
  spec: z.discriminatedUnion("kind", simpleSpecs),
  /** What it compares with, in place of the example's expected answer. */
  expected: json.optional(),
  weight: z.number().min(0).max(1000).default(1),
  /** It must not hold. */
  not: z.boolean().default(false),
  /** From which score on it holds. */
  atLeast: z.number().min(0).max(1).default(1),
});
export type SuiteCheck = z.output<typeof check>;

/** Most checks of one kind of place. */
const checks = z.array(check).max(50);

/**
 * Checks that differ from example to example, as files of tests have them: an answer is right when all of its checks
 * hold, or, with `atLeast`, when their weighted mean is high enough.
 */
const suite = z.object({
  kind: z.literal("suite"),
  /** Of every example. */
  all: checks.default([]),
  /** By the SHA-256 of an example's input, in hexadecimal. */
  each: z.record(z.string(), z.object({ checks, atLeast: z.number().min(0).max(1).optional() })).default({}),
});
export type SuiteSpec = z.output<typeof suite>;

/** How an output is judged: what an evaluator's row holds. */
export const evaluatorSpec = z.discriminatedUnion("kind", [...simpleSpecs, suite]);
export type EvaluatorSpec = z.output<typeof evaluatorSpec>;
export type EvaluatorKind = EvaluatorSpec["kind"];

/** Evaluators that need no settings: usable by these names without being made first. */
export const builtIn = {
  exact: { spec: { kind: "exact" }, what: "The same text as expected" },
  normalised: { spec: { kind: "normalised" }, what: "The same words: case, spaces and punctuation around aside" },
  contains: { spec: { kind: "contains", ignoreCase: true }, what: "Holds the expected text somewhere" },
  json: { spec: { kind: "json" }, what: "The share of JSON fields that are as expected" },
  numeric: { spec: { kind: "numeric", tolerance: 0, relative: false }, what: "The expected number" },
  "rouge-l": { spec: { kind: "rouge-l" }, what: "Shared words in the same order (ROUGE-L)" },
  bleu: { spec: { kind: "bleu" }, what: "Shared word sequences (BLEU)" },
  chrf: { spec: { kind: "chrf" }, what: "Shared character sequences (chrF)" },
  "edit-similarity": { spec: { kind: "edit-similarity" }, what: "How few characters differ" },
  "tool-calls": {
    spec: { kind: "tool-calls", inOrder: true },
    what: "The expected tools with their arguments, in order",
  },
} as const satisfies Record<string, { spec: EvaluatorSpec; what: string }>;

/** Other names that people use for the same. `accuracy` is the share of answers that are right. */
const alsoCalled: Readonly<Record<string, keyof typeof builtIn>> = { accuracy: "normalised", rouge: "rouge-l" };

export function builtInEvaluator(name: string): EvaluatorSpec | undefined {
  const known = alsoCalled[name] ?? name;
  return Object.entries(builtIn).find(([key]) => key === known)?.[1].spec;
}

const canonical = new WeakMap<EvaluatorSpec, string>();

/** Of what an evaluator is made of: scores are remembered by it, in hexadecimal. `version` says how it is computed. */
export function evaluatorKey(spec: EvaluatorSpec, besides = ""): string {
  const version = spec.kind === "judge" || spec.kind === "judge-pairs" ? 2 : 1;
  let text = canonical.get(spec);
  if (text === undefined) {
    const whole = canonicalJson(json.parse(spec));
    text = spec.kind === "suite" ? sha256(whole) : whole;
    canonical.set(spec, text);
  }
  return sha256(`${version} ${text} ${besides}`);
}

/** Under which a suite finds the checks of an example. */
export function inputKey(input: Json): string {
  return sha256(canonicalJson(input));
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
