/** A task's exhaustive search, and the planner's, over the same remembered answers. */
import { join } from "node:path";
import type { PlannerRecordInfo } from "@tugboat/db";
import { candidateSpace } from "../src/domain/planner/candidates.ts";
import { conclude } from "../src/domain/planner/conclude.ts";
import { type ModelFacts, modelError } from "../src/domain/planner/cost-model.ts";
import type { Measured } from "../src/domain/planner/figures.ts";
import { type Step, stepsOf } from "../src/domain/planner/plan.ts";
import type { Entry, PlanReport } from "../src/domain/planner/report.ts";
import type { TaskDocument } from "../src/domain/tasks/document.ts";
import { examplesOfRows, inputText, outputText } from "../src/domain/tasks/examples.ts";
import { labelsOf } from "../src/domain/tasks/fields.ts";
import { readRows } from "../src/domain/tasks/read-rows.ts";
import { scoreAnswer } from "../src/domain/tasks/score.ts";
import { poolOf } from "../src/tasks/artifact.ts";
import { basisOf, factsOf, splitTask } from "../src/tasks/examples-split.ts";
import { Planning } from "../src/tasks/planning.ts";
import { type AskModel, prepareStep, StepError } from "../src/tasks/run-step.ts";
import { Sights } from "../src/tasks/sights.ts";

export interface Setting {
  readonly document: TaskDocument;
  readonly split: ReturnType<typeof splitTask>;
  readonly facts: ReturnType<typeof factsOf>;
  readonly basis: ReturnType<typeof basisOf>;
  readonly models: readonly ModelFacts[];
  readonly ask: AskModel;
}

export async function settingOf(
  document: TaskDocument,
  folder: string,
  models: readonly ModelFacts[],
  ask: AskModel,
): Promise<Setting> {
  const examples = examplesOfRows(await readRows(join(folder, document.examples)), document);
  const split = splitTask(examples, document);
  return {
    document,
    split,
    facts: factsOf(examples, split, document),
    basis: basisOf(document, split),
    models,
    ask,
  };
}

/** Everything measured on every example that is not learnt from, thresholds' included: what the planner is held against. */
export async function exhaustive(setting: Setting, tell: (done: number, of: number) => void): Promise<PlanReport> {
  const { ask, basis, document, facts, models, split } = setting;
  const embedders = models.map(({ name }) => name);
  const free = { ...document, require: {} };
  const { candidates } = candidateSpace({ models, task: facts, goal: free, records: [], basis, embedders });
  const learnt = {
    examples: split.learnt.map(({ expected, input }) => ({ input: inputText(input), output: outputText(expected) })),
    vectors: new Map<string, readonly ArrayLike<number>[]>(),
  };
  const results = new Map<string, Map<string, Measured>>();
  const asked = [...split.heldOut, ...split.calibration];
  const sights = new Sights();
  let measurements = 0;
  for (const [place, { key, step }] of candidates.entries()) {
    tell(place, candidates.length);
    await embed(step, learnt, ask);
    const prepared = prepareStep(step, poolOf(step, learnt, labelsOf(document.output)), document);
    const mine = new Map<string, Measured>();
    for (const { digest, expected, input } of asked) {
      const answer = await prepared.run(input, ask).catch((error: unknown) => {
        if (error instanceof StepError) return undefined;
        throw error;
      });
      measurements++;
      // What does not fit into a model's context is no way to do the task.
      if (answer === undefined) break;
      const { confidence, costMicroUsd, latencyMs, output, sight } = answer;
      if (sight !== undefined) sights.put(digest, sight);
      const score = scoreAnswer(document.measure, output, expected);
      mine.set(digest, { score, latencyMs, costMicroUsd, confidence });
    }
    if (mine.size > 0) results.set(key, mine);
  }
  const heldOut = split.heldOut.map(({ digest }) => digest);
  const calibration = split.calibration.map(({ digest }) => digest);
  return conclude({
    document,
    candidates,
    notTried: [],
    out: new Map(),
    results,
    sights: sights.all,
    heldOut,
    calibration,
    records: [],
    facts: {
      version: 1,
      examples: document.examples,
      learnt: split.learnt.length,
      measurements,
      reused: 0,
      exhaustive: measurements,
      spentMs: 0,
      cutShort: false,
      device: "",
      models: embedders,
    },
  });
}

async function embed(
  step: Step,
  { examples, vectors }: { examples: readonly { input: string }[]; vectors: Map<string, readonly ArrayLike<number>[]> },
  ask: AskModel,
): Promise<void> {
  const model =
    step.kind === "prompt" ? (step.shots > 0 && step.choose === "nearest" ? step.embedder : null) : step.model;
  if (model === null || vectors.has(model)) return;
  const answer = await ask({ endpoint: "/v1/embeddings", body: { model, input: examples.map(({ input }) => input) } });
  if (!answer.ok) throw new Error(answer.message);
  vectors.set(model, answer.vectors);
}

export interface Planned {
  readonly report: PlanReport;
  /** What the planner learnt of it. */
  readonly records: readonly PlannerRecordInfo[];
  readonly error: ReturnType<typeof modelError>;
}

/** The planner on the same answers, with what earlier tasks taught it. */
export async function plan(setting: Setting, records: readonly PlannerRecordInfo[]): Promise<Planned> {
  const planning = new Planning({
    ...setting,
    records,
    kept: [],
    served: undefined,
    budgetMs: Number.MAX_SAFE_INTEGER,
    spentMs: () => 0,
    asked: 0,
    score: async (answer, { expected }) => scoreAnswer(setting.document.measure, answer.output, expected),
    keep: async () => {},
    signal: new AbortController().signal,
  });
  const found = await planning.run();
  const report = planning.report(found, { version: 1, examples: setting.document.examples, device: "" });
  const learnt = planning.learnt(setting.document.task, report);
  return { report, records: learnt, error: modelError(learnt) };
}

/** The plan's figures as the exhaustive search has them. */
export function entryOf(report: PlanReport, wanted: Entry): Entry | undefined {
  const steps = (one: Entry) => JSON.stringify(stepsOf(one.spec));
  return report.entries.find((one) => steps(one) === steps(wanted));
}
