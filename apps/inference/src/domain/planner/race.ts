import { pairedBounds } from "./bounds.ts";
import type { Candidate } from "./candidates.ts";
import {
  compareByPreference,
  compareFigures,
  type Figures,
  figuresOf,
  type Goal,
  type Measured,
  shortfall,
} from "./figures.ts";

/** A candidate's answers by the examples' digests. */
export type Results = ReadonlyMap<string, ReadonlyMap<string, Measured>>;

export interface RaceInput {
  readonly candidates: readonly Pick<Candidate, "key" | "name" | "predicted">[];
  /** The held-out examples, in an order that says nothing of what is in them. */
  readonly order: readonly string[];
  readonly results: Results;
  readonly goal: Goal;
}

export interface Wanted {
  readonly candidate: string;
  readonly examples: readonly string[];
}

export interface Race {
  /** What is to be measured next; empty at the end. */
  readonly next: readonly Wanted[];
  /** Who is still in it. */
  readonly alive: readonly string[];
  /** Who left, after how many examples, and why. */
  readonly out: ReadonlyMap<string, { readonly why: string; readonly after: number }>;
}

/** Two-sided 95 %: who is out by it is clearly worse. */
const clearly = 1.96;
/** At a rung's end so large a share goes on: more while a lucky guess decides much. */
const kept = { early: 0.6, late: 0.4 };
const early = 6;
/** So many are measured on everything. */
const finalists = 2;

/** Fewer answers say next to nothing. */
const fewestAsked = 4;
/** Before so many answers nobody leaves because another seems to meet everything. */
const fewestSure = 12;

/** How many examples each round has been measured on at its end. */
export function rungsFor(examples: number): number[] {
  const rungs: number[] = [];
  for (let size = Math.max(fewestAsked, Math.ceil(examples / 12)); size < examples * 0.75; size = Math.ceil(size * 1.8))
    rungs.push(size);
  return [...rungs, examples];
}

/**
 * Successive halving (Jamieson and Talwalkar 2016) with pairs: all candidates answer the same few examples, those that
 * are clearly worse and the worse half leave, the rest answers more. It holds no state: what was measured before, by
 * this race or an earlier one, is found in `results` and not asked for again.
 */
export function raceOn({ candidates, goal, order, results }: RaceInput): Race {
  const out = new Map<string, { why: string; after: number }>();
  let alive = candidates.map(({ key }) => key);
  const names = new Map(candidates.map(({ key, name }) => [key, name]));
  const rungs = rungsFor(order.length);
  for (const [round, size] of rungs.entries()) {
    const asked = order.slice(0, size);
    const next = alive.flatMap((candidate): Wanted[] => {
      const examples = asked.filter((example) => results.get(candidate)?.has(example) !== true);
      return examples.length === 0 ? [] : [{ candidate, examples }];
    });
    if (next.length > 0) return { next, alive, out };
    if (round === rungs.length - 1) break;
    const standing = alive.map((key) => {
      const measured = asked.map((example) => results.get(key)!.get(example)!);
      return { key, measured, figures: figuresOf(measured, goal) };
    });
    standing.sort((a, b) => rank(a.figures, b.figures, goal));
    const gone = eliminate(standing, goal, names, round);
    for (const [key, why] of gone) out.set(key, { why, after: size });
    alive = standing.map(({ key }) => key).filter((key) => !gone.has(key));
  }
  return { next: [], alive, out };
}

interface Standing {
  readonly key: string;
  readonly measured: readonly Measured[];
  readonly figures: Figures;
}

/** With few examples bounds are wide for all: what was measured decides who goes on. */
function rank(a: Figures, b: Figures, { prefer }: Goal): number {
  const difference = shortfall(a, "value") - shortfall(b, "value");
  return Math.abs(difference) > 1e-9 ? difference : compareByPreference(a, b, prefer);
}

function eliminate(
  standing: readonly Standing[],
  goal: Goal,
  names: ReadonlyMap<string, string>,
  round: number,
): Map<string, string> {
  const gone = new Map<string, string>();
  const left = () => standing.length - gone.size;
  const champion = [...standing].sort((a, b) => compareFigures(a.figures, b.figures, goal.prefer))[0];
  for (const one of [...standing].reverse()) {
    if (left() <= finalists) break;
    const why = one === champion ? undefined : hopeless(one, standing, champion, goal, names);
    if (why !== undefined) gone.set(one.key, why);
  }
  const asked = standing[0]?.measured.length ?? 0;
  const goOn = Math.max(finalists, Math.ceil(standing.length * (asked < early ? kept.early : kept.late)));
  for (const one of [...standing].reverse()) {
    if (left() <= goOn) break;
    if (gone.has(one.key) || one === champion) continue;
    gone.set(one.key, `behind after ${one.measured.length} examples (round ${round + 1})`);
  }
  return gone;
}

/** Why a candidate can't become the plan, as far as pairs of answers say. */
function hopeless(
  one: Standing,
  all: readonly Standing[],
  champion: Standing | undefined,
  goal: Goal,
  names: ReadonlyMap<string, string>,
): string | undefined {
  const { costPer1kUsd, latencyP95Ms } = one.figures.requirements;
  if (goal.require.quality !== undefined && one.figures.high < goal.require.quality) return "quality";
  if (latencyP95Ms !== undefined && one.figures.latencyP50Ms > latencyP95Ms.wanted * 1.1) return "latency";
  if (costPer1kUsd !== undefined && costPer1kUsd.value > costPer1kUsd.wanted * 1.5) return "cost";
  if (champion?.figures.meets && goal.prefer !== "quality" && champion.measured.length >= fewestSure) {
    const dearer = compareByPreference(champion.figures, one.figures, goal.prefer) < 0;
    // Where nothing has a price, time decides instead.
    const costs = goal.prefer === "cost" && one.figures.costPer1kUsd - champion.figures.costPer1kUsd > 1e-9;
    if (dearer) return `${costs ? "costs more" : "is slower"} than ${names.get(champion.key)}, which meets everything`;
  }
  const scores = one.measured.map(({ score }) => score);
  for (const other of all) {
    if (other === one) continue;
    const worse =
      pairedBounds(
        scores,
        other.measured.map(({ score }) => score),
        clearly,
      ).high < 0;
    // What is worse but cheaper or faster may still be what is wanted.
    const noCheaper = other.figures.costPer1kUsd <= one.figures.costPer1kUsd * 1.05;
    const noSlower = other.figures.latencyP95Ms <= one.figures.latencyP95Ms * 1.1;
    const isAll =
      goal.prefer === "quality" && goal.require.latencyP95Ms === undefined && goal.require.costPer1kUsd === undefined;
    if (worse && (isAll || (noCheaper && noSlower))) return `clearly worse than ${names.get(other.key)}`;
  }
  return undefined;
}
