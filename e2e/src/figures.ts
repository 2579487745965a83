/** The statistics of a comparison, written down once more from their sources, to check the product's own by. */

/** Of the normal distribution, two-sided 95 %. */
const z = 1.959963984540054;

export interface Sure {
  readonly score: number;
  readonly low: number;
  readonly high: number;
}

/** Wilson (1927). */
export function wilson(hits: number, n: number): Sure {
  const p = hits / n;
  const middle = (hits + z ** 2 / 2) / (n + z ** 2);
  const half = (z / (n + z ** 2)) * Math.sqrt(n * p * (1 - p) + z ** 2 / 4);
  return { score: p, low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}

/** Bonett and Price (2012): Wald's interval for pairs with one more of either kind. */
export function adjusted(wins: number, losses: number, n: number): Sure {
  const [a, b] = [(wins + 1) / (n + 2), (losses + 1) / (n + 2)];
  const half = z * Math.sqrt((a + b - (a - b) ** 2) / (n + 2));
  return { score: (wins - losses) / n, low: Math.max(-1, a - b - half), high: Math.min(1, a - b + half) };
}

/** Exact, two-sided: twice the smaller tail of a fair coin. */
export function mcnemar(wins: number, losses: number): number {
  const n = wins + losses;
  let tail = 0;
  let ways = 1;
  for (let k = 0; k <= Math.min(wins, losses); k++) {
    tail += ways / 2 ** n;
    ways = (ways * (n - k)) / (k + 1);
  }
  return Math.min(1, 2 * tail);
}

/** Holm (1979), in the order given. */
export function holm(ps: readonly number[]): number[] {
  return ps.map((own) => {
    const before = ps.filter((p) => p < own);
    const steps = [...before, own].map((p) => p * (ps.length - ps.filter((other) => other < p).length));
    return Math.min(1, Math.max(...steps));
  });
}

export interface Point {
  readonly name: string;
  readonly quality: number;
  readonly price: number;
}

/** Those that no other beats on one side without losing on the other; the cheapest first. */
export function frontierOf<P extends Point>(points: readonly P[]): P[] {
  const sorted = points.toSorted((a, b) => a.price - b.price || b.quality - a.quality);
  const kept: P[] = [];
  for (const point of sorted) {
    const best = kept.at(-1);
    const same = best?.price === point.price && best.quality === point.quality;
    if (best === undefined || point.quality > best.quality || same) kept.push(point);
  }
  return kept;
}
