import { bootstrap, pairedBootstrap } from "./bootstrap.ts";
import { bradleyTerry } from "./bradley-terry.ts";
import { cusumAlarm, cusumStart, cusumStep, cusumThreshold } from "./cusum.ts";
import { normalCdf } from "./distributions.ts";
import type { Interval } from "./interval.ts";
import { cohenKappa } from "./kappa.ts";
import { mcnemar, pairedShares } from "./mcnemar.ts";
import { predictionPoweredMean } from "./prediction-powered.ts";
import { normalRandom, seededRandom } from "./random.ts";
import { logEvidenceOfWins, sequentialP } from "./sequential.ts";
import { signFlip } from "./sign-flip.ts";
import { wilson } from "./wilson.ts";

type Random = () => number;

/** A method that gives an interval, and data with a known truth to try it on. */
interface Trial {
  readonly name: string;
  readonly data: string;
  run(n: number, random: Random, seed: number): { readonly interval: Interval; readonly truth: number };
}

const times = <T>(n: number, make: (index: number) => T): T[] => Array.from({ length: n }, (_, i) => make(i));
/** A score in [0, 1] that follows a hidden quality. */
const graded = (quality: number) => normalCdf(quality);

/** The mean of Φ(a + b·Z) for a standard normal Z is Φ(a / √(1 + b²)). */
const gradedMean = (shift: number, spread: number) => normalCdf(shift / Math.sqrt(1 + spread * spread));

export const intervalTrials: readonly Trial[] = [
  {
    name: "mean score, bootstrap",
    data: "graded scores, skewed",
    run(n, random, seed) {
      const values = times(n, () => graded(0.6 + normalRandom(random)));
      return { interval: bootstrap(values, 1000, seed), truth: gradedMean(0.6, 1) };
    },
  },
  {
    name: "difference, paired bootstrap",
    data: "graded scores of two candidates on the same examples",
    run(n, random, seed) {
      const pairs = times(n, () => {
        const ease = normalRandom(random) * 0.8;
        return [graded(0.5 + ease + normalRandom(random) * 0.6), graded(0.2 + ease + normalRandom(random) * 0.6)];
      });
      const side = (which: number) => pairs.map((pair) => pair[which] ?? 0);
      return {
        interval: pairedBootstrap(side(0), side(1), 1000, seed),
        truth: gradedMean(0.5, 1) - gradedMean(0.2, 1),
      };
    },
  },
  {
    name: "share of right answers, Wilson",
    data: "right or wrong, the truth anywhere from 0.1 to 0.9",
    run(n, random) {
      const truth = 0.1 + 0.8 * random();
      return { interval: wilson(times(n, () => random()).filter((one) => one < truth).length, n), truth };
    },
  },
  {
    name: "difference of shares, pairs",
    data: "right or wrong on the same examples; either alone right 5 to 30 % of the time",
    run(n, random) {
      const a = 0.05 + 0.25 * random();
      const b = 0.05 + 0.25 * random();
      const draws = times(n, () => random());
      const aOnly = draws.filter((one) => one < a).length;
      const bOnly = draws.filter((one) => one >= a && one < a + b).length;
      return { interval: pairedShares(aOnly, bOnly, n), truth: a - b };
    },
  },
  {
    name: "corrected judge, prediction-powered",
    data: "n reviewed, 1,000 judged; the judge is biased and agrees loosely",
    run(n, random) {
      const draw = () => {
        const quality = normalRandom(random);
        return { person: graded(0.3 + quality), judge: graded(0.9 + 0.8 * quality + 0.5 * normalRandom(random)) };
      };
      const judged = times(1000, () => draw().judge);
      return { interval: predictionPoweredMean(times(n, draw), judged), truth: gradedMean(0.3, 1) };
    },
  },
  {
    name: "agreement, Cohen's kappa",
    data: "two raters, three categories, true kappa 0.6",
    run(n, random) {
      const pairs = times(n, (): [number, number] => {
        const first = Math.floor(random() * 3);
        return [first, random() < 0.6 ? first : Math.floor(random() * 3)];
      });
      return { interval: cohenKappa(pairs, 3), truth: 0.6 };
    },
  },
  {
    name: "ranking, Bradley-Terry",
    data: "three candidates, n pairs each two; the strongest's strength",
    run(n, random) {
      const strengths = [0.4, 0, -0.4];
      const matches = [
        [0, 1],
        [0, 2],
        [1, 2],
      ].flatMap(([a = 0, b = 0]) =>
        times(n, () => {
          const chance = 1 / (1 + Math.exp((strengths[b] ?? 0) - (strengths[a] ?? 0)));
          return random() < chance ? { winner: a, loser: b, wins: 1 } : { winner: b, loser: a, wins: 1 };
        }),
      );
      const [first] = bradleyTerry(3, matches);
      return { interval: first?.strength ?? { score: 0, low: 0, high: 0 }, truth: 0.4 };
    },
  },
];

/** How often an interval holds the truth, over `sets` simulated data sets of `n`. */
export function coverage(trial: Trial, n: number, sets: number, seed = 1): number {
  const random = seededRandom(seed * 7919 + n);
  let held = 0;
  for (let set = 0; set < sets; set++) {
    const { interval, truth } = trial.run(n, random, set + 1);
    if (interval.low <= truth && truth <= interval.high) held++;
  }
  return held / sets;
}

/** A test, and data on which nothing is different. */
interface NullTrial {
  readonly name: string;
  /** The p-values can only be some values, so that they are larger than uniform ones and never smaller. */
  readonly discrete: boolean;
  run(n: number, random: Random, seed: number): number;
}

export const nullTrials: readonly NullTrial[] = [
  {
    name: "sign flips, graded scores",
    discrete: false,
    run: (n, random, seed) => {
      const side = () => times(n, () => graded(normalRandom(random)));
      return signFlip(side(), side(), 999, seed);
    },
  },
  {
    name: "McNemar, exact",
    discrete: true,
    run: (n, random) => {
      const discordant = times(n, () => random()).filter((one) => one < 0.5).length;
      const aOnly = times(discordant, () => random()).filter((one) => one < 0.5).length;
      return mcnemar(aOnly, discordant - aOnly);
    },
  },
];

export interface NullResult {
  /** Shares of p-values up to 0.01, 0.05, 0.1 and 0.5. */
  readonly upTo: readonly { readonly level: number; readonly share: number }[];
  /** The largest gap to the uniform distribution, and the p of such a gap (Kolmogorov 1933). */
  readonly gap: number;
  readonly p: number;
}

export function underTheNull(trial: NullTrial, n: number, sets: number, seed = 1): NullResult {
  const random = seededRandom(seed * 104729 + n);
  const ps = times(sets, (set) => trial.run(n, random, set + 1)).sort((a, b) => a - b);
  const gap = Math.max(...ps.map((p, i) => Math.max(Math.abs((i + 1) / sets - p), Math.abs(i / sets - p))));
  const upTo = [0.01, 0.05, 0.1, 0.5].map((level) => ({ level, share: ps.filter((p) => p <= level).length / sets }));
  return { upTo, gap, p: kolmogorov(gap * Math.sqrt(sets)) };
}

function kolmogorov(x: number): number {
  let sum = 0;
  for (let k = 1; k <= 100; k++) sum += (k % 2 === 1 ? 2 : -2) * Math.exp(-2 * k * k * x * x);
  return Math.min(1, Math.max(0, sum));
}

/** How often each test alarms at 5 % when somebody looks after every example and nothing is different. */
export function peeking(n: number, sets: number, seed = 1) {
  const random = seededRandom(seed * 15485863 + n);
  const alarms = { bets: 0, wins: 0, naive: 0 };
  for (let set = 0; set < sets; set++) {
    const gaps = times(n, () => graded(normalRandom(random)) - graded(normalRandom(random)));
    if (sequentialP(gaps) <= 0.05) alarms.bets++;
    let wins = 0;
    let [seen, naive] = [false, false];
    for (let i = 1; i <= n; i++) {
      if (random() < 0.5) wins++;
      if (logEvidenceOfWins(wins, i - wins) >= Math.log(20)) seen = true;
      if (mcnemar(wins, i - wins) <= 0.05) naive = true;
    }
    if (seen) alarms.wins++;
    if (naive) alarms.naive++;
  }
  return { bets: alarms.bets / sets, wins: alarms.wins / sets, naive: alarms.naive / sets };
}

/** After how many examples the sequential test stops on average when one is better, and how often within `n`. */
export function stopping(difference: number, n: number, sets: number, seed = 1) {
  const random = seededRandom(seed * 32452843 + n);
  let [stopped, examples] = [0, 0];
  for (let set = 0; set < sets; set++) {
    let [wins, losses, at] = [0, 0, n];
    for (let i = 1; i <= n; i++) {
      const draw = random();
      if (draw < 0.15 + difference) wins++;
      else if (draw < 0.3 + difference) losses++;
      if (logEvidenceOfWins(wins, losses) >= Math.log(20)) {
        at = i;
        stopped++;
        break;
      }
    }
    examples += at;
  }
  return { stopped: stopped / sets, examples: examples / sets };
}

/** How many values pass until the drift alarm is false, on average, where once in `runLength` is promised. */
export function falseDriftAlarms(runLength: number, sets: number, seed = 1): number {
  const random = seededRandom(seed * 49979687);
  const settings = { mean: 0, deviation: 1, slack: 0.5, threshold: cusumThreshold(0.5, runLength) };
  let total = 0;
  for (let set = 0; set < sets; set++) {
    let state = cusumStart;
    while (cusumAlarm(state, settings) === undefined && total < 1e8) {
      state = cusumStep(state, normalRandom(random), settings);
      total++;
    }
  }
  return total / sets;
}
