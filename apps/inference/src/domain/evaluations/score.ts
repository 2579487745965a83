import type { EvaluationOutputInfo } from "@tugboat/db";
import { z } from "zod";
import type { Answer } from "../asking/answer.ts";
import type { BatchEndpoint } from "../batches/lines.ts";
import { deterministic } from "../evaluators/deterministic.ts";
import { compareTwo, gradeOne, type Judgement } from "../evaluators/judge.ts";
import { type Evaluate, expectedText, type Judged, type JudgedExample } from "../evaluators/judged.ts";
import { runCode } from "../evaluators/sandbox.ts";
import type { EvaluatorSpec } from "../evaluators/spec.ts";
import { scoreSuite } from "../evaluators/suite.ts";

/** Asks a model for an evaluator. */
export type AskFor = (endpoint: BatchEndpoint, body: object) => Promise<Answer>;

const calls = z.array(z.object({ name: z.string(), arguments: z.string() })).catch([]);

/** An output that was kept, as evaluators see it. */
export function judgedOf(output: EvaluationOutputInfo): Judged {
  return {
    text: output.text ?? "",
    calls: calls.parse(output.calls ?? []),
    latencyMs: output.latencyMs,
    costMicroUsd: Number(output.costPicoUsd) / 1e6,
    outputTokens: output.outputTokens,
  };
}

/**
 * What an evaluator says of an output.
 * @param baseline what the first candidate said, for evaluators that compare
 */
export async function scoreOutput(
  spec: EvaluatorSpec,
  own: Judged,
  example: JudgedExample,
  baseline: Judged | undefined,
  ask: AskFor,
): Promise<Judgement> {
  switch (spec.kind) {
    case "code":
      return { ...(await runCode(spec.source, own, example)), costMicroUsd: 0 };
    case "judge":
      return gradeOne(spec, (body) => ask("/v1/chat/completions", body), own, example);
    case "judge-pairs":
      if (baseline === undefined) return { value: null, reason: "The first candidate failed.", costMicroUsd: 0 };
      return compareTwo(spec, (body) => ask("/v1/chat/completions", body), { own, other: baseline }, example);
    case "embedding":
      return similarity(spec.model, own, example, ask);
    case "suite":
      return scoreSuite(spec, example, (check, against) => scoreOutput(check, own, against, baseline, ask));
    default: {
      const evaluate = evaluateOf(spec);
      if (evaluate === undefined) throw new Error(`no evaluator ${spec.kind}`);
      return { ...evaluate(own, example.expected, example), costMicroUsd: 0 };
    }
  }
}

const evaluates = new WeakMap<EvaluatorSpec, Evaluate | undefined>();

/** Made once: a schema or a pattern is read, and thousands of answers are judged by it. */
function evaluateOf(spec: EvaluatorSpec): Evaluate | undefined {
  if (!evaluates.has(spec)) evaluates.set(spec, deterministic(spec));
  return evaluates.get(spec);
}

/** The cosine of the two texts' embeddings; opposite ones count 0. */
async function similarity(model: string, own: Judged, example: JudgedExample, ask: AskFor): Promise<Judgement> {
  const wanted = expectedText(example.expected);
  if (wanted === undefined) return { value: null, reason: "The example says no expected answer.", costMicroUsd: 0 };
  if (own.text.trim() === "" || wanted.trim() === "") {
    return { value: own.text.trim() === wanted.trim() ? 1 : 0, costMicroUsd: 0 };
  }
  const answer = await ask("/v1/embeddings", { model, input: [own.text, wanted] });
  if (!answer.ok) return { value: null, reason: answer.message, costMicroUsd: 0 };
  const [a = [], b = []] = answer.vectors;
  const dot = (x: readonly number[], y: readonly number[]) => x.reduce((sum, one, i) => sum + one * (y[i] ?? 0), 0);
  const size = Math.sqrt(dot(a, a) * dot(b, b));
  return { value: size === 0 ? 0 : Math.min(1, Math.max(0, dot(a, b) / size)), costMicroUsd: answer.costMicroUsd };
}
