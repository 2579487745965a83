/**
 * p-values of several comparisons, corrected so that the chance of any false alarm among all stays what it is for one
 * (Holm 1979). In the order given.
 */
export function holm(ps: readonly number[]): number[] {
  const order = ps.map((p, index) => ({ p, index })).sort((a, b) => a.p - b.p);
  const out = ps.map(() => 1);
  let least = 0;
  order.forEach(({ index, p }, rank) => {
    least = Math.max(least, Math.min(1, p * (ps.length - rank)));
    out[index] = least;
  });
  return out;
}
