/** Something that went wrong: its text, what was right and what was said, and where the text lies. */
export interface Mistake {
  readonly input: string;
  readonly expected: string;
  readonly answer: string;
  readonly vector: ArrayLike<number>;
}

export interface MistakeCluster {
  /** What its texts have in common that others lack, most telling first; may be empty. */
  readonly words: readonly string[];
  /** The commonest confusion in it. */
  readonly expected: string;
  readonly answer: string;
  /** Positions in the mistakes. */
  readonly members: readonly number[];
}

const mostClusters = 6;
const mostWords = 3;

/**
 * Groups mistakes whose texts lie close together: average linkage (Sokal and Michener 1958) over the cosine of centred
 * vectors, down to about √(n/2) groups; the largest first.
 * @param all every example's text and vector: what is common everywhere names nothing
 */
export function clusterMistakes(
  mistakes: readonly Mistake[],
  all: readonly { readonly input: string; readonly vector: ArrayLike<number> }[],
): MistakeCluster[] {
  if (mistakes.length === 0) return [];
  const centre = meanOf(all.map(({ vector }) => vector));
  const points = mistakes.map(({ vector }) => unit(vector, centre));
  const wanted = Math.min(mostClusters, Math.max(1, Math.round(Math.sqrt(mistakes.length / 2))));
  let groups = points.map((_, i) => [i]);
  while (groups.length > wanted) {
    let best = { a: 0, b: 1, near: Number.NEGATIVE_INFINITY };
    for (let a = 0; a < groups.length; a++) {
      for (let b = a + 1; b < groups.length; b++) {
        const near = linkage(points, groups[a]!, groups[b]!);
        if (near > best.near) best = { a, b, near };
      }
    }
    const joined = [...groups[best.a]!, ...groups[best.b]!];
    groups = [...groups.filter((_, i) => i !== best.a && i !== best.b), joined];
  }
  const documents = all.map(({ input }) => wordsOf(input));
  return groups
    .map((members) => {
      const own = members.map((i) => mistakes[i]!);
      const [expected, answer] = commonest(own.map((one) => JSON.stringify([one.expected, one.answer])));
      const words = telling(
        own.map(({ input }) => wordsOf(input)),
        documents,
      );
      return { words, expected, answer, members: [...members].sort((a, b) => a - b) };
    })
    .sort((a, b) => b.members.length - a.members.length || a.members[0]! - b.members[0]!);
}

function meanOf(vectors: readonly ArrayLike<number>[]): Float64Array {
  const mean = new Float64Array(vectors[0]?.length ?? 0);
  for (const vector of vectors) for (let j = 0; j < mean.length; j++) mean[j]! += vector[j]! / vectors.length;
  return mean;
}

function unit(vector: ArrayLike<number>, centre: Float64Array): Float64Array {
  const moved = Float64Array.from(centre, (c, j) => (vector[j] ?? 0) - c);
  const length = Math.sqrt(moved.reduce((sum, one) => sum + one * one, 0)) || 1;
  return moved.map((one) => one / length);
}

function linkage(points: readonly Float64Array[], a: readonly number[], b: readonly number[]): number {
  let sum = 0;
  for (const i of a) for (const j of b) sum += points[i]!.reduce((dot, one, d) => dot + one * points[j]![d]!, 0);
  return sum / (a.length * b.length);
}

/** Words of English that name nothing. */
const empty = new Set(
  `about after again all also and any are because been before but can cannot could did does doing don't each even for from
   had has have her here him his how into isn't its just more most much must not now off once only other our out over own
   same she should some such than that the their them then there these they this those through too two under until very
   was were what when where which while who whom why will with would you your`.split(/\s+/),
);

function wordsOf(text: string): Set<string> {
  const words = text.toLowerCase().match(/[\p{L}\p{N}][\p{L}\p{N}'-]{2,}/gu) ?? [];
  return new Set(words.filter((word) => !empty.has(word)));
}

function commonest(pairs: readonly string[]): [string, string] {
  const counts = new Map<string, number>();
  for (const pair of pairs) counts.set(pair, (counts.get(pair) ?? 0) + 1);
  const [best = ["[]", 0] as const] = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  const [expected = "", answer = ""]: string[] = JSON.parse(best[0]);
  return [expected, answer];
}

/** Words by how much more often they stand here than elsewhere; none that stands here once alone, where there are more. */
function telling(own: readonly ReadonlySet<string>[], all: readonly ReadonlySet<string>[]): string[] {
  const least = own.length > 2 ? 2 : 1;
  const share = (sets: readonly ReadonlySet<string>[], word: string) => sets.filter((one) => one.has(word)).length;
  return [...new Set(own.flatMap((one) => [...one]))]
    .map((word) => {
      const here = share(own, word);
      const lift = (here + 0.1) / (own.length + 1) / ((share(all, word) + 1) / (all.length + 1));
      return { word, here, weight: here * Math.log(lift) };
    })
    .filter(({ here, weight }) => here >= least && weight > 0)
    .sort((a, b) => b.weight - a.weight || (a.word < b.word ? -1 : 1))
    .slice(0, mostWords)
    .map(({ word }) => word);
}
