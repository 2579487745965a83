import type { PlannerRecordInfo } from "@tugboat/db";
import type { TaskDocument } from "../tasks/document.ts";
import { latencyText, usdText } from "../tasks/requirements.ts";
import { adviceFor } from "./advice.ts";
import type { Candidate, NotTried } from "./candidates.ts";
import { cascadeOf } from "./cascade.ts";
import { modelError } from "./cost-model.ts";
import { compareFigures, type Figures, figuresOf, type Measured } from "./figures.ts";
import { stepName } from "./plan.ts";
import type { Results } from "./race.ts";
import type { Entry, PlanReport } from "./report.ts";

export interface Finished {
  readonly document: TaskDocument;
  readonly candidates: readonly Candidate[];
  readonly notTried: readonly NotTried[];
  readonly out: ReadonlyMap<string, { readonly why: string; readonly after: number }>;
  readonly results: Results;
  readonly heldOut: readonly string[];
  readonly calibration: readonly string[];
  readonly records: readonly PlannerRecordInfo[];
  readonly facts: Omit<
    PlanReport,
    | "task"
    | "measure"
    | "prefer"
    | "confidence"
    | "require"
    | "entries"
    | "notTried"
    | "met"
    | "sentence"
    | "advice"
    | "error"
    | "heldOut"
    | "calibration"
  >;
}

/** What a planning found: the plan, everything that lost, and why, in an order that a person can read. */
export function conclude(finished: Finished): PlanReport {
  const { calibration, document, facts, heldOut, records } = finished;
  const alone = singles(finished);
  const entries = [...alone, ...cascades(finished, alone)];
  // What was not measured on everything can win only where nothing else was.
  const complete = entries.filter((one) => one.complete);
  const order = (a: Entry, b: Entry) => compareFigures(a.figures, b.figures, document.prefer);
  const ranked = [...complete.sort(order), ...entries.filter((one) => !one.complete).sort(order)];
  const [chosen] = ranked;
  const met = chosen?.figures.meets ?? false;
  const lost = ranked.map(
    (one, i): Entry => ({ ...one, why: i === 0 ? null : whyLost(one, chosen!, document, finished) }),
  );
  return {
    ...facts,
    task: document.task,
    measure: document.measure,
    prefer: document.prefer,
    confidence: document.confidence,
    require: document.require,
    heldOut: heldOut.length,
    calibration: calibration.length,
    entries: lost,
    notTried: [...finished.notTried],
    met,
    sentence: sentenceOf(chosen, met, document),
    advice:
      chosen === undefined || met
        ? []
        : adviceFor(
            chosen.figures,
            entries.map((one) => one.figures),
            document,
          ),
    error: modelError(records),
  };
}

function singles({ candidates, document, heldOut, results }: Finished): Entry[] {
  return candidates.flatMap((candidate): Entry[] => {
    const measured = answers(results, candidate.key, heldOut);
    if (measured.length === 0) return [];
    const { microUsd, ms, score } = candidate.predicted;
    return [
      {
        key: candidate.key,
        name: candidate.name,
        spec: { kind: "single", step: candidate.step, cache: true },
        plan: null,
        figures: figuresOf(measured, document),
        branches: [{ name: candidate.name, role: "answers", share: 1 }],
        why: null,
        complete: measured.length === heldOut.length,
        predicted: { ms, score, costPer1kUsd: microUsd / 1000 },
        steps: [candidate.key],
      },
    ];
  });
}

/** Every pair whose answers are all there: a cheaper first, a better second. */
function cascades({ calibration, candidates, document, heldOut, results }: Finished, alone: readonly Entry[]): Entry[] {
  const full = candidates.flatMap((candidate) => {
    const [fit, held] = [answers(results, candidate.key, calibration), answers(results, candidate.key, heldOut)];
    if (fit.length < calibration.length || held.length < heldOut.length) return [];
    return [{ candidate, fit, held, figures: figuresOf(held, document) }];
  });
  const found: { entry: Entry; figures: Figures }[] = [];
  for (const first of full) {
    for (const second of full) {
      if (first === second || second.figures.score <= first.figures.score) continue;
      if (
        first.figures.latencyP50Ms >= second.figures.latencyP50Ms &&
        first.figures.costPer1kUsd >= second.figures.costPer1kUsd
      )
        continue;
      const made = cascadeOf(
        { calibration: first.fit, heldOut: first.held },
        { calibration: second.fit, heldOut: second.held },
        document,
      );
      if (made === undefined) continue;
      const { alone: share, figures, threshold } = made;
      if (alone.some((one) => one.complete && noWorse(one.figures, figures))) continue;
      const [a, b] = [first.candidate, second.candidate];
      found.push({
        figures,
        entry: {
          key: `${a.key}>${b.key}`,
          name: `cascade: ${stepName(a.step)} → ${stepName(b.step)}`,
          spec: { kind: "cascade", first: a.step, threshold, rest: b.step, cache: true },
          plan: null,
          figures,
          branches: [
            { name: a.name, role: `answers alone above confidence ${threshold.toFixed(2)}`, share },
            { name: b.name, role: "the rest", share: 1 - share },
          ],
          why: null,
          complete: true,
          predicted: null,
          steps: [a.key, b.key],
        },
      });
    }
  }
  found.sort((a, b) => compareFigures(a.figures, b.figures, document.prefer));
  return found.slice(0, 4).map(({ entry }) => entry);
}

/** One step that is as good, as fast and as cheap leaves no reason for two. */
function noWorse(a: Figures, b: Figures): boolean {
  return a.score >= b.score && a.latencyP95Ms <= b.latencyP95Ms && a.costPer1kUsd <= b.costPer1kUsd;
}

export function answers(results: Results, key: string, examples: readonly string[]): Measured[] {
  const mine = results.get(key);
  return examples.flatMap((example) => mine?.get(example) ?? []);
}

function whyLost(one: Entry, chosen: Entry, { measure, prefer }: TaskDocument, { out }: Finished): string {
  const { costPer1kUsd: cost, latencyP95Ms: latency, quality } = one.figures.requirements;
  const broken = [
    ...(quality && !quality.holds ? [measure] : []),
    ...(latency && !latency.holds ? ["latency"] : []),
    ...(cost && !cost.holds ? ["cost"] : []),
  ];
  const left = out.get(one.key);
  const early = left === undefined || one.complete ? "" : `, stopped after ${left.after} examples`;
  if (
    broken.length > 0 &&
    (one.complete || left?.why === "quality" || left?.why === "latency" || left?.why === "cost")
  ) {
    return `✗ ${broken.join(", ")}${early}`;
  }
  if (left !== undefined && !one.complete) return left.why;
  if (one.figures.meets && chosen.figures.meets) {
    if (prefer === "cost" && one.figures.costPer1kUsd > chosen.figures.costPer1kUsd)
      return `meets everything, costs $${usdText(one.figures.costPer1kUsd)} / 1k`;
    if (prefer !== "quality" || one.figures.score >= chosen.figures.score)
      return `meets everything, p95 ${latencyText(one.figures.latencyP95Ms)}`;
    return `meets everything, ${measure} ${one.figures.score.toFixed(2)}`;
  }
  return broken.length > 0 ? `✗ ${broken.join(", ")}${early}` : "not as good";
}

function sentenceOf(chosen: Entry | undefined, met: boolean, { measure, require, task }: TaskDocument): string {
  if (chosen === undefined) return `Nothing could be measured for ${task}.`;
  const { score, latencyP95Ms } = chosen.figures;
  const what = `${chosen.name}: ${measure} ${score.toFixed(2)}, p95 ${latencyText(latencyP95Ms)}, $${usdText(chosen.figures.costPer1kUsd)} / 1k`;
  const count = Object.values(require).filter((one) => one !== undefined).length;
  if (met)
    return count === 0
      ? `The best found: ${what}.`
      : `Meets ${["", "its requirement", "both requirements", "all three requirements"][count]}: ${what}.`;
  return `Cannot be met so far. The nearest: ${what}.`;
}
