/** How much a new step counts against those before: the last ten or so say how fast the machine is now. */
const share = 0.1;

/** What a step takes of late. */
export class Pace {
  #ms: number | undefined;

  add(ms: number): void {
    this.#ms = this.#ms === undefined ? ms : this.#ms * (1 - share) + ms * share;
  }

  /** Undefined before the first step. */
  get stepMs(): number | undefined {
    return this.#ms;
  }
}

/**
 * How long each of the trainings that follow the trials lasts: as the best trial did; where the trials ended before
 * their time, as long as the time allows; where the machine became slower, down to half.
 * @param wanted steps of the best trial
 */
export function stepsAfter(input: {
  readonly wanted: number;
  readonly longest: number;
  readonly areTrialsWhole: boolean;
  readonly leftMs: number;
  readonly stepMs: number;
  readonly fits: number;
}): number {
  const { areTrialsWhole, fits, leftMs, longest, stepMs, wanted } = input;
  if (fits === 0) return wanted;
  const affordable = Math.floor(leftMs / Math.max(1, fits * stepMs));
  if (areTrialsWhole) return Math.min(wanted, Math.max(affordable, Math.ceil(wanted / 2)));
  return Math.max(wanted, Math.min(longest, affordable));
}
