/** One way to train. */
export interface TrialSettings {
  readonly id: string;
  readonly rank: number;
  readonly learningRate: number;
}

export interface TrialPlan {
  readonly settings: readonly TrialSettings[];
  /** Steps that a trial has taken at the end of each rung; after each the better half goes on. */
  readonly rungs: readonly number[];
  readonly batchSize: number;
}

/**
 * The space, small on purpose: an adapter's rank hardly matters from 8 on (Hu et al. 2021, table 6), its learning rate
 * does, and the best one falls with the model's width (Yang et al. 2022). What was mostly best comes first: where time is
 * short the others are not tried. Widths are those of the hidden state.
 */
export function trialSpace(width: number): TrialSettings[] {
  const rate = (base: number) => Number((base * Math.min(1, Math.sqrt(384 / width))).toPrecision(2));
  return [
    { id: "a", rank: 16, learningRate: rate(1e-3) },
    { id: "b", rank: 8, learningRate: rate(3e-3) },
    { id: "c", rank: 8, learningRate: rate(1e-3) },
    { id: "d", rank: 16, learningRate: rate(2e-3) },
  ];
}

/** Passes over the examples after which more of them teach a small adapter nothing. */
const mostEpochs = 14;
const mostSteps = 400;

/** How many ways and how large batches, what is best first; and steps below which an adapter has hardly moved. */
const shapes = [
  { ways: 4, batch: 12, atLeast: 40 },
  { ways: 4, batch: 8, atLeast: 40 },
  { ways: 2, batch: 8, atLeast: 40 },
  { ways: 1, batch: 8, atLeast: 40 },
  { ways: 2, batch: 4, atLeast: 64 },
  { ways: 1, batch: 4, atLeast: 48 },
];

/**
 * Successive halving (Jamieson and Talwalkar 2016) that fits the time: all ways for s steps, the better half up to 2 s,
 * the best up to 4 s. Together that is 8 s with four ways, 6 s with two, 4 s with one. Where time is short, batches become
 * smaller and ways fewer: one that is trained long enough beats four that hardly began.
 * @param textMs what one text of a step takes here, measured
 * @param budgetMs for all trials
 */
export function planTrials(input: {
  readonly width: number;
  readonly examples: number;
  readonly textMs: number;
  readonly budgetMs: number;
  /** Trainings as long as the longest trial that must follow within the same time. */
  readonly fitsAfter?: number;
}): TrialPlan {
  const { fitsAfter = 0 } = input;
  const space = trialSpace(input.width);
  const affordable = (batchSize: number) => Math.floor(input.budgetMs / Math.max(1, input.textMs * (batchSize + 1)));
  const plans = shapes.map(({ batch, ...shape }) => ({ ...shape, size: Math.min(batch, input.examples) }));
  const fitting = plans.find(({ atLeast, size, ways }) => affordable(size) >= totalSteps(ways, atLeast, fitsAfter));
  const { size, ways } = fitting ?? { ways: 1, size: Math.min(4, input.examples) };
  const wanted = Math.min(mostSteps, Math.ceil((mostEpochs * input.examples) / size));
  const full = Math.max(1, Math.min(wanted, Math.floor(affordable(size) / totalSteps(ways, 1, fitsAfter))));
  const rungs = ways === 1 ? [full / 2, full] : [full / 4, full / 2, full];
  const whole = rungs.map((steps) => Math.max(1, Math.floor(steps)));
  return { settings: space.slice(0, ways), rungs: [...new Set(whole)], batchSize: size };
}

/** Steps of all trials and what follows them together when the longest takes `full`. */
function totalSteps(ways: number, full: number, fitsAfter: number): number {
  return (fitsAfter + (ways === 4 ? 2 : ways === 2 ? 1.5 : 1)) * full;
}

/** What a trial's rung was worth on the validation examples. */
export interface RungResult {
  readonly score: number;
  readonly loss: number;
  /** How much more it forgot than it may, as a share of bits per byte; 0 when it keeps to that. */
  readonly excess: number;
}

/** What two points too much that are forgotten cost in points of the score: one. */
const excessCost = 0.5;

/** The higher score, less what is forgotten beyond what may be; then the lower loss. */
export function isBetter(a: RungResult, b: RungResult): boolean {
  const [one, other] = [worth(a), worth(b)];
  return one > other || (one === other && a.loss < b.loss);
}

function worth({ excess, score }: RungResult): number {
  return score - excessCost * excess;
}

/**
 * What is trained to its end: the best of those that were trained longest, whose learning rate has come down. An earlier
 * moment must be better by more than its luck on the few examples that choose, so far as that luck is known.
 */
export function chosenOf<T extends TimedResult>([first, ...rest]: readonly [T, ...T[]]): T {
  const longest = rest.reduce((most, { steps }) => Math.max(most, steps), first.steps);
  const best = (of: readonly T[]) => of.reduce((one, other) => (isBetter(other, one) ? other : one));
  const whole = best([first, ...rest].filter(({ steps }) => steps === longest));
  const any = best([first, ...rest]);
  // What is forgotten is measured on enough text.
  if (any.noise === undefined || whole.noise === undefined || any.excess < whole.excess) return any;
  return worth(any) - worth(whole) > surely * Math.hypot(any.noise, whole.noise) ? any : whole;
}

/** Standard errors of a difference that luck seldom reaches. */
const surely = 2;

export interface TimedResult extends RungResult {
  readonly steps: number;
  /** Standard error of the score. */
  readonly noise?: number | undefined;
}

/** Which trials go on: the better half, at least one. */
export function survivors<T extends RungResult>(results: readonly T[]): T[] {
  const ranked = [...results].sort((a, b) => (isBetter(a, b) ? -1 : isBetter(b, a) ? 1 : 0));
  return ranked.slice(0, Math.max(1, Math.floor(ranked.length / 2)));
}
