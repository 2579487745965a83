/**
 * Gradient of a scalar function by central differences in float64: knows nothing of the formulas that it checks.
 * Errors are about 1e-9 of the function's size.
 */
export function numericalGradient(f: (x: Float64Array) => number, at: ArrayLike<number>): Float64Array {
  const x = Float64Array.from(at);
  return x.map((_, i) => {
    const value = x[i]!;
    const step = 1e-5 * Math.max(1, Math.abs(value));
    x[i] = value + step;
    const above = f(x);
    x[i] = value - step;
    const below = f(x);
    x[i] = value;
    return (above - below) / (2 * step);
  });
}

/** Σ a · b: a scalar whose gradient by a is b. */
export function inner(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
