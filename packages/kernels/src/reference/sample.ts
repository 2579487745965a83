import type { LogitEdit, SampleParams } from "../ops/sample-params.ts";

/** log Σ exp(logits). */
export function logSumExp(logits: ArrayLike<number>): number {
  const all = Array.from(logits);
  const peak = all.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  return peak + Math.log(all.reduce((sum, logit) => sum + Math.exp(logit - peak), 0));
}

/** Logits after penalties, biases and the mask; what is forbidden is −∞. */
export function processLogits(
  logits: ArrayLike<number>,
  params: SampleParams,
  edits: readonly LogitEdit[] = [],
  allowed: (token: number) => boolean = () => true,
): Float64Array {
  const { repetitionPenalty = 1, frequencyPenalty = 0, presencePenalty = 0 } = params;
  const processed = Float64Array.from(logits);
  for (const { token, count, bias } of edits) {
    let logit = processed[token]!;
    if (count > 0) {
      logit = logit > 0 ? logit / repetitionPenalty : logit * repetitionPenalty;
      logit -= count * frequencyPenalty + presencePenalty;
    }
    processed[token] = logit + bias;
  }
  return processed.map((logit, token) => (allowed(token) ? logit : Number.NEGATIVE_INFINITY));
}

/** The distribution that a token is drawn from, by sorting: temperature, top-k, top-p, min-p. Temperature is not 0. */
export function samplingDistribution(processed: ArrayLike<number>, params: SampleParams): Float64Array {
  const { temperature = 1, topK = 0, topP = 1, minP = 0 } = params;
  const scaled = Float64Array.from(processed, (logit) => logit / temperature);
  const peak = scaled.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const weights = scaled.map((logit) => Math.exp(logit - peak));
  const descending = Float64Array.from(weights).sort().reverse();
  let threshold = 0;
  if (topK > 0 && topK < weights.length) threshold = descending[topK - 1]!;
  if (topP < 1) {
    const kept = descending.filter((weight) => weight >= threshold);
    const wanted = topP * kept.reduce((sum, weight) => sum + weight, 0);
    let mass = 0;
    let i = 0;
    do mass += kept[i++]!;
    while (mass < wanted && i < kept.length);
    threshold = kept[i - 1]!;
  }
  threshold = Math.max(threshold, minP);
  const kept = weights.map((weight) => (weight >= threshold ? weight : 0));
  const total = kept.reduce((sum, weight) => sum + weight, 0);
  return kept.map((weight) => weight / total);
}
