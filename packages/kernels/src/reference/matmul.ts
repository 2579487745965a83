/**
 * y `[rows, n]` = x `[rows, k]` · w `[n, k]`ᵀ in float64.
 */
export function matmulReference(
  x: ArrayLike<number>,
  w: ArrayLike<number>,
  { rows, n, k }: { rows: number; n: number; k: number },
): Float64Array {
  const y = new Float64Array(rows * n);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < n; column++) {
      let sum = 0;
      for (let i = 0; i < k; i++) sum += x[row * k + i]! * w[column * k + i]!;
      y[row * n + column] = sum;
    }
  }
  return y;
}

/** SiLU: x · sigmoid(x). */
export function silu(x: number): number {
  return x / (1 + Math.exp(-x));
}

/** GELU, tanh form (Hendrycks and Gimpel, 2016). */
export function gelu(x: number): number {
  return 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
}
