/** How the learning rate changes over the steps. */
export type Schedule =
  | { readonly kind: "constant"; readonly warmup?: number }
  /** Linear from nothing in `warmup` steps, then half a cosine down to `floor` times the highest at step `steps`. */
  | { readonly kind: "cosine"; readonly steps: number; readonly warmup?: number; readonly floor?: number }
  /** Constant for the share `hold` of all steps, then in a line towards nothing at step `steps`, `floor` at least. */
  | {
      readonly kind: "trapezoid";
      readonly steps: number;
      readonly hold: number;
      readonly warmup?: number;
      readonly floor?: number;
    };

/**
 * The factor of the learning rate for the step that follows `done` steps.
 * Cosine: Loshchilov and Hutter 2017, https://arxiv.org/abs/1608.03983, without restarts.
 */
export function scheduleFactor(schedule: Schedule, done: number): number {
  const warmup = schedule.warmup ?? 0;
  if (done < warmup) return (done + 1) / warmup;
  if (schedule.kind === "constant") return 1;
  const { steps, floor = 0 } = schedule;
  if (schedule.kind === "trapezoid") {
    const share = done / steps;
    return share < schedule.hold ? 1 : Math.max(floor, (1 - share) / (1 - schedule.hold));
  }
  const progress = Math.min(1, (done - warmup) / Math.max(1, steps - warmup));
  return floor + (1 - floor) * 0.5 * (1 + Math.cos(Math.PI * progress));
}
