/** ‖actual − expected‖ / ‖expected‖; NaN or a wrong length gives Infinity, so that `toBeLessThan` fails. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let difference = 0;
  let norm = 0;
  for (let i = 0; i < expected.length; i++) {
    const [a, e] = [actual[i] ?? Number.NaN, expected[i] ?? Number.NaN];
    difference += (a - e) ** 2;
    norm += e ** 2;
  }
  if (!Number.isFinite(difference)) return Number.POSITIVE_INFINITY;
  return Math.sqrt(difference) / Math.max(Math.sqrt(norm), 1e-30);
}
