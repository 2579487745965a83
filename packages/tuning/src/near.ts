/** A text as it is compared: case, spaces and marks say nothing. */
export function plainKey(text: string): string {
  return text.toLowerCase().replaceAll(/\s+/g, " ").trim();
}

/** Runs of five characters, as in Broder 1997. */
export function shingles(text: string): Set<string> {
  const plain = plainKey(text).replaceAll(/[^\p{L}\p{N} ]/gu, "");
  const out = new Set<string>();
  for (let i = 0; i + 5 <= plain.length; i++) out.add(plain.slice(i, i + 5));
  return out;
}

/** Jaccard's index of at least 0.8. */
export function isSimilar(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  if (Math.min(a.size, b.size) < 0.8 * Math.max(a.size, b.size) || a.size === 0) return false;
  let shared = 0;
  for (const one of a) if (b.has(one)) shared++;
  return shared / (a.size + b.size - shared) >= 0.8;
}

/** Past so many, comparing each with each takes too long; equal texts are still found. */
export const mostCompared = 2000;

/** Positions of texts that say the same or almost: groups, each in order of its first. */
export function nearGroups(texts: readonly string[]): number[][] {
  const groupOf = new Map<string, number>();
  const groups: number[][] = [];
  const seen: { readonly words: Set<string>; readonly group: number }[] = [];
  for (const [index, text] of texts.entries()) {
    const key = plainKey(text);
    const words = texts.length <= mostCompared ? shingles(text) : new Set<string>();
    let group = groupOf.get(key) ?? seen.find((other) => isSimilar(other.words, words))?.group;
    if (group === undefined) group = groups.push([]) - 1;
    groups[group]!.push(index);
    groupOf.set(key, group);
    seen.push({ words, group });
  }
  return groups;
}
