import { fitChances } from "@tugboat/tuning";

/** A label, and how sure it is from 0 to 1. */
export interface Guess {
  readonly label: string;
  readonly confidence: number;
}

export type Guesser = (vector: ArrayLike<number>) => Guess;

/** How much a difference of cosines says: chosen so that two labels as near as each other are a coin's toss. */
const sharpness = 12;

/** Says what the nearest examples say: a vote, each weighed by how near it is. */
export function nearestGuesser(
  vectors: readonly ArrayLike<number>[],
  labels: readonly string[],
  neighbours: number,
): Guesser {
  const centre = centreOf(vectors);
  const known = vectors.map((one) => unit(one, centre));
  const names = [...new Set(labels)];
  return (vector) => {
    const ranked = nearestOf(known, unit(vector, centre)).slice(0, Math.max(neighbours, 1));
    const votes = new Map<string, number>(names.map((name) => [name, 0]));
    for (const { cosine, index } of ranked) {
      const label = labels[index]!;
      votes.set(label, votes.get(label)! + Math.max(cosine, 0) + 1e-6);
    }
    const [label] = [...votes].reduce((best, one) => (one[1] > best[1] ? one : best));
    // How much nearer the best example of this label is than the best of any other.
    const all = nearestOf(known, unit(vector, centre));
    const near = (isOther: boolean) => all.find(({ index }) => (labels[index] !== label) === isOther)?.cosine ?? -1;
    return { label, confidence: 1 / (1 + Math.exp(-sharpness * (near(false) - near(true)))) };
  };
}

export function linearGuesser(vectors: readonly ArrayLike<number>[], labels: readonly string[]): Guesser {
  const names = [...new Set(labels)].sort();
  const chances = fitChances(
    vectors,
    labels.map((label) => names.indexOf(label)),
    names.length,
  );
  return (vector) => {
    const all = chances(vector);
    const confidence = Math.max(...all);
    return { label: names[all.indexOf(confidence)]!, confidence };
  };
}

/** Positions of the known vectors, the nearest first, by the cosine about their centre. */
export function nearestFinder(
  vectors: readonly ArrayLike<number>[],
): (vector: ArrayLike<number>, count: number) => number[] {
  const centre = centreOf(vectors);
  const known = vectors.map((one) => unit(one, centre));
  return (vector, count) =>
    nearestOf(known, unit(vector, centre))
      .slice(0, count)
      .map(({ index }) => index);
}

function nearestOf(known: readonly Float64Array[], vector: Float64Array) {
  return known
    .map((one, index) => ({ index, cosine: one.reduce((sum, value, i) => sum + value * vector[i]!, 0) }))
    .sort((a, b) => b.cosine - a.cosine);
}

/** Embeddings of one model share a direction that says nothing: without it the cosine tells texts apart. */
function centreOf(vectors: readonly ArrayLike<number>[]): Float64Array {
  const centre = new Float64Array(vectors[0]?.length ?? 0);
  for (const one of vectors) for (let i = 0; i < centre.length; i++) centre[i]! += one[i]! / vectors.length;
  return centre;
}

function unit(vector: ArrayLike<number>, centre: Float64Array): Float64Array {
  const moved = Float64Array.from(centre, (middle, i) => vector[i]! - middle);
  const length = Math.hypot(...moved) || 1;
  return moved.map((value) => value / length);
}
