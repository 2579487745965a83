import type { PlannerRecordInfo, PriceEntry } from "@tugboat/db";
import { price } from "../billing/price.ts";
import { expectScore, type Field, firstGuess, type OwnWay, type Way } from "./expect.ts";

/** What is known of a model before it is asked. */
export interface ModelFacts {
  readonly name: string;
  readonly kind: "model" | "upstream";
  /** Null where nobody knows. */
  readonly parameters: number | null;
  readonly contextLength: number | null;
  /** Tokens per second on this machine, alone. */
  readonly prefillTps: number | null;
  readonly decodeTps: number | null;
  readonly price: PriceEntry | null;
  /** Whether its weights fit into this machine's memory. */
  readonly fits: boolean;
  /** The words by which a tuned model was taught this kind of task. */
  readonly tunedWith: string | null;
  /** Why nothing new is planned with it: it is deprecated. */
  readonly retired?: string;
}

/** What is known of a task before anything is asked. */
export interface TaskFacts {
  readonly shape: string;
  readonly labels: readonly string[] | undefined;
  /** That may be learnt from. */
  readonly examples: number;
  /** Of one input, of one answer, of the instruction. In tokens, roughly. */
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly instructionTokens: number;
}

export interface Prediction {
  readonly ms: number;
  readonly microUsd: number;
  /** The time by speed and tokens alone, before what was measured of this model corrects it. */
  readonly guessedMs: number;
  readonly score: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** A model of an upstream whose speed nobody measured. */
const unknownUpstreamMs = 900;
/** What each further draw of an answer adds: the prompt is kept, and draws share the steps. */
const drawnShare = 0.5;
/** What a request takes beside the model. */
const overheadMs = 3;

/** About four characters are a token, and more in scripts that are rare in what tokenizers saw. */
export function roughTokens(text: string): number {
  return Math.ceil(text.length / 3.6);
}

/** What a way takes, costs and is worth, from what is known of its model, what earlier plannings found, and this one so far. */
export function predict(
  way: Way,
  task: TaskFacts,
  records: readonly PlannerRecordInfo[],
  field: Field = { usual: firstGuess(way.step, way.model, task), own: [] },
): Prediction {
  const { model, step } = way;
  const isPrompt = step.kind === "prompt";
  const shown = isPrompt ? step.shots * (task.inputTokens + task.outputTokens + 6) : 0;
  const listed = isPrompt && step.wording === "listed" ? 3 * (task.labels?.length ?? 0) : 0;
  const inputTokens = Math.round((isPrompt ? task.instructionTokens + 12 : 0) + task.inputTokens + shown + listed);
  const outputTokens = isPrompt ? Math.min(step.maxTokens, Math.max(1, Math.round(task.outputTokens))) : 0;
  const draws = isPrompt ? (step.samples ?? 1) : 1;
  const computed = timeOf(model, inputTokens, outputTokens) * (1 + (draws - 1) * drawnShare);
  const guessedMs = computed + overheadMs;
  const ms = guessedMs * Math.exp(driftOf(way, records, field.own));
  const microUsd = costOf(model, { inputTokens: inputTokens * draws, outputTokens: outputTokens * draws, ms });
  return { ms, guessedMs, microUsd, inputTokens, outputTokens, score: expectScore(way, task, records, field) };
}

/** Of another model, or of another kind of way, a measurement says so much of this one's speed. */
const alike = { model: 0.15, kind: 0.3 };

/**
 * How far guesses of this way's time were off: the mean of the logarithms of measured ÷ guessed, drawn to none while there
 * are few. What was measured in this planning counts twice: the machine is as busy now as it was then.
 */
function driftOf({ model, step }: Way, records: readonly PlannerRecordInfo[], own: readonly OwnWay[]): number {
  let sum = 0;
  let weight = 0.7;
  const add = (name: string, kind: string, measuredMs: number, guessedMs: number, counts: number) => {
    const counted = counts * (name === model.name ? 1 : alike.model) * (kind === step.kind ? 1 : alike.kind);
    sum += counted * Math.log(Math.max(measuredMs, 0.01) / Math.max(guessedMs, 0.01));
    weight += counted;
  };
  for (const one of records) add(one.model, one.family, one.measuredMs, one.guessedMs || one.predictedMs, 1);
  for (const one of own) add(one.model.name, one.step.kind, one.ms, one.guessedMs, 2);
  return sum / weight;
}

function timeOf({ decodeTps, kind, prefillTps }: ModelFacts, inputTokens: number, outputTokens: number): number {
  if (prefillTps === null || decodeTps === null) return kind === "upstream" ? unknownUpstreamMs : 500;
  return (inputTokens / prefillTps + Math.max(0, outputTokens - 1) / decodeTps) * 1000;
}

export function costOf(
  { price: entry }: Pick<ModelFacts, "price">,
  { inputTokens, ms, outputTokens }: { inputTokens: number; outputTokens: number; ms: number },
): number {
  if (entry === null) return 0;
  const used = { inputTokens, cachedTokens: 0, outputTokens, computeUs: Math.round(ms * 1000) };
  return Number(price(used, entry).total) / 1e6;
}

export interface ModelError {
  /** The median of how far predictions were off, in percent of what was measured. */
  readonly latencyPercent: number | null;
  readonly costPercent: number | null;
  /** The mean of the score's absolute errors, in points of 100. */
  readonly scorePoints: number | null;
  readonly records: number;
}

/** How far the predictions of recorded plannings were off. */
export function modelError(records: readonly PlannerRecordInfo[]): ModelError {
  const off = (predicted: number, measured: number) =>
    measured === 0 ? (predicted === 0 ? 0 : 1) : Math.abs(predicted - measured) / measured;
  const middle = (values: readonly number[]) => {
    const sorted = [...values].sort((a, b) => a - b);
    return sorted.length === 0 ? null : (sorted[Math.floor(sorted.length / 2)] ?? null);
  };
  const latency = middle(records.map((one) => off(one.predictedMs, one.measuredMs)));
  const cost = middle(records.map((one) => off(one.predictedMicroUsd, one.measuredMicroUsd)));
  const score = records.reduce((sum, one) => sum + Math.abs(one.predictedScore - one.measuredScore), 0);
  return {
    latencyPercent: latency === null ? null : latency * 100,
    costPercent: cost === null ? null : cost * 100,
    scorePoints: records.length === 0 ? null : (score / records.length) * 100,
    records: records.length,
  };
}
