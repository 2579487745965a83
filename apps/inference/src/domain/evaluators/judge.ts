import type { Json } from "@tugboat/db";
import { z } from "zod";
import type { Answer } from "../asking/answer.ts";
import { expectedText, type Judged, type JudgedExample, jsonIn, type Score } from "./judged.ts";
import type { EvaluatorSpec } from "./spec.ts";

type Judge = Extract<EvaluatorSpec, { kind: "judge" }>;
type PairJudge = Extract<EvaluatorSpec, { kind: "judge-pairs" }>;

/** Asks the judging model; the whole of a request but its model. */
export type AskJudge = (body: object) => Promise<Answer>;

export interface Judgement extends Score {
  readonly costMicroUsd: number;
}

/** How a model is asked for one grade by a rubric. */
export function gradeMessages({ rubric, scale, withExpected }: Judge, output: Judged, example: JudgedExample) {
  const { highest, lowest } = scale;
  return [
    {
      role: "system",
      content: `You judge answers by a rubric. Think first, then grade. Answer with JSON alone: {"reasoning": "one or two sentences", "score": a whole number from ${lowest} (worst) to ${highest} (best)}.\n\nRubric:\n${rubric}`,
    },
    { role: "user", content: `${shown(example, withExpected)}\n\nAnswer to judge:\n${output.text}` },
  ];
}

/** How a model is asked which of two is better. */
function pairMessages({ rubric, withExpected }: PairJudge, first: string, second: string, example: JudgedExample) {
  return [
    {
      role: "system",
      content: `You compare two answers by a rubric. Their order means nothing. Think first, then choose. Answer with JSON alone: {"reasoning": "one or two sentences", "better": "first", "second" or "tie"}.\n\nRubric:\n${rubric}`,
    },
    {
      role: "user",
      content: `${shown(example, withExpected)}\n\nFirst answer:\n${first}\n\nSecond answer:\n${second}`,
    },
  ];
}

function shown({ expected, input }: JudgedExample, withExpected: boolean): string {
  const reference = withExpected ? expectedText(expected) : undefined;
  const asked = `What was asked:\n${textOf(input)}`;
  return reference === undefined ? asked : `${asked}\n\nA good answer:\n${reference}`;
}

function textOf(input: Json): string {
  return typeof input === "string" ? input : JSON.stringify(input);
}

const grade = z.object({ reasoning: z.string().optional(), score: z.number() });
const choice = z.object({ reasoning: z.string().optional(), better: z.enum(["first", "second", "tie"]) });
/** Room for a sentence or two and the grade; small models have little context. */
const settings = { temperature: 0, max_tokens: 200 };

/** Holds a judge to an answer of this shape: a small one would ramble on, and have judged nothing. */
function heldTo(result: object) {
  const reasoning = { type: "string", maxLength: 200 };
  const schema = {
    type: "object",
    properties: { reasoning, ...result },
    required: ["reasoning", ...Object.keys(result)],
    additionalProperties: false,
  };
  return {
    ...settings,
    response_format: { type: "json_schema", json_schema: { name: "judgement", strict: true, schema } },
  };
}

/** One grade, from 0 to 1. A judge that can't be understood has judged nothing: the score is null and counted as such. */
export async function gradeOne(spec: Judge, ask: AskJudge, output: Judged, example: JudgedExample): Promise<Judgement> {
  const { highest, lowest } = spec.scale;
  const grades = Array.from({ length: Math.min(101, highest - lowest + 1) }, (_, i) => lowest + i);
  const answer = await ask({
    model: spec.model,
    messages: gradeMessages(spec, output, example),
    ...heldTo({ score: { type: "integer", enum: grades } }),
  });
  if (!answer.ok) return { value: null, reason: `The judge failed: ${answer.message}`, costMicroUsd: 0 };
  const { costMicroUsd } = answer;
  const read = grade.safeParse(jsonIn(answer.text)).data;
  if (read === undefined || read.score < lowest || read.score > highest) {
    return { value: null, reason: `The judge gave no grade: ${answer.text.slice(0, 500)}`, costMicroUsd };
  }
  const value = (read.score - lowest) / (highest - lowest);
  return { value, ...(read.reasoning !== undefined && { reason: read.reasoning }), costMicroUsd };
}

/**
 * Whether an answer is better than another: asked twice, in both orders, so that a judge who likes a position says "tie".
 * 1 is better, 0 worse, 0.5 neither.
 */
export async function compareTwo(
  spec: PairJudge,
  ask: AskJudge,
  answers: { readonly own: Judged; readonly other: Judged },
  example: JudgedExample,
): Promise<Judgement> {
  const { other, own } = answers;
  if (own.text === other.text) return { value: 0.5, reason: "Both say the same.", costMicroUsd: 0 };
  const orders = [
    [own.text, other.text],
    [other.text, own.text],
  ] as const;
  const values: number[] = [];
  const reasons: string[] = [];
  let costMicroUsd = 0;
  for (const [swapped, [first, second]] of orders.entries()) {
    const answer = await ask({
      model: spec.model,
      messages: pairMessages(spec, first, second, example),
      ...heldTo({ better: { type: "string", enum: ["first", "second", "tie"] } }),
    });
    if (!answer.ok) return { value: null, reason: `The judge failed: ${answer.message}`, costMicroUsd };
    costMicroUsd += answer.costMicroUsd;
    const read = choice.safeParse(jsonIn(answer.text)).data;
    if (read === undefined) {
      return { value: null, reason: `The judge chose none: ${answer.text.slice(0, 500)}`, costMicroUsd };
    }
    const ownIs = swapped === 0 ? "first" : "second";
    values.push(read.better === "tie" ? 0.5 : read.better === ownIs ? 1 : 0);
    if (read.reasoning !== undefined) reasons.push(read.reasoning);
  }
  const [a = 0, b = 0] = values;
  const reason = a + b === 1 && a !== b ? ["It chose by position, so neither is better.", ...reasons] : reasons;
  return { value: (a + b) / 2, reason: reason.join(" "), costMicroUsd };
}
