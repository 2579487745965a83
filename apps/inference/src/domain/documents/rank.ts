/**
 * Reciprocal rank fusion (Cormack, Clarke and Büttcher 2009): an entry's score is the sum of 1 ÷ (60 + its place) over the
 * lists in which it stands, so that lists whose scores can't be compared can be joined.
 * @returns keys, the best first
 */
export function fuse(lists: readonly (readonly string[])[]): { readonly key: string; readonly score: number }[] {
  const scores = new Map<string, number>();
  for (const list of lists) {
    for (const [place, key] of list.entries()) scores.set(key, (scores.get(key) ?? 0) + 1 / (61 + place));
  }
  return [...scores]
    .map(([key, score]) => ({ key, score }))
    .sort((a, b) => b.score - a.score || (a.key < b.key ? -1 : 1));
}

/** A vector of length 1 in the same direction; one of zeros stays as it is. */
export function unit(vector: readonly number[]): Float32Array {
  const length = Math.sqrt(vector.reduce((sum, x) => sum + x * x, 0));
  return Float32Array.from(vector, (x) => (length === 0 ? 0 : x / length));
}

/**
 * The nearest rows to a query, by the cosine of unit vectors, exactly.
 * @param rows [count, width], row by row
 */
export function nearest(
  rows: Float32Array,
  width: number,
  query: Float32Array,
  limit: number,
): { readonly row: number; readonly score: number }[] {
  const count = width === 0 ? 0 : rows.length / width;
  const best: { row: number; score: number }[] = [];
  for (let row = 0; row < count; row++) {
    let score = 0;
    for (let i = 0, at = row * width; i < width; i++, at++) score += (rows[at] ?? 0) * (query[i] ?? 0);
    const last = best.at(-1);
    if (best.length === limit && last !== undefined && score <= last.score) continue;
    let place = best.length;
    while (place > 0 && (best[place - 1]?.score ?? 0) < score) place--;
    best.splice(place, 0, { row, score });
    if (best.length > limit) best.pop();
  }
  return best;
}
