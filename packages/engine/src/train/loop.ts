import { EngineError } from "../errors.ts";
import { SeededRandom, seedFor } from "./random.ts";
import type { TrainingText } from "./types.ts";

/**
 * A text of a prompt and its answer, of which only the answer is learnt.
 * @param answer ends with the token that should end it.
 */
export function answerText(prompt: readonly number[], answer: readonly number[]): TrainingText {
  const weights = new Uint8Array(prompt.length + answer.length);
  weights.fill(1, prompt.length);
  return { tokens: [...prompt, ...answer], weights };
}

/**
 * Which of `count` items step `step` (from 0) takes: every item once an epoch, in another order each epoch. A function of
 * its arguments alone, so that a run that goes on from a checkpoint sees the same batches.
 */
export function batchOrder(count: number, batchSize: number, seed: number, step: number): number[] {
  if (count < 1 || batchSize < 1) throw new EngineError("bad-request", `a batch of ${batchSize} of ${count} items`);
  const size = Math.min(batchSize, count);
  const out: number[] = [];
  let epoch = -1;
  let order: number[] = [];
  for (let i = step * size; i < (step + 1) * size; i++) {
    const at = Math.floor(i / count);
    if (at !== epoch) {
      epoch = at;
      order = new SeededRandom(seedFor(seed, `epoch ${epoch}`)).permutation(count);
    }
    out.push(order[i % count]!);
  }
  return out;
}

/**
 * Windows of a stream of tokens for step `step` (from 0) of training from scratch: `batchSize` texts of `length` + 1
 * tokens, so that each has `length` tokens to predict, taken without gaps in an order that changes every pass.
 * @throws EngineError `bad-request` when the stream is shorter than one window.
 */
export function streamTexts(
  stream: ArrayLike<number>,
  options: { readonly length: number; readonly batchSize: number; readonly seed: number },
  step: number,
): TrainingText[] {
  const { length, batchSize, seed } = options;
  const windows = Math.floor((stream.length - 1) / length);
  if (windows < 1) {
    throw new EngineError("bad-request", `the stream has ${stream.length} tokens, one text needs ${length + 1}`);
  }
  return batchOrder(windows, batchSize, seed, step).map((window) => ({
    tokens: Array.from({ length: length + 1 }, (_, i) => stream[window * length + i]!),
  }));
}
