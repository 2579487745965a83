export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const line = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})?\s+(\S+)/;
const label = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"/g;
const escapes: Readonly<Record<string, string>> = { n: "\n", "\\": "\\", '"': '"' };

/** Reads the Prometheus text format; lines that are not samples are passed over. */
export function parsePrometheus(text: string): readonly Sample[] {
  const samples: Sample[] = [];
  for (const row of text.split("\n")) {
    if (row.startsWith("#")) continue;
    const [, name, inner, number] = line.exec(row) ?? [];
    const value = number === "+Inf" ? Number.POSITIVE_INFINITY : Number(number);
    if (name === undefined || Number.isNaN(value)) continue;
    const labels: Record<string, string> = {};
    for (const [, key, raw] of (inner ?? "").matchAll(label)) {
      if (key !== undefined) labels[key] = (raw ?? "").replace(/\\(.)/g, (_, char: string) => escapes[char] ?? char);
    }
    samples.push({ name, labels, value });
  }
  return samples;
}

/** The sum over every label set of a metric, or undefined when the metric is not there. */
export function total(
  samples: readonly Sample[],
  name: string,
  where: (labels: Sample["labels"]) => boolean = () => true,
) {
  let sum: number | undefined;
  for (const sample of samples) if (sample.name === name && where(sample.labels)) sum = (sum ?? 0) + sample.value;
  return sum;
}

/**
 * A quantile of a histogram by linear interpolation inside its bucket, as PromQL's histogram_quantile does.
 * Undefined when nothing was observed.
 */
export function quantile(samples: readonly Sample[], name: string, q: number): number | undefined {
  const buckets = new Map<number, number>();
  for (const sample of samples) {
    if (sample.name !== `${name}_bucket` || sample.labels.le === undefined) continue;
    const bound = sample.labels.le === "+Inf" ? Number.POSITIVE_INFINITY : Number(sample.labels.le);
    buckets.set(bound, (buckets.get(bound) ?? 0) + sample.value);
  }
  const sorted = [...buckets].sort(([a], [b]) => a - b);
  const count = sorted.at(-1)?.[1] ?? 0;
  if (count === 0) return undefined;
  let below = 0;
  let lower = 0;
  for (const [bound, cumulative] of sorted) {
    if (cumulative >= q * count) {
      if (!Number.isFinite(bound)) return lower;
      const inside = cumulative - below;
      return inside === 0 ? bound : lower + ((q * count - below) / inside) * (bound - lower);
    }
    below = cumulative;
    lower = bound;
  }
  return lower;
}
