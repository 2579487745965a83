export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly min: number;
  readonly max: number;
}

/** An SVG path through evenly spaced values, y growing upwards; empty for fewer than two values. */
export function linePath(values: readonly number[], { width, height, min, max }: Frame): string {
  if (values.length < 2) return "";
  const span = max - min || 1;
  return values
    .map((value, index) => {
      const x = (index / (values.length - 1)) * width;
      const y = height - ((value - min) / span) * height;
      return `${index === 0 ? "M" : "L"}${x.toFixed(2)},${y.toFixed(2)}`;
    })
    .join("");
}

/** The least of 1, 2, 2.5, 5 × 10ⁿ that is not below `value`: a top for an axis that people can read. */
export function niceCeiling(value: number): number {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  for (const step of [1, 2, 2.5, 5, 10]) {
    if (step * power >= value * (1 - 1e-12)) return step * power;
  }
  return 10 * power;
}
