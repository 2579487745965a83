import { normalCdf, normalQuantile, studentQuantile } from "./distributions.ts";
import { differences, type Interval, mean, variance } from "./interval.ts";
import { seededRandom } from "./random.ts";

/** Beyond this many values the mean is so nearly normal that Student's interval is the bootstrap's, without its work. */
const enoughForStudent = 2000;

/**
 * The mean with its bootstrap interval: bias-corrected and accelerated (Efron 1987), its percentiles widened for small
 * samples (Hesterberg 2015, section 5.3), without which 20 values cover 92 times in 100 in place of 95.
 */
export function bootstrap(values: readonly number[], resamples = 2000, seed = 1, level = 0.95): Interval {
  const n = values.length;
  if (n === 0) return { score: 0, low: 0, high: 0 };
  const score = mean(values);
  const spread = variance(values);
  if (n === 1 || spread === 0) return { score, low: score, high: score };
  const t = studentQuantile(0.5 + level / 2, n - 1);
  if (n > enoughForStudent) {
    const half = t * Math.sqrt(spread / n);
    return { score, low: score - half, high: score + half };
  }
  const means = resampledMeans(values, resamples, seed);
  const wide = t * Math.sqrt(n / (n - 1));
  const below = means.reduce((count, one) => count + (one < score ? 1 : one === score ? 0.5 : 0), 0);
  const bias = normalQuantile(Math.min(1 - 1 / resamples, Math.max(1 / resamples, below / resamples)));
  const pull = acceleration(values, score);
  const at = (z: number) => {
    const shifted = bias + z;
    return quantile(means, normalCdf(bias + shifted / (1 - pull * shifted)));
  };
  return { score, low: Math.min(score, at(-wide)), high: Math.max(score, at(wide)) };
}

function resampledMeans(values: readonly number[], resamples: number, seed: number): Float64Array {
  const random = seededRandom(seed);
  const from = Float64Array.from(values);
  const n = from.length;
  return Float64Array.from({ length: resamples }, () => {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += from[Math.floor(random() * n)] ?? 0;
    return sum / n;
  }).sort();
}

/** From the jackknife, which for a mean has a closed form (Efron 1987, section 6): a sixth of the skewness of the mean. */
function acceleration(values: readonly number[], center: number): number {
  let squares = 0;
  let cubes = 0;
  for (const value of values) {
    const d = value - center;
    squares += d * d;
    cubes += d * d * d;
  }
  return squares === 0 ? 0 : cubes / (6 * squares ** 1.5);
}

/** Of sorted values, between neighbours. */
export function quantile(sorted: ArrayLike<number>, p: number): number {
  const at = Math.min(sorted.length - 1, Math.max(0, p * (sorted.length + 1) - 1));
  const below = Math.floor(at);
  const low = sorted[below] ?? 0;
  return low + (at - below) * ((sorted[below + 1] ?? low) - low);
}

/** How much better `a` is than `b` on the same examples, with its interval: the differences are drawn in pairs. */
export function pairedBootstrap(
  a: readonly number[],
  b: readonly number[],
  resamples = 2000,
  seed = 1,
  level = 0.95,
): Interval {
  return bootstrap(differences(a, b), resamples, seed, level);
}
