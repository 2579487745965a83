import { quantile } from "./bootstrap.ts";
import type { Interval } from "./interval.ts";
import { seededRandom } from "./random.ts";

export type Metric = "nominal" | "ordinal" | "interval";

/**
 * Krippendorff's alpha: agreement of any number of raters, with gaps (Krippendorff 2004, chapter 11), with a bootstrap
 * interval over units. Undefined where no two raters met, or all ever said the same.
 * @param units of each unit, what each rater said of it; raters who said nothing are absent
 */
export function krippendorffAlpha(
  units: readonly (readonly number[])[],
  metric: Metric = "nominal",
  resamples = 1000,
  seed = 1,
): Interval | undefined {
  const met = units.filter((unit) => unit.length > 1);
  const values = [...new Set(met.flat())].sort((a, b) => a - b);
  const tables = met.map((unit) => coincidences(unit, values));
  const score = alphaOf(tables, values, metric);
  if (score === undefined) return undefined;
  const random = seededRandom(seed);
  const drawn: number[] = [];
  for (let i = 0; i < resamples && tables.length > 1; i++) {
    const again = alphaOf(
      tables.map(() => tables[Math.floor(random() * tables.length)] as Float64Array),
      values,
      metric,
    );
    // A sample in which all say the same agrees wholly.
    drawn.push(again ?? 1);
  }
  drawn.sort((a, b) => a - b);
  if (drawn.length === 0) return { score, low: -1, high: 1 };
  return { score, low: Math.min(score, quantile(drawn, 0.025)), high: Math.max(score, quantile(drawn, 0.975)) };
}

/** How often two raters of one unit said which two values. */
function coincidences(unit: readonly number[], values: readonly number[]): Float64Array {
  const k = values.length;
  const out = new Float64Array(k * k);
  const share = 1 / (unit.length - 1);
  unit.forEach((a, i) => {
    unit.forEach((b, j) => {
      if (i === j) return;
      const at = values.indexOf(a) * k + values.indexOf(b);
      out[at] = (out[at] ?? 0) + share;
    });
  });
  return out;
}

function alphaOf(tables: readonly Float64Array[], values: readonly number[], metric: Metric): number | undefined {
  const k = values.length;
  const all = new Float64Array(k * k);
  for (const table of tables) for (let i = 0; i < all.length; i++) all[i] = (all[i] ?? 0) + (table[i] ?? 0);
  const totals = values.map((_, i) => all.subarray(i * k, i * k + k).reduce((sum, one) => sum + one, 0));
  const n = totals.reduce((sum, one) => sum + one, 0);
  let observed = 0;
  let expected = 0;
  for (let i = 0; i < k; i++) {
    for (let j = 0; j < k; j++) {
      const distance = distanceOf(metric, values, totals, i, j);
      observed += (all[i * k + j] ?? 0) * distance;
      expected += (totals[i] ?? 0) * (totals[j] ?? 0) * distance;
    }
  }
  return expected === 0 || n < 2 ? undefined : 1 - ((n - 1) * observed) / expected;
}

function distanceOf(
  metric: Metric,
  values: readonly number[],
  totals: readonly number[],
  i: number,
  j: number,
): number {
  if (i === j) return 0;
  if (metric === "nominal") return 1;
  if (metric === "interval") return ((values[i] ?? 0) - (values[j] ?? 0)) ** 2;
  const [low, high] = i < j ? [i, j] : [j, i];
  const between = totals.slice(low, high + 1).reduce((sum, one) => sum + one, 0);
  return (between - ((totals[low] ?? 0) + (totals[high] ?? 0)) / 2) ** 2;
}
