/** Times in classes that grow by 2^(1/4): up to 2 min within a tenth. */
const perDoubling = 4;
const classes = 68;

export function emptyLatency(): number[] {
  return Array.from({ length: classes }, () => 0);
}

export function latencyClass(ms: number): number {
  return Math.min(classes - 1, Math.max(0, Math.round(Math.log2(Math.max(ms, 1)) * perDoubling)));
}

/** The time below which a share of the counted requests was, in ms; null where none was counted. */
export function latencyQuantile(counts: readonly number[], share: number): number | null {
  const all = counts.reduce((sum, one) => sum + one, 0);
  if (all === 0) return null;
  let seen = 0;
  for (const [index, count] of counts.entries()) {
    seen += count;
    if (seen >= all * share) return 2 ** (index / perDoubling);
  }
  return null;
}
