/** What is normal, and how far from it is worth an alarm. */
export interface CusumSettings {
  readonly mean: number;
  readonly deviation: number;
  /** Half the shift that should be found soon, in standard deviations. */
  readonly slack: number;
  /** The sum, in standard deviations, at which it alarms. */
  readonly threshold: number;
}

export interface CusumState {
  readonly up: number;
  readonly down: number;
  /** Values since a sum last was 0: the shift began about there. */
  readonly upFor: number;
  readonly downFor: number;
}

export const cusumStart: CusumState = { up: 0, down: 0, upFor: 0, downFor: 0 };

/** One more value into the two-sided cumulative sum (Page 1954; Montgomery 2009, section 9.1). */
export function cusumStep(state: CusumState, value: number, { deviation, mean, slack }: CusumSettings): CusumState {
  const z = deviation === 0 ? 0 : (value - mean) / deviation;
  const up = Math.max(0, state.up + z - slack);
  const down = Math.max(0, state.down - z - slack);
  return { up, down, upFor: up === 0 ? 0 : state.upFor + 1, downFor: down === 0 ? 0 : state.downFor + 1 };
}

export function cusumAlarm(state: CusumState, { threshold }: CusumSettings): "up" | "down" | undefined {
  if (state.up > threshold) return "up";
  return state.down > threshold ? "down" : undefined;
}

/**
 * How many values pass on average before it alarms, two-sided, when values lie `shift` standard deviations off
 * (Siegmund 1985, section 2.6; accurate to a few percent). With no shift: how seldom the alarm is false.
 */
export function cusumRunLength(slack: number, threshold: number, shift = 0): number {
  const oneSided = (drift: number) => {
    const b = threshold + 1.166;
    if (Math.abs(drift) < 1e-9) return b * b;
    return (Math.exp(-2 * drift * b) + 2 * drift * b - 1) / (2 * drift * drift);
  };
  return 1 / (1 / oneSided(shift - slack) + 1 / oneSided(-shift - slack));
}

/** The threshold at which a false alarm comes once in so many values on average. */
export function cusumThreshold(slack: number, runLength: number): number {
  let low = 0;
  let high = 50;
  for (let i = 0; i < 100; i++) {
    const middle = (low + high) / 2;
    if (cusumRunLength(slack, middle) < runLength) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
