export interface AttentionShape {
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly scale: number;
  readonly softcap?: number;
  readonly window?: number;
}

/**
 * One row's attention, all heads `[heads, headDim]`.
 * @param q `[heads, headDim]`
 * @param keys,values `[positions, kvHeads, headDim]`, of which 0 … position count.
 */
export function attention(
  q: ArrayLike<number>,
  keys: ArrayLike<number>,
  values: ArrayLike<number>,
  position: number,
  { heads, kvHeads, headDim, scale, softcap = 0, window = 0 }: AttentionShape,
): Float64Array {
  const out = new Float64Array(heads * headDim);
  const first = window > 0 ? Math.max(0, position - window + 1) : 0;
  for (let head = 0; head < heads; head++) {
    const kvHead = Math.floor(head / (heads / kvHeads));
    const scores: number[] = [];
    for (let t = first; t <= position; t++) {
      let dot = 0;
      for (let i = 0; i < headDim; i++) dot += q[head * headDim + i]! * keys[(t * kvHeads + kvHead) * headDim + i]!;
      scores.push(softcap > 0 ? softcap * Math.tanh((dot * scale) / softcap) : dot * scale);
    }
    const peak = Math.max(...scores);
    const weights = scores.map((score) => Math.exp(score - peak));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    weights.forEach((weight, t) => {
      for (let i = 0; i < headDim; i++) {
        out[head * headDim + i]! += (weight / total) * values[((first + t) * kvHeads + kvHead) * headDim + i]!;
      }
    });
  }
  return out;
}
