/** A figure ready to be shown: the number as text and, apart, its unit. */
export interface Figure {
  readonly value: string;
  readonly unit?: string;
}

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/** 1234567 → `1,234,567`. */
export function formatCount(count: number): string {
  return whole.format(count);
}

/** Three significant digits with a metric prefix: 15740000 → `15.7 M`. */
export function compact(value: number): Figure {
  for (const [size, unit] of [
    [1e12, "T"],
    [1e9, "B"],
    [1e6, "M"],
    [1e3, "k"],
  ] as const) {
    // 999,600 is 1.00 M, not 1,000 k.
    if (Math.abs(value) >= size * 0.9995) return { value: significant(value / size), unit };
  }
  return { value: Number.isInteger(value) ? String(value) : significant(value) };
}

/** Bytes in binary units, as memory is counted. */
export function bytes(value: number): Figure {
  for (const [size, unit] of [
    [2 ** 40, "TiB"],
    [2 ** 30, "GiB"],
    [2 ** 20, "MiB"],
    [2 ** 10, "KiB"],
  ] as const) {
    if (value >= size * 0.9995) return { value: significant(value / size), unit };
  }
  return { value: whole.format(value), unit: "B" };
}

/** A duration given in milliseconds. */
export function duration(ms: number): Figure {
  if (ms < 1) return { value: significant(ms * 1000), unit: "µs" };
  if (ms < 999.5) return { value: significant(ms), unit: "ms" };
  if (ms < 60_000) return { value: significant(ms / 1000), unit: "s" };
  if (ms < 3_600_000) return { value: significant(ms / 60_000), unit: "min" };
  if (ms < 86_400_000) return { value: significant(ms / 3_600_000), unit: "h" };
  return { value: significant(ms / 86_400_000), unit: "d" };
}

/** A figure as one string: `15.7 M`. The space does not break. */
export function written(figure: Figure): string {
  return figure.unit ? `${figure.value}\u00a0${figure.unit}` : figure.value;
}

/** One or many: `plural(3, "model")` → `3 models`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

function significant(value: number): string {
  const magnitude = Math.abs(value);
  if (magnitude >= 99.95) return whole.format(value);
  return value.toFixed(magnitude >= 9.995 ? 1 : 2);
}

const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

/** How far a moment lies from now, to the nearest of its largest unit: `3 minutes ago`, `in 2 days`. Both in ms. */
export function fromNow(at: number, now: number): string {
  const seconds = Math.round((at - now) / 1000);
  for (const [size, unit] of [
    [31_536_000, "year"],
    [2_592_000, "month"],
    [86_400, "day"],
    [3600, "hour"],
    [60, "minute"],
  ] as const) {
    if (Math.abs(seconds) >= size) return relative.format(Math.round(seconds / size), unit);
  }
  return Math.abs(seconds) < 10 ? "just now" : relative.format(seconds, "second");
}
