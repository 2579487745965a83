import type { PlannerRecordInfo } from "@tugboat/db";
import type { TaskDocument } from "../tasks/document.ts";
import { latencyText, usdText } from "../tasks/requirements.ts";
import { adviceFor } from "./advice.ts";
import type { Candidate, NotTried } from "./candidates.ts";
import { answers, cascades, routes } from "./compounds.ts";
import { modelError } from "./cost-model.ts";
import { compareFigures, figuresOf } from "./figures.ts";
import type { Results } from "./race.ts";
import type { Entry, PlanReport } from "./report.ts";
import type { Sight } from "./route.ts";

export interface Finished {
  readonly document: TaskDocument;
  readonly candidates: readonly Candidate[];
  readonly notTried: readonly NotTried[];
  readonly out: ReadonlyMap<string, { readonly why: string; readonly after: number }>;
  readonly results: Results;
  /** By embedding model and example: what a route's classifier reads. */
  readonly sights?: ReadonlyMap<string, ReadonlyMap<string, Sight>>;
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
  const pairs = cascades(finished, alone);
  const entries = [...alone, ...pairs, ...routes(finished, [...alone, ...pairs])];
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
