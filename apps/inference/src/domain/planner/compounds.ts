import type { TaskDocument } from "../tasks/document.ts";
import type { Candidate } from "./candidates.ts";
import { type Answers, cascadeOf } from "./cascade.ts";
import { compareFigures, type Figures, figuresOf, type Goal, type Measured } from "./figures.ts";
import { stepName } from "./plan.ts";
import type { Results } from "./race.ts";
import type { Entry } from "./report.ts";
import { enoughOf, fewestForThreshold, fewestOfEach, routed, routeOf, type Sight } from "./route.ts";

export interface Parts {
  readonly document: TaskDocument;
  readonly candidates: readonly Candidate[];
  readonly results: Results;
  readonly sights?: ReadonlyMap<string, ReadonlyMap<string, Sight>>;
  readonly heldOut: readonly string[];
  readonly calibration: readonly string[];
}

interface Whole extends Answers {
  readonly candidate: Candidate;
  readonly figures: Figures;
}

/** So many of the best cascades and routes are told of. */
const mostCascades = 4;
const mostRoutes = 2;
/** A classifier is fitted for so many pairs: those that would gain most if it knew everything. */
const mostFitted = 4;
/**
 * A route's second way must be nearly as good as the best alone: that two bad ones are right on different inputs is mostly
 * luck, and no classifier learns it.
 */
export const routeSlack = 0.05;

export function answers(results: Results, key: string, examples: readonly string[]): Measured[] {
  const mine = results.get(key);
  return examples.flatMap((example) => mine?.get(example) ?? []);
}

/** What answered every example that is not learnt from. */
function wholes({ calibration, candidates, document, heldOut, results }: Parts): Whole[] {
  return candidates.flatMap((candidate): Whole[] => {
    const [fit, held] = [answers(results, candidate.key, calibration), answers(results, candidate.key, heldOut)];
    if (fit.length < calibration.length || held.length < heldOut.length) return [];
    return [{ candidate, calibration: fit, heldOut: held, figures: figuresOf(held, document) }];
  });
}

/** Pairs of a faster or cheaper first with a second. */
function pairsOf(parts: Parts): { first: Whole; second: Whole }[] {
  const all = wholes(parts);
  return all.flatMap((first) =>
    all.flatMap((second) => {
      const [a, b] = [first.figures, second.figures];
      const isDearer = a.latencyP50Ms >= b.latencyP50Ms && a.costPer1kUsd >= b.costPer1kUsd;
      return first === second || isDearer ? [] : [{ first, second }];
    }),
  );
}

/** Every pair whose answers are all there: a cheaper first, a better second. */
export function cascades(parts: Parts, alone: readonly Entry[]): Entry[] {
  const { document } = parts;
  const found: Entry[] = [];
  for (const { first, second } of pairsOf(parts)) {
    if (second.figures.score <= first.figures.score) continue;
    const made = cascadeOf(first, second, document);
    if (made === undefined || isBeaten(made.figures, alone)) continue;
    const { alone: share, figures, threshold } = made;
    const [a, b] = [first.candidate, second.candidate];
    found.push({
      ...compound(`${a.key}>${b.key}`, [a, b], figures),
      name: `cascade: ${stepName(a.step)} → ${stepName(b.step)}`,
      spec: { kind: "cascade", first: a.step, threshold, rest: b.step, cache: true },
      branches: [
        { name: a.name, role: `answers alone above confidence ${threshold.toFixed(2)}`, share },
        { name: b.name, role: "the rest", share: 1 - share },
      ],
    });
  }
  return bestOf(found, document, mostCascades);
}

/** Pairs between which a classifier on the input's embedding chooses, where every input's embedding is there. */
export function routes(parts: Parts, others: readonly Entry[]): Entry[] {
  const { document } = parts;
  const known = sightsOf(parts);
  if (known === undefined) return [];
  const { embedder, sights } = known;
  const all = pairsOf(parts);
  const best = Math.max(...all.map(({ second }) => second.figures.score));
  const pairs = all
    .filter(({ second }) => second.figures.score >= best - routeSlack)
    .map((pair) => ({ ...pair, hope: routeHope(pair.first.heldOut, pair.second.heldOut, sights.heldOut, document) }))
    .filter(({ hope }) => !isBeaten(hope, others))
    .sort((a, b) => compareFigures(a.hope, b.hope, document.prefer));
  const found: Entry[] = [];
  for (const { first, second } of pairs.slice(0, mostFitted)) {
    const made = routeOf(first, second, sights, document);
    if (made === undefined || isBeaten(made.figures, others)) continue;
    const { figures, first: share, threshold } = made;
    const [a, b] = [first.candidate, second.candidate];
    found.push({
      ...compound(`${a.key}|${b.key}`, [a, b], figures),
      name: `route: ${stepName(a.step)} or ${stepName(b.step)}`,
      spec: { kind: "route", embedder, first: a.step, threshold, rest: b.step, cache: true },
      branches: [
        { name: a.name, role: `where it is enough with a chance of at least ${threshold.toFixed(2)}`, share },
        { name: b.name, role: "the rest", share: 1 - share },
      ],
    });
  }
  return bestOf(found, document, mostRoutes);
}

/** So much of a second step's cost, or so many points of quality, is worth embedding every example for. */
const worth = { cost: 0.8, score: 0.05 };

/** Whether a route between two ways could be clearly better than the best there is, if its classifier knew everything. */
export function worthRouting(parts: Parts): boolean {
  const { document } = parts;
  const [best] = wholes(parts)
    .map(({ figures }) => figures)
    .sort((a, b) => compareFigures(a, b, document.prefer));
  if (best === undefined || parts.calibration.length < fewestForThreshold) return false;
  return pairsOf(parts).some(({ first, second }) => {
    const enough = enoughOf([...first.calibration, ...first.heldOut], [...second.calibration, ...second.heldOut]);
    const yes = enough.filter(Boolean).length;
    if (Math.min(yes, enough.length - yes) < fewestOfEach) return false;
    const free = first.heldOut.map(() => ({ latencyMs: 0, costMicroUsd: 0 }));
    const hope = routeHope(first.heldOut, second.heldOut, free, document);
    const isBetter = hope.score >= best.score + worth.score || hope.costPer1kUsd <= best.costPer1kUsd * worth.cost;
    return isBetter && compareFigures(hope, best, document.prefer) < 0;
  });
}

/** Of the embedding models that have seen every example, the fastest. */
function sightsOf({ calibration, heldOut, sights = new Map<string, ReadonlyMap<string, Sight>>() }: Parts) {
  const whole = [...sights].flatMap(([embedder, mine]) => {
    const all = {
      calibration: calibration.flatMap((one) => mine.get(one) ?? []),
      heldOut: heldOut.flatMap((one) => mine.get(one) ?? []),
    };
    if (all.calibration.length < calibration.length || all.heldOut.length < heldOut.length) return [];
    const ms = all.heldOut.reduce((sum, { latencyMs }) => sum + latencyMs, 0);
    return [{ embedder, ms, sights: all }];
  });
  return whole.sort((a, b) => a.ms - b.ms)[0];
}

/** What a pair would be if the classifier were never wrong. */
export function routeHope(
  first: readonly Measured[],
  second: readonly Measured[],
  sights: readonly Pick<Sight, "latencyMs" | "costMicroUsd">[],
  goal: Goal,
): Figures {
  const chances = enoughOf(first, second).map(Number);
  return figuresOf(routed(first, second, sights, chances, 0.5), goal);
}

function compound(key: string, [first, second]: readonly [Candidate, Candidate], figures: Figures) {
  return { key, plan: null, figures, why: null, complete: true, predicted: null, steps: [first.key, second.key] };
}

function bestOf(found: readonly Entry[], { prefer }: TaskDocument, most: number): Entry[] {
  return [...found].sort((a, b) => compareFigures(a.figures, b.figures, prefer)).slice(0, most);
}

/** What is as good, as fast and as cheap and simpler leaves no reason for two steps. */
function isBeaten(figures: Figures, others: readonly Entry[]): boolean {
  return others.some((one) => one.complete && noWorse(one.figures, figures));
}

function noWorse(a: Figures, b: Figures): boolean {
  return a.score >= b.score && a.latencyP95Ms <= b.latencyP95Ms && a.costPer1kUsd <= b.costPer1kUsd;
}
