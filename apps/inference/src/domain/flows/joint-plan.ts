import type { Requirements } from "../tasks/requirements.ts";
import type { FlowPreference } from "./document.ts";

/** What a flow, or a way of a step, was measured to be. Latency: the 95th of 100 runs, in ms; cost: of one run, in µ$. */
export interface FlowFigures {
  readonly quality: number;
  readonly latencyMs: number;
  readonly costMicroUsd: number;
}

/** A way of a step: the whole flow's quality with it and the first ways of the others, the step's own latency and cost. */
export interface WayFigures extends FlowFigures {
  readonly name: string;
}

export interface PlannedStep {
  readonly step: string;
  readonly needs: readonly string[];
  /** The first is what is taken where nothing is planned; a step that has no choice has one. */
  readonly ways: readonly WayFigures[];
}

export interface JointProblem {
  readonly steps: readonly PlannedStep[];
  readonly require: Requirements;
  readonly prefer: FlowPreference;
}

export type Choices = Readonly<Record<string, number>>;

export interface JointPlan {
  readonly choices: Choices;
  readonly predicted: FlowFigures;
  /** How much each requirement is missed by, as a share of it; none is missed: empty. */
  readonly misses: Readonly<Partial<Record<keyof FlowFigures, number>>>;
}

/** More combinations than these are not looked at one by one. */
const mostCombinations = 50_000;

/**
 * What ways of steps come to together. Quality: each way changes the flow's by the factor that it was measured with beside
 * the first ways, as if steps failed independently. Latency: the longest path of steps that wait for each other, which no
 * run of independent steps exceeds more often than its slowest step. Cost: the sum.
 */
export function predict(steps: readonly PlannedStep[], choices: Choices): FlowFigures {
  const chosen = new Map(steps.map((one) => [one.step, one.ways[choices[one.step] ?? 0]]));
  const base = steps.flatMap(({ ways }) => ways[0]?.quality ?? [])[0] ?? 0;
  let quality = base;
  let costMicroUsd = 0;
  for (const { step, ways } of steps) {
    const way = chosen.get(step);
    const first = ways[0];
    if (way === undefined || first === undefined) continue;
    quality = base === 0 ? Math.max(quality, way.quality) : quality * (way.quality / first.quality);
    costMicroUsd += way.costMicroUsd;
  }
  const ends = new Map<string, number>();
  const needsOf = new Map(steps.map(({ needs, step }) => [step, needs]));
  const end = (step: string): number => {
    const known = ends.get(step);
    if (known !== undefined) return known;
    const before = Math.max(0, ...(needsOf.get(step) ?? []).map(end));
    const at = before + (chosen.get(step)?.latencyMs ?? 0);
    ends.set(step, at);
    return at;
  };
  return { quality: Math.min(1, quality), latencyMs: Math.max(0, ...steps.map(({ step }) => end(step))), costMicroUsd };
}

/** By how much figures miss what is required, as shares of it. */
export function missesOf(
  { costMicroUsd, latencyMs, quality }: FlowFigures,
  { costPer1kUsd, latencyP95Ms, quality: floor }: Requirements,
): JointPlan["misses"] {
  // 1,000 runs of 1 µ$ are 0.001 $.
  const perThousand = costMicroUsd / 1000;
  return {
    ...(floor !== undefined && quality < floor && { quality: (floor - quality) / floor }),
    ...(latencyP95Ms !== undefined && latencyMs > latencyP95Ms && { latencyMs: latencyMs / latencyP95Ms - 1 }),
    ...(costPer1kUsd !== undefined &&
      perThousand > costPer1kUsd && { costMicroUsd: costPer1kUsd === 0 ? 1 : perThousand / costPer1kUsd - 1 }),
  };
}

function missed(misses: JointPlan["misses"]): number {
  return Object.values(misses).reduce((sum, one) => sum + one, 0);
}

/**
 * What was measured: a requirement holds when the figure at its bound holds it, as for tasks; what is preferred goes by the
 * figures themselves.
 */
export interface Judged {
  readonly figures: FlowFigures;
  /** Each figure at the bad end of its one-sided interval. */
  readonly worst: FlowFigures;
}

/** Which of two is to be preferred: below 0 the first. What misses least goes before what is preferred. */
export function compareJudged(
  { figures: a, worst: worstOfA }: Judged,
  { figures: b, worst: worstOfB }: Judged,
  require: Requirements,
  prefer: FlowPreference,
): number {
  const missing = missed(missesOf(worstOfA, require)) - missed(missesOf(worstOfB, require));
  if (Math.abs(missing) > 1e-9) return missing;
  const by = {
    quality: b.quality - a.quality,
    latency: a.latencyMs - b.latencyMs,
    cost: a.costMicroUsd - b.costMicroUsd,
  };
  return by[prefer] || by.quality || by.cost || by.latency;
}

/** The same of what was predicted, which has no bounds. */
export function compareFigures(a: FlowFigures, b: FlowFigures, require: Requirements, prefer: FlowPreference): number {
  return compareJudged({ figures: a, worst: a }, { figures: b, worst: b }, require, prefer);
}

/**
 * Combinations of ways, the best first: those that hold every requirement, by what is preferred, then those that miss least.
 * Every one is looked at, but for ways that another of their step beats in everything; where that is still too many, the
 * neighbours of the best found so far.
 */
export function planJointly({ prefer, require, steps }: JointProblem, limit = 50): JointPlan[] {
  const useful = steps.map((one) => ({ step: one.step, ways: frontier(one.ways) }));
  const count = useful.reduce((product, { ways }) => product * ways.length, 1);
  const all = count <= mostCombinations ? product(useful) : climbed(steps, useful, require, prefer);
  return all
    .map((choices) => {
      const predicted = predict(steps, choices);
      return { choices, predicted, misses: missesOf(predicted, require) };
    })
    .sort((a, b) => compareFigures(a.predicted, b.predicted, require, prefer))
    .slice(0, limit);
}

/** Ways that no other of the step beats in everything; of equals, the first. */
function frontier(ways: readonly WayFigures[]): number[] {
  const beats = (a: WayFigures, b: WayFigures) =>
    a.quality >= b.quality && a.latencyMs <= b.latencyMs && a.costMicroUsd <= b.costMicroUsd;
  const all = [...ways.keys()];
  return all.filter((i) => {
    const one = ways[i];
    if (one === undefined) return false;
    return !ways.some((other, j) => j !== i && beats(other, one) && (!beats(one, other) || j < i));
  });
}

type Useful = readonly { readonly step: string; readonly ways: readonly number[] }[];

function product(useful: Useful): Choices[] {
  return useful.reduce<Choices[]>(
    (all, { step, ways }) => all.flatMap((choices) => ways.map((way) => ({ ...choices, [step]: way }))),
    [{}],
  );
}

/** One step at a time is changed for the better, from the first ways on, until nothing gets better. */
function climbed(
  steps: readonly PlannedStep[],
  useful: Useful,
  require: Requirements,
  prefer: FlowPreference,
): Choices[] {
  const seen: Choices[] = [];
  let best: Choices = {};
  for (let better = true; better; ) {
    better = false;
    for (const { step, ways } of useful) {
      for (const way of ways) {
        const choices = { ...best, [step]: way };
        seen.push(choices);
        if (compareFigures(predict(steps, choices), predict(steps, best), require, prefer) >= 0) continue;
        best = choices;
        better = true;
      }
    }
  }
  return [best, ...seen];
}

/** What a step has of the whole's quality, time and money, and what it holds back. */
export interface Allotment {
  readonly step: string;
  readonly way: string;
  readonly latencyMs: number;
  readonly costMicroUsd: number;
  /** How the flow's quality would change by this step's best way. */
  readonly qualityLeft: number;
}

export interface Binding {
  /** The requirement that has the least room, and how much, as a share of it; below 0 it is missed. */
  readonly requirement: keyof FlowFigures;
  readonly room: number;
  /** The step that decides of it: with its best way for that requirement there would be the most room. */
  readonly step: string;
  /** The requirement's figure with that way. */
  readonly could: number;
  readonly way: string;
}

export function allotments(steps: readonly PlannedStep[], choices: Choices): Allotment[] {
  const now = predict(steps, choices);
  return steps.map(({ step, ways }) => {
    const way = ways[choices[step] ?? 0];
    const qualities = ways.map((_, i) => predict(steps, { ...choices, [step]: i }).quality);
    return {
      step,
      way: way?.name ?? "",
      latencyMs: way?.latencyMs ?? 0,
      costMicroUsd: way?.costMicroUsd ?? 0,
      qualityLeft: Math.max(0, ...qualities) - now.quality,
    };
  });
}

/**
 * The requirement with the least room and the step that decides of it. Where no other way would give more room, it is the
 * step that has the most of what is scarce.
 */
export function bindingOf(
  { require, steps }: JointProblem,
  choices: Choices,
  measured: FlowFigures,
): Binding | undefined {
  const { costPer1kUsd, latencyP95Ms, quality } = require;
  const rooms: { requirement: keyof FlowFigures; room: number }[] = [];
  if (quality !== undefined)
    rooms.push({ requirement: "quality", room: measured.quality / Math.max(quality, 1e-9) - 1 });
  if (latencyP95Ms !== undefined) rooms.push({ requirement: "latencyMs", room: 1 - measured.latencyMs / latencyP95Ms });
  if (costPer1kUsd !== undefined) {
    const share =
      costPer1kUsd === 0 ? (measured.costMicroUsd > 0 ? 2 : 0) : measured.costMicroUsd / 1000 / costPer1kUsd;
    rooms.push({ requirement: "costMicroUsd", room: 1 - share });
  }
  const [least] = rooms.sort((a, b) => a.room - b.room);
  if (least === undefined) return undefined;
  const { requirement } = least;
  const sign = requirement === "quality" ? -1 : 1;
  const now = predict(steps, choices)[requirement];
  const others = steps.flatMap(({ step, ways }) =>
    ways.map((way, i) => {
      const could = predict(steps, { ...choices, [step]: i })[requirement];
      const own = ways[choices[step] ?? 0];
      return { step, way: way.name, could, gain: sign * (now - could), own: own === undefined ? 0 : own[requirement] };
    }),
  );
  const [first] = others.sort((a, b) => b.gain - a.gain || (sign === 1 ? b.own - a.own : 0));
  if (first === undefined) return undefined;
  return { ...least, step: first.step, could: first.could, way: first.way };
}
