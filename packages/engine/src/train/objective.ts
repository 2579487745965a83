import { EngineError } from "../errors.ts";
import type { PreferencePair, TrainingBatch, TrainingText } from "./types.ts";

/** What a unit of a batch adds to the loss, and minus the loss's derivative by each log-probability. */
export interface Settlement {
  readonly loss: number;
  readonly weights: readonly Float32Array[];
  /** For pairs: the chosen answer's reward less the other's. */
  readonly margin?: number;
}

/** Texts of a batch that are settled together: one text, or a pair. */
export interface Unit {
  readonly texts: readonly TrainingText[];
  /** @param logprobs for each text, those of its tokens that have a weight. */
  settle(logprobs: readonly Float32Array[]): Settlement;
}

/** Weights of a text's predicted tokens that are not zero, in order. */
export function lossWeights({ tokens, weights }: TrainingText): Float32Array {
  const out: number[] = [];
  for (let i = 1; i < tokens.length; i++) {
    const weight = weights === undefined ? 1 : weights[i]!;
    if (weight !== 0) out.push(weight);
  }
  return Float32Array.from(out);
}

/** @throws EngineError `bad-request` when the batch has nothing to learn. */
export function unitsOf(batch: TrainingBatch): Unit[] {
  if (batch.kind === "supervised") return supervisedUnits(batch.texts);
  const { pairs } = batch;
  if (pairs.length === 0) throw new EngineError("bad-request", "batch.pairs: there is none");
  if (batch.kind === "dpo") {
    const { beta = 0.1 } = batch;
    return pairs.map((pair) => pairUnit(pair, pairs.length, "sum", beta, dpoOffset(pair, beta)));
  }
  const { beta = 2, gamma = 1 } = batch;
  return pairs.map((pair) => pairUnit(pair, pairs.length, "mean", beta, gamma));
}

function supervisedUnits(texts: readonly TrainingText[]): Unit[] {
  const weights = texts.map(lossWeights);
  const total = weights.reduce((sum, list) => sum + list.reduce((s, weight) => s + weight, 0), 0);
  if (total <= 0) {
    throw new EngineError("bad-request", "batch.texts: no token has a weight", "Give each text an answer to learn.");
  }
  return texts.map((text, i) => {
    const share = weights[i]!.map((weight) => weight / total);
    return {
      texts: [text],
      settle: ([logprobs]) => ({ loss: -dot(share, logprobs!), weights: [share] }),
    };
  });
}

/** What the chosen answer's advantage under the frozen model is worth. */
function dpoOffset({ reference }: PreferencePair, beta: number): number {
  if (!reference) throw new Error("a DPO pair came without its reference");
  return beta * (reference.chosen - reference.rejected);
}

/**
 * −log σ(β (r(chosen) − r(rejected)) − offset), averaged over pairs, with r the weighted sum of log-probabilities (DPO,
 * equation 7: the offset is β times the frozen model's difference) or their weighted mean (SimPO, equation 6: the offset
 * is the margin γ).
 */
function pairUnit(
  { chosen, rejected }: PreferencePair,
  pairs: number,
  reward: "sum" | "mean",
  beta: number,
  offset: number,
): Unit {
  const texts = [chosen, rejected];
  const shares = texts.map((text, i) => {
    const weights = lossWeights(text);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    if (total <= 0) {
      throw new EngineError("bad-request", `batch.pairs: the ${i === 0 ? "chosen" : "rejected"} answer has no tokens`);
    }
    return reward === "sum" ? weights : weights.map((weight) => weight / total);
  });
  return {
    texts,
    settle(logprobs) {
      const difference = beta * (dot(shares[0]!, logprobs[0]!) - dot(shares[1]!, logprobs[1]!));
      const margin = reward === "sum" ? difference - offset : difference;
      const slope = (beta * sigmoid(offset - difference)) / pairs;
      return {
        loss: softplus(offset - difference) / pairs,
        weights: [shares[0]!.map((share) => slope * share), shares[1]!.map((share) => -slope * share)],
        margin,
      };
    },
  };
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

/** log(1 + eˣ), without overflow. */
function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}
