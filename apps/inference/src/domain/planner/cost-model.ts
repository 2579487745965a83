import type { PlannerRecordInfo, PriceEntry } from "@tugboat/db";
import { price } from "../billing/price.ts";
import type { Step } from "./plan.ts";

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
  readonly score: number;
  /** A standard deviation of the score. */
  readonly scoreSd: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** How many earlier measurements it rests on; fractions are of tasks that are like it. */
  readonly evidence: number;
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

/** What a step takes, costs and is worth, from what is known of its model and what earlier plannings found. */
export function predict(
  step: Step,
  model: ModelFacts,
  task: TaskFacts,
  records: readonly PlannerRecordInfo[],
): Prediction {
  const isPrompt = step.kind === "prompt";
  const shown = isPrompt ? step.shots * (task.inputTokens + task.outputTokens + 6) : 0;
  const listed = isPrompt && step.wording === "listed" ? 3 * (task.labels?.length ?? 0) : 0;
  const inputTokens = Math.round((isPrompt ? task.instructionTokens + 12 : 0) + task.inputTokens + shown + listed);
  const outputTokens = isPrompt ? Math.min(step.maxTokens, Math.max(1, Math.round(task.outputTokens))) : 0;
  const draws = isPrompt ? (step.samples ?? 1) : 1;
  const computed = timeOf(model, inputTokens, outputTokens) * (1 + (draws - 1) * drawnShare);
  const same = records.filter((one) => one.model === model.name);
  // The mean of the logarithms of measured ÷ predicted, drawn to none while there are few.
  const drift = same.reduce(
    (sum, one) => sum + Math.log(Math.max(one.measuredMs, 0.01) / Math.max(one.predictedMs, 0.01)),
    0,
  );
  const ms = (computed + overheadMs) * Math.exp(drift / (same.length + 1));
  const microUsd = costOf(model, { inputTokens: inputTokens * draws, outputTokens: outputTokens * draws, ms });
  return { ms, microUsd, inputTokens, outputTokens, ...scoreOf(step, model, task, records) };
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

/**
 * What a step is worth. Without history a guess by size and shots, with a wide spread; each earlier measurement of the
 * same family counts by how alike model, shape and shots are. Its own planning's error is part of the spread.
 */
function scoreOf(step: Step, model: ModelFacts, task: TaskFacts, records: readonly PlannerRecordInfo[]) {
  const guess = firstGuess(step, model, task);
  const priorWeight = 0.5;
  const priorSd = 0.3;
  let weight = priorWeight;
  let sum = guess * priorWeight;
  let squares = (guess * guess + priorSd * priorSd) * priorWeight;
  let evidence = 0;
  for (const one of records) {
    if (one.family !== step.kind) continue;
    const shots = step.kind === "prompt" ? step.shots : 0;
    const alike =
      (one.model === model.name ? 1 : 0.1) *
      (one.shape === task.shape ? 1 : 0.15) *
      Math.exp(-Math.abs(Math.log2((one.shots + 1) / (shots + 1))) / 1.5) *
      (one.examples / (one.examples + 10));
    weight += alike;
    sum += alike * one.measuredScore;
    squares += alike * one.measuredScore ** 2;
    evidence += alike;
  }
  const score = sum / weight;
  const spread = Math.sqrt(Math.max(0, squares / weight - score * score));
  return { score, scoreSd: Math.max(0.04, spread * Math.sqrt(1 + 1 / (1 + evidence))), evidence };
}

/** Larger models guess better than chance, shots help, and a classifier learns with its examples. */
function firstGuess(step: Step, { parameters, tunedWith }: ModelFacts, { examples, labels, shape }: TaskFacts): number {
  const chance = labels === undefined ? 0.05 : 1 / Math.max(2, labels.length);
  const size = Math.log10(parameters ?? 3e9);
  const ability = 1 / (1 + Math.exp(-(size - 8.8) * 1.6));
  const learnt = examples / (examples + 30);
  switch (step.kind) {
    case "prompt": {
      if (step.wording === "tuned" && tunedWith !== null) return chance + (1 - chance) * 0.75;
      const shots = 1 + 0.12 * Math.log2(1 + step.shots);
      return Math.min(0.97, chance + (1 - chance) * ability * shots * (shape === "object" ? 0.8 : 1));
    }
    case "nearest":
      return chance + (1 - chance) * (0.35 + 0.35 * learnt);
    case "linear":
      return chance + (1 - chance) * (0.35 + 0.45 * learnt);
  }
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
