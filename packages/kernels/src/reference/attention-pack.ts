export interface PackShape {
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly scale: number;
  readonly window?: number;
  /** First row of each row's text. */
  readonly starts: readonly number[];
  /** Rows that a row does not see, forward only: from the first to before the last. */
  readonly hidden?: readonly (readonly [number, number])[];
}

/** Causal attention of packed texts in float64: `[rows, heads, headDim]`. */
export function attentionPack(
  shape: PackShape,
  q: ArrayLike<number>,
  k: ArrayLike<number>,
  v: ArrayLike<number>,
): Float64Array {
  const { heads, kvHeads, headDim, scale, starts, hidden, window = Number.POSITIVE_INFINITY } = shape;
  const out = new Float64Array(q.length);
  starts.forEach((start, row) => {
    const first = Math.max(start, row - window + 1);
    for (let head = 0; head < heads; head++) {
      const kvHead = Math.floor((head * kvHeads) / heads);
      const at = (row * heads + head) * headDim;
      const scores = Array.from({ length: row - first + 1 }, (_, i) => {
        const [from, to] = hidden?.[row] ?? [0, 0];
        if (first + i >= from && first + i < to) return Number.NEGATIVE_INFINITY;
        let dot = 0;
        const key = ((first + i) * kvHeads + kvHead) * headDim;
        for (let d = 0; d < headDim; d++) dot += q[at + d]! * k[key + d]!;
        return dot * scale;
      });
      const peak = Math.max(...scores);
      const weights = scores.map((score) => Math.exp(score - peak));
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      weights.forEach((weight, i) => {
        const value = ((first + i) * kvHeads + kvHead) * headDim;
        for (let d = 0; d < headDim; d++) out[at + d]! += (weight / total) * v[value + d]!;
      });
    }
  });
  return out;
}

/** Gradients of Σ out · dout by q, k and v, from the softmax's full Jacobian. */
export function attentionPackGradients(
  shape: PackShape,
  q: ArrayLike<number>,
  k: ArrayLike<number>,
  v: ArrayLike<number>,
  dout: ArrayLike<number>,
): { dq: Float64Array; dk: Float64Array; dv: Float64Array } {
  const { heads, kvHeads, headDim, scale, starts, window = Number.POSITIVE_INFINITY } = shape;
  const [dq, dk, dv] = [new Float64Array(q.length), new Float64Array(k.length), new Float64Array(v.length)];
  const dot = (a: ArrayLike<number>, i: number, b: ArrayLike<number>, j: number) => {
    let sum = 0;
    for (let d = 0; d < headDim; d++) sum += a[i + d]! * b[j + d]!;
    return sum;
  };
  starts.forEach((start, row) => {
    const keys = Array.from({ length: row - Math.max(start, row - window + 1) + 1 }, (_, i) => row - i);
    for (let head = 0; head < heads; head++) {
      const at = (row * heads + head) * headDim;
      const places = keys.map((key) => (key * kvHeads + Math.floor((head * kvHeads) / heads)) * headDim);
      const scores = places.map((place) => dot(q, at, k, place) * scale);
      const peak = Math.max(...scores);
      const exponentials = scores.map((score) => Math.exp(score - peak));
      const total = exponentials.reduce((sum, value) => sum + value, 0);
      const p = exponentials.map((value) => value / total);
      const dp = places.map((place) => dot(dout, at, v, place));
      places.forEach((place, i) => {
        const ds = scale * dp.reduce((sum, value, j) => sum + value * p[j]! * (Number(i === j) - p[i]!), 0);
        for (let d = 0; d < headDim; d++) {
          dv[place + d]! += p[i]! * dout[at + d]!;
          dq[at + d]! += ds * k[place + d]!;
          dk[place + d]! += ds * q[at + d]!;
        }
      });
    }
  });
  return { dq, dk, dv };
}
