import type { Json } from "@tugboat/db";
import { wilson } from "@tugboat/statistics";
import { callIsolated } from "../domain/evaluators/isolate.ts";
import { needsOf } from "../domain/flows/check.ts";
import type { FlowDocument } from "../domain/flows/document.ts";
import { type Choices, type Judged, type PlannedStep, predict } from "../domain/flows/joint-plan.ts";
import { meanBounds, normalQuantile, quantile, quantileBounds } from "../domain/planner/bounds.ts";
import { FlowFailure } from "./errors.ts";
import { asJson, MemoryJournal } from "./journal.ts";
import { type RunAction, runFlow } from "./run-flow.ts";

/** A question with what a right answer has. */
export interface Question {
  readonly input: Json;
  readonly expected: Json;
}

/** One question answered by one combination of ways. */
export interface Answered {
  readonly score: number;
  readonly latencyMs: number;
  readonly costMicroUsd: number;
  /** Of each outermost step, in ms and µ$. */
  readonly steps: Readonly<Record<string, { readonly ms: number; readonly costMicroUsd: number }>>;
  /** Why there was no answer, which counts as a wrong one; null where there was one. */
  readonly error: string | null;
}

export interface Measured extends Judged {
  readonly choices: Choices;
  /** Of the quality, 95 times in 100. */
  readonly low: number;
  readonly high: number;
  readonly answers: readonly Answered[];
}

/**
 * Answers every question by one combination of ways, one after the other, so that times are those of a run alone.
 * @throws the signal's reason
 */
export async function measureChoices(
  document: FlowDocument,
  choices: Choices,
  questions: readonly Question[],
  { onAnswer, run, signal }: { readonly run: RunAction; readonly signal: AbortSignal; readonly onAnswer: () => void },
): Promise<Measured> {
  const answers: Answered[] = [];
  for (const question of questions) {
    answers.push(await answer(document, choices, question, run, signal));
    onAnswer();
  }
  return measured(choices, answers);
}

/** With which a requirement holds, one-sided: what tasks hold theirs with unless they say. */
export const confidence = 0.8;

export function measured(choices: Choices, answers: readonly Answered[]): Measured {
  const n = Math.max(1, answers.length);
  const sum = answers.reduce((total, { score }) => total + score, 0);
  const { high, low } = wilson(Math.min(n, sum), n);
  const figures = {
    quality: sum / n,
    latencyMs: quantile(
      answers.map(({ latencyMs }) => latencyMs),
      0.95,
    ),
    costMicroUsd: answers.reduce((total, { costMicroUsd }) => total + costMicroUsd, 0) / n,
  };
  const z = normalQuantile(confidence);
  const of = (figure: (one: Answered) => number) => answers.map(figure);
  const worst = {
    quality: meanBounds(
      of(({ score }) => score),
      z,
    ).low,
    latencyMs: quantileBounds(
      of(({ latencyMs }) => latencyMs),
      0.95,
      z,
    ).high,
    costMicroUsd: dearest(
      of(({ costMicroUsd }) => costMicroUsd),
      z,
    ),
  };
  return { choices, figures, worst, low, high, answers };
}

/** The mean cost's upper bound, of the normal distribution. */
function dearest(costs: readonly number[], z: number): number {
  const n = Math.max(1, costs.length);
  const mean = costs.reduce((sum, one) => sum + one, 0) / n;
  const variance = costs.reduce((sum, one) => sum + (one - mean) ** 2, 0) / Math.max(1, n - 1);
  return mean + z * Math.sqrt(variance / n);
}

async function answer(
  document: FlowDocument,
  choices: Choices,
  { expected, input }: Question,
  run: RunAction,
  signal: AbortSignal,
): Promise<Answered> {
  const journal = new MemoryJournal();
  const begun = performance.now();
  let output: Json = null;
  let failure: string | null = null;
  try {
    const end = await runFlow({ document, choices, input, journal, run, signal });
    if (end.state === "waiting") {
      const hint = "Plan a flow without that step, or measure the parts around it.";
      throw new FlowFailure("refused", "A flow that waits for a person can't be measured.", hint);
    }
    output = end.output;
  } catch (error) {
    // An answer that did not come is a wrong one; what can't be measured at all is no answer.
    if (!(error instanceof FlowFailure) || error.code !== "step-failed") throw error;
    failure = error.message;
  }
  const latencyMs = performance.now() - begun;
  const score = failure !== null ? 0 : await scoreOf(document, output, expected);
  const steps: Record<string, { ms: number; costMicroUsd: number }> = {};
  let total = 0;
  for (const [path, { costMicroUsd = 0, durationMs }] of journal.ended) {
    const name = /^[a-z0-9_-]+/.exec(path)?.[0] ?? path;
    const known = steps[name] ?? { ms: 0, costMicroUsd: 0 };
    // A step of steps tells its own time, those within it only what they cost.
    steps[name] = { ms: path === name ? durationMs : known.ms, costMicroUsd: known.costMicroUsd + costMicroUsd };
    total += costMicroUsd;
  }
  return { score, latencyMs, costMicroUsd: total, steps, error: failure };
}

async function scoreOf({ measure }: FlowDocument, output: Json, expected: Json): Promise<number> {
  const limits = { milliseconds: 500, bytes: 32 * 2 ** 20 };
  const result = await callIsolated(measure?.score ?? "", "score", [output, asJson.parse(expected)], limits);
  const value = result.ok ? result.value : undefined;
  if (typeof value === "boolean") return value ? 1 : 0;
  if (typeof value === "number" && value >= 0 && value <= 1) return value;
  const why = result.ok ? `It gave ${JSON.stringify(value)?.slice(0, 60) ?? "nothing"}.` : result.reason;
  throw new FlowFailure(
    "bad-output",
    `measure.score gives no score: ${why}`,
    "It gives a number from 0 to 1, or a boolean.",
  );
}

/** Every step with what its ways were measured to be, of runs in which one step at a time took another way. */
export function plannedSteps(document: FlowDocument, runs: readonly Measured[]): PlannedStep[] {
  const siblings = new Set(Object.keys(document.steps));
  return Object.entries(document.steps).map(([step, { ways, ...rest }]) => {
    const names = ways.length === 0 ? [""] : ways.map(({ name }) => name);
    return {
      step,
      needs: needsOf({ ...rest, ways }, siblings),
      ways: names.map((name, i) => {
        const alone = runs.find(({ choices }) =>
          [...siblings].every((other) => (choices[other] ?? 0) === (other === step ? i : 0)),
        );
        const own = (alone?.answers ?? []).flatMap(({ steps }) => steps[step] ?? []);
        return {
          name,
          quality: alone?.figures.quality ?? 0,
          latencyMs: quantile(
            own.map(({ ms }) => ms),
            0.95,
          ),
          costMicroUsd: own.reduce((sum, one) => sum + one.costMicroUsd, 0) / Math.max(1, own.length),
        };
      }),
    };
  });
}

/** What is measured before anything is predicted: the first ways, and each other way beside them. */
export function firstMeasurements(document: FlowDocument): Choices[] {
  const others = Object.entries(document.steps).flatMap(([step, { ways }]) =>
    ways.slice(1).map((_, i): Choices => ({ [step]: i + 1 })),
  );
  return [{}, ...others];
}

/** The defaults that a person would set without measuring: the same place in the list of ways for every step. */
export function uniformChoices(document: FlowDocument): Choices[] {
  const most = Math.max(1, ...Object.values(document.steps).map(({ ways }) => ways.length));
  return Array.from({ length: most }, (_, place) =>
    Object.fromEntries(
      Object.entries(document.steps).flatMap(([step, { ways }]) =>
        ways.length > 1 ? [[step, Math.min(place, ways.length - 1)]] : [],
      ),
    ),
  );
}

export function choicesKey(document: FlowDocument, choices: Choices): string {
  return Object.keys(document.steps)
    .map((step) => choices[step] ?? 0)
    .join();
}

/** The prediction's error on what was measured afterwards, per figure. */
export function errorOf(steps: readonly PlannedStep[], { choices, figures }: Measured) {
  const predicted = predict(steps, choices);
  return {
    predicted,
    quality: predicted.quality - figures.quality,
    latencyRatio: predicted.latencyMs / Math.max(0.001, figures.latencyMs),
  };
}
