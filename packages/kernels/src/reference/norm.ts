/** Each row of x `[rows, dim]` / sqrt(mean(row²) + ε) · weight `[dim]`. */
export function rmsNorm(x: ArrayLike<number>, weight: ArrayLike<number>, epsilon: number): Float64Array {
  const dim = weight.length;
  const y = new Float64Array(x.length);
  for (let row = 0; row < x.length / dim; row++) {
    let squares = 0;
    for (let i = 0; i < dim; i++) squares += x[row * dim + i]! ** 2;
    const inverse = 1 / Math.sqrt(squares / dim + epsilon);
    for (let i = 0; i < dim; i++) y[row * dim + i] = x[row * dim + i]! * inverse * weight[i]!;
  }
  return y;
}
