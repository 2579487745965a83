import type { PlannerRecordInfo } from "@tugboat/db";
import { type ModelFacts, type Prediction, predict, type TaskFacts } from "./cost-model.ts";
import { type Field, usualGuess, type Way } from "./expect.ts";
import type { Goal } from "./figures.ts";
import { standingOf } from "./history.ts";
import { type PromptStep, type Step, stepKey, stepName } from "./plan.ts";

export interface Candidate {
  readonly key: string;
  readonly name: string;
  readonly step: Step;
  readonly predicted: Prediction;
}

/** What is not measured, and why. */
export interface NotTried {
  readonly name: string;
  readonly why: string;
}

export interface Space {
  readonly candidates: readonly Candidate[];
  readonly notTried: readonly NotTried[];
}

export interface SpaceInput {
  readonly models: readonly ModelFacts[];
  readonly task: TaskFacts;
  readonly goal: Goal;
  readonly records: readonly PlannerRecordInfo[];
  readonly basis: { readonly words: string; readonly learnt: string };
  /** The models whose embeddings find what is near. */
  readonly embedders: readonly string[];
  /** Other words for the instruction, to be measured beside the person's. */
  readonly wordings?: readonly string[];
  /** Keys of what was measured on this task before. */
  readonly kept?: ReadonlySet<string>;
}

const mostShots = 8;

/** Every way to do a task in one step that is worth a thought, cheapest thoughts first, with what is ruled out and why. */
export function candidateSpace(input: SpaceInput): Space {
  const { basis, embedders, goal, models, records, task, wordings = [] } = input;
  const candidates: Candidate[] = [];
  const notTried: NotTried[] = [];
  const field: Field = { usual: usualOf(input), own: [] };
  for (const model of models) {
    const whole = ruledOut(model, task, goal, records);
    if (whole !== undefined) {
      notTried.push({ name: model.name, why: whole });
      continue;
    }
    for (const step of stepsFor(model, task, embedders, wordings)) {
      const predicted = predict({ step, model }, task, records, field);
      const name = stepName(step);
      const why = cannot(model, predicted, goal);
      if (why === undefined) candidates.push({ key: stepKey(step, basis), name, step, predicted });
      else notTried.push({ name, why });
    }
  }
  return byHistory(candidates, notTried, input);
}

/** What is guessed of the ways of a task on the whole, those that are ruled out included. */
export function usualOf({
  embedders,
  models,
  task,
  wordings,
}: Pick<SpaceInput, "embedders" | "models" | "task" | "wordings">) {
  const ways = models.flatMap((model) =>
    stepsFor(model, task, embedders, wordings).map((step): Way => ({ step, model })),
  );
  return usualGuess(ways, task);
}

/** So often an answer is drawn where the best of several is given. */
const drawn = 5;

function stepsFor(
  model: ModelFacts,
  task: TaskFacts,
  embedders: readonly string[],
  wordings: readonly string[] = [],
): Step[] {
  const { labels } = task;
  const maxTokens = labels === undefined ? Math.max(16, Math.ceil(task.outputTokens * 2.5)) : longest(labels);
  const embedder = embedders.includes(model.name) ? model.name : (embedders[0] ?? null);
  const prompt = (more: Partial<PromptStep>): PromptStep => ({
    kind: "prompt",
    model: model.name,
    shots: 0,
    choose: "coverage",
    embedder: null,
    wording: "own",
    instruction: null,
    constrained: true,
    maxTokens,
    ...more,
  });
  const steps: Step[] = [];
  if (labels !== undefined && embedders.includes(model.name) && task.examples >= 4) {
    steps.push({ kind: "linear", model: model.name }, { kind: "nearest", model: model.name, neighbours: 1 });
    if (task.examples >= 20) steps.push({ kind: "nearest", model: model.name, neighbours: 5 });
  }
  if (model.tunedWith !== null) steps.push(prompt({ wording: "tuned", instruction: model.tunedWith }));
  steps.push(prompt({}));
  if (labels !== undefined) steps.push(prompt({ wording: "listed" }));
  for (const instruction of wordings) steps.push(prompt({ wording: "rewritten", instruction }));
  // A label's chance is known without drawing; longer answers differ each time, and what most say is more often right.
  if (labels === undefined) steps.push(prompt({ samples: drawn }));
  const most = Math.min(mostShots, task.examples);
  for (const shots of [2, 4, 8]) {
    if (shots > most) continue;
    steps.push(prompt({ shots }));
    if (embedder !== null && shots >= 4) steps.push(prompt({ shots, choose: "nearest", embedder }));
  }
  return steps;
}

function longest(labels: readonly string[]): number {
  return Math.max(...labels.map((label) => Math.ceil(label.length / 1.5) + 4));
}

/** Why a model can't take part at all. */
function ruledOut(
  model: ModelFacts,
  task: TaskFacts,
  { require }: Goal,
  records: readonly PlannerRecordInfo[],
): string | undefined {
  if (model.retired !== undefined) return model.retired;
  if (!model.fits) return "does not fit into this machine's memory";
  const ceiling = require.latencyP95Ms;
  const { decodeTps, kind, prefillTps } = model;
  const shortest = stepsFor(model, task, []).filter(({ kind }) => kind === "prompt");
  const least = Math.min(...shortest.map((step) => predict({ step, model }, task, records).ms));
  if (ceiling !== undefined && kind === "model" && decodeTps !== null && prefillTps !== null && least > ceiling * 1.5) {
    return `cannot meet the latency on this device: ${speed(decodeTps)} tok/s measured, about ${Math.round(least)} ms a request`;
  }
  return undefined;
}

function speed(tps: number): string {
  return tps < 10 ? tps.toFixed(1) : String(Math.round(tps));
}

/** Why one way of asking a model can't be right. */
function cannot(
  { contextLength, name }: ModelFacts,
  { inputTokens, microUsd, ms, outputTokens }: Prediction,
  { require }: Goal,
) {
  if (contextLength !== null && inputTokens + outputTokens > contextLength) {
    return `needs about ${inputTokens + outputTokens} tokens; ${name} has room for ${contextLength}`;
  }
  const { costPer1kUsd, latencyP95Ms } = require;
  if (latencyP95Ms !== undefined && ms > latencyP95Ms * 1.6) {
    return `predicted ${Math.round(ms)} ms, above the latency of ${Math.round(latencyP95Ms)} ms`;
  }
  if (costPer1kUsd !== undefined && microUsd / 1000 > costPer1kUsd * 1.3) {
    return `predicted $${(microUsd / 1000).toPrecision(2)} / 1k, above the cost of $${costPer1kUsd}`;
  }
  return undefined;
}

/** Below this nothing is known that would justify leaving somebody out. */
const enoughEvidence = 0.5;
/** So many take part whatever history says, and of those that it knows so large a share. */
const fewestCandidates = 4;
const startingShare = 0.6;

/**
 * Leaves out what was behind the other ways on earlier tasks. What nobody knows takes part, and so does what was measured on
 * this task before: that costs nothing.
 */
function byHistory(
  all: readonly Candidate[],
  before: readonly NotTried[],
  { goal, kept = new Set(), models, records, task }: SpaceInput,
): Space {
  const standings = all.map((candidate) => {
    const model = models.find(({ name }) => name === candidate.step.model);
    return { candidate, ...standingOf(candidate.step, model ?? { name: "" }, task, records) };
  });
  const known = standings.filter(({ candidate, evidence }) => evidence >= enoughEvidence && !kept.has(candidate.key));
  const starting = Math.max(fewestCandidates, Math.ceil(known.length * startingShare));
  const hope = (one: (typeof known)[number]) => one.advantage + one.spread / 2;
  const byHope = [...known].sort((a, b) => hope(b) - hope(a));
  // Where money or time is preferred, what is cheap and no worse than usual may win as well as what is best.
  const price = ({ candidate: { predicted } }: (typeof known)[number]) =>
    goal.prefer === "latency" ? predicted.ms : predicted.microUsd;
  const cheap =
    goal.prefer === "quality" ? [] : byHope.filter((one) => hope(one) >= 0).sort((a, b) => price(a) - price(b));
  const chosen = new Set([...cheap.slice(0, Math.floor(starting / 2)), ...byHope].slice(0, starting));
  for (const one of byHope) if (chosen.size < starting) chosen.add(one);
  const behind = new Map(known.filter((one) => !chosen.has(one)).map((one) => [one.candidate, one]));
  const notTried = [...before];
  for (const { advantage, candidate } of behind.values()) {
    const points = Math.round(Math.abs(advantage) * 100);
    notTried.push({
      name: candidate.name,
      why: `on earlier tasks ${points} points ${advantage < 0 ? "behind" : "ahead of"} the usual way, others more`,
    });
  }
  return { candidates: all.filter((one) => !behind.has(one)), notTried };
}
