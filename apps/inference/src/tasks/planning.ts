import type { NewTaskMeasurement, PlannerRecordInfo, TaskMeasurementInfo } from "@tugboat/db";
import { type Candidate, candidateSpace, type NotTried, usualOf } from "../domain/planner/candidates.ts";
import { answers, worthRouting } from "../domain/planner/compounds.ts";
import { conclude, type Finished } from "../domain/planner/conclude.ts";
import { type ModelFacts, predict, type TaskFacts } from "../domain/planner/cost-model.ts";
import type { Field, OwnWay } from "../domain/planner/expect.ts";
import { figuresOf, type Measured } from "../domain/planner/figures.ts";
import { promisingPairs } from "../domain/planner/pairs.ts";
import { planSpec, type Step, stepKey, stepName, stepsOf } from "../domain/planner/plan.ts";
import { raceOn } from "../domain/planner/race.ts";
import type { Entry, PlanProgress, PlanReport } from "../domain/planner/report.ts";
import { enoughOf } from "../domain/planner/route.ts";
import { json } from "../domain/tasks/apply.ts";
import type { TaskDocument } from "../domain/tasks/document.ts";
import { inputText, outputText, type TaskExample } from "../domain/tasks/examples.ts";
import { labelsOf } from "../domain/tasks/fields.ts";
import { type Artifact, artifactOf, type Learnt, packed, poolOf } from "./artifact.ts";
import type { TaskSplit } from "./examples-split.ts";
import type { Score } from "./measure.ts";
import { recordsOf } from "./planner-records.ts";
import { type AskModel, embedded, type PreparedStep, prepareStep, StepError } from "./run-step.ts";
import { Sights } from "./sights.ts";

export interface PlanningInput {
  readonly document: TaskDocument;
  readonly split: TaskSplit;
  readonly facts: TaskFacts;
  readonly basis: { readonly words: string; readonly learnt: string };
  readonly models: readonly ModelFacts[];
  /** Other words for the instruction. */
  readonly wordings?: readonly string[];
  readonly records: readonly PlannerRecordInfo[];
  /** Answers of earlier plannings of this task, and of this one before it was stopped. */
  readonly kept: readonly TaskMeasurementInfo[];
  /** What serves now; it takes part whatever is predicted of it. */
  readonly served: unknown;
  readonly budgetMs: number;
  readonly spentMs: () => number;
  /** Requests that this planning made before it was stopped. */
  readonly asked: number;
  readonly ask: AskModel;
  readonly score: Score;
  readonly keep: (measured: readonly NewTaskMeasurement[]) => Promise<void>;
  readonly signal: AbortSignal;
}

/** What is found when the race is over. */
export interface Found {
  readonly out: Finished["out"];
  readonly notTried: readonly NotTried[];
  readonly cutShort: boolean;
}

/** So many failures in a row end a candidate. */
const mostFailures = 2;
/** A share of the time is for what may become a cascade. */
const raceShare = 0.8;

/** One search for a plan. It asks and keeps; what to ask next and who wins is decided by pure functions. */
export class Planning {
  readonly #in: PlanningInput;
  #candidates: readonly Candidate[];
  readonly #notTried: NotTried[];
  readonly #results = new Map<string, Map<string, Measured>>();
  readonly #examples: ReadonlyMap<string, TaskExample>;
  readonly #prepared = new Map<string, PreparedStep>();
  readonly #vectors = new Map<string, readonly ArrayLike<number>[]>();
  readonly #failed = new Map<string, { why: string; after: number }>();
  readonly #warm = new Set<string>();
  readonly #sights = new Sights();
  readonly #usual: number;
  readonly #reused: number;
  asked: number;
  onProgress: (told: PlanProgress) => Promise<void> = async () => {};

  constructor(input: PlanningInput) {
    this.#in = input;
    const { calibration, heldOut } = input.split;
    this.#examples = new Map([...heldOut, ...calibration].map((one) => [one.digest, one]));
    // Any model of this machine embeds.
    const embedders = input.models.filter(({ fits, kind }) => kind === "model" && fits).map(({ name }) => name);
    const { basis, document, facts, models, records, wordings = [] } = input;
    const kept = new Set(input.kept.map(({ candidate }) => candidate));
    const space = candidateSpace({ models, task: facts, goal: document, records, basis, embedders, wordings, kept });
    this.#usual = usualOf({ models, task: facts, embedders, wordings });
    this.#candidates = withServed(space.candidates, input, { usual: this.#usual, own: [] });
    const served = new Set(this.#candidates.map(({ name }) => name));
    this.#notTried = space.notTried.filter(({ name }) => !served.has(name));
    let reused = 0;
    const known = new Set(this.#candidates.map(({ key }) => key));
    for (const one of input.kept) {
      if (!known.has(one.candidate) || !this.#examples.has(one.example)) continue;
      this.#put(one.candidate, one.example, one);
      reused++;
    }
    this.asked = input.asked;
    this.#reused = Math.max(0, reused - input.asked);
  }

  async run(): Promise<Found> {
    const { budgetMs, spentMs, split } = this.#in;
    const order = split.heldOut.map(({ digest }) => digest);
    let out: Finished["out"] = new Map();
    for (;;) {
      const candidates = this.#candidates.filter(({ key }) => !this.#failed.has(key));
      const race = raceOn({ candidates, order, results: this.#results, goal: this.#in.document });
      out = new Map([...race.out, ...this.#failed]);
      if (race.next.length === 0) break;
      const [first] = race.next;
      if (first === undefined || spentMs() > budgetMs * raceShare)
        return { out, notTried: this.#notTried, cutShort: true };
      await this.#measure(first.candidate, first.examples, "asking candidates", race.out);
    }
    const cutShort = (await this.#pairs(out)) || (await this.#look());
    return { out, notTried: this.#notTried, cutShort };
  }

  /** Completes what a cascade is worked out of, where one may be better than the best alone. */
  async #pairs(out: Finished["out"]): Promise<boolean> {
    const { budgetMs, document, spentMs, split } = this.#in;
    const heldOut = split.heldOut.map(({ digest }) => digest);
    const calibration = split.calibration.map(({ digest }) => digest);
    const alive = this.#candidates.filter(({ key }) => !this.#failed.has(key));
    for (const key of promisingPairs({ candidates: alive, results: this.#results, heldOut, goal: document })) {
      for (const part of [heldOut, calibration]) {
        if (spentMs() > budgetMs) return true;
        const examples = part.filter((one) => this.#results.get(key)?.has(one) !== true);
        if (examples.length > 0) await this.#measure(key, examples, "setting a cascade's threshold", out);
      }
    }
    return false;
  }

  /** Has an embedding of every example made, where a classifier on them could choose well between two ways. */
  async #look(): Promise<boolean> {
    const { ask, budgetMs, document, models, signal, spentMs, split } = this.#in;
    const parts = {
      document,
      candidates: this.#candidates,
      results: this.#results,
      heldOut: split.heldOut.map(({ digest }) => digest),
      calibration: split.calibration.map(({ digest }) => digest),
    };
    const near = models.find(({ fits, kind }) => kind === "model" && fits);
    const found = worthRouting(parts) ? this.#sights.nearest(this.#measuredOn(), near?.name) : undefined;
    for (const digest of found?.missing ?? []) {
      signal.throwIfAborted();
      if (found === undefined || spentMs() > budgetMs) return true;
      const example = this.#examples.get(digest);
      if (example === undefined) continue;
      try {
        this.#sights.put(digest, await embedded("route", found.embedder, inputText(example.input), ask));
        this.asked++;
      } catch (error) {
        if (!(error instanceof StepError)) throw error;
        // Without every example's vector there is no route; what else was found stays.
        return false;
      }
    }
    return false;
  }

  #measuredOn(): string[] {
    return [...this.#in.split.calibration, ...this.#in.split.heldOut].map(({ digest }) => digest);
  }

  /** A candidate, with what is expected of it by all that is known before it answers for the first time. */
  #expected(key: string): Candidate {
    const candidate = this.#candidates.find((one) => one.key === key);
    if (candidate === undefined) throw new Error(`no candidate ${key}`);
    const { facts, models, records } = this.#in;
    const model = models.find(({ name }) => name === candidate.step.model);
    if (this.#results.has(key) || model === undefined) return candidate;
    const field = { usual: this.#usual, own: this.#own() };
    const known = { ...candidate, predicted: predict({ step: candidate.step, model }, facts, records, field) };
    this.#candidates = this.#candidates.map((one) => (one === candidate ? known : one));
    return known;
  }

  /** What this task's ways have shown so far. */
  #own(): OwnWay[] {
    const heldOut = this.#in.split.heldOut.map(({ digest }) => digest);
    return this.#candidates.flatMap(({ key, predicted: { guessedMs }, step }): OwnWay[] => {
      const measured = answers(this.#results, key, heldOut);
      const model = this.#in.models.find(({ name }) => name === step.model);
      if (measured.length === 0 || model === undefined) return [];
      const { latencyP50Ms: ms, n: examples, score } = figuresOf(measured, this.#in.document);
      return [{ step, model, score, ms, guessedMs, examples }];
    });
  }

  async #measure(key: string, examples: readonly string[], stage: string, out: Finished["out"]): Promise<void> {
    const candidate = this.#expected(key);
    const { budgetMs, spentMs } = this.#in;
    let failures = 0;
    for (const digest of examples) {
      this.#in.signal.throwIfAborted();
      if (spentMs() > budgetMs) return;
      await this.onProgress(this.#progress(`${stage}: ${candidate.name}`, out));
      const example = this.#examples.get(digest);
      if (example === undefined) continue;
      try {
        const step = await this.#ready(candidate);
        const answer = await step.run(example.input, this.#in.ask);
        const measured = {
          candidate: key,
          example: digest,
          score: await this.#in.score(answer, example),
          latencyMs: answer.latencyMs,
          costMicroUsd: answer.costMicroUsd,
          confidence: answer.confidence,
          inputTokens: answer.inputTokens,
          outputTokens: answer.outputTokens,
        };
        await this.#in.keep([{ ...measured, answer: json({ text: answer.text.slice(0, 2000) }) }]);
        this.#put(key, digest, measured);
        if (answer.sight !== undefined) this.#sights.put(digest, answer.sight);
        this.asked++;
        failures = 0;
      } catch (error) {
        if (!(error instanceof StepError)) throw error;
        failures++;
        if (failures < mostFailures && examples.length > 1) continue;
        this.#fail(candidate, `did not answer: ${error.message}`, error.status >= 500);
        return;
      }
    }
    // An example whose only answer failed would be asked for for ever.
    if (failures > 0)
      this.#failed.set(key, { why: "did not answer every example", after: this.#results.get(key)?.size ?? 0 });
  }

  /** Ends a candidate; one whose model can't be reached ends all that ask the same model, if none of them ever got an answer. */
  #fail({ key, step }: Candidate, why: string, unreachable: boolean): void {
    this.#failed.set(key, { why, after: this.#results.get(key)?.size ?? 0 });
    const same = this.#candidates.filter((one) => one.step.model === step.model);
    if (!unreachable || same.some((one) => this.#results.has(one.key))) return;
    for (const one of same) this.#failed.set(one.key, { why, after: 0 });
  }

  async #ready({ key, step }: Candidate): Promise<PreparedStep> {
    const known = this.#prepared.get(key);
    if (known !== undefined) return known;
    const { document, split } = this.#in;
    await this.#embed(step);
    const pool = poolOf(step, this.#learnt(), labelsOf(document.output));
    const prepared = prepareStep(step, pool, document);
    this.#prepared.set(key, prepared);
    // The first request loads the model and compiles: that is nobody's latency.
    const [first] = split.learnt.length > 0 ? split.learnt : split.heldOut;
    const way = `${step.model} ${step.kind === "prompt"}`;
    if (first !== undefined && !this.#warm.has(way)) {
      await prepared.run(first.input, this.#in.ask);
      this.#warm.add(way);
    }
    return prepared;
  }

  async #embed(step: Step): Promise<void> {
    const model =
      step.kind === "prompt" ? (step.choose === "nearest" && step.shots > 0 ? step.embedder : null) : step.model;
    if (model === null || this.#vectors.has(model)) return;
    const inputs = this.#in.split.learnt.map(({ input }) => inputText(input));
    const vectors: (readonly number[])[] = [];
    for (let at = 0; at < inputs.length; at += 32) {
      const answer = await this.#in.ask({
        endpoint: "/v1/embeddings",
        body: { model, input: inputs.slice(at, at + 32) },
      });
      if (!answer.ok) throw new StepError(model, answer.status, answer.code, answer.message);
      vectors.push(...answer.vectors);
    }
    this.#vectors.set(model, vectors);
  }

  #learnt(): Learnt {
    const examples = this.#in.split.learnt.map(({ expected, input }) => ({
      input: inputText(input),
      output: outputText(expected),
    }));
    return { examples, vectors: this.#vectors };
  }

  #put(candidate: string, example: string, { confidence, costMicroUsd, latencyMs, score }: Measured): void {
    const mine = this.#results.get(candidate) ?? new Map<string, Measured>();
    mine.set(example, { confidence, costMicroUsd, latencyMs, score });
    this.#results.set(candidate, mine);
  }

  /** Tells what is done meanwhile. */
  tell(stage: string): Promise<void> {
    return this.onProgress(this.#progress(stage, new Map()));
  }

  #progress(stage: string, out: Finished["out"]): PlanProgress {
    const heldOut = this.#in.split.heldOut.map(({ digest }) => digest);
    return {
      stage,
      measurements: this.asked,
      exhaustive: this.#exhaustive(),
      spentMs: this.#in.spentMs(),
      candidates: this.#candidates.map(({ key, name }) => {
        const measured = answers(this.#results, key, heldOut);
        const figures = measured.length === 0 ? undefined : figuresOf(measured, this.#in.document);
        const left = out.get(key) ?? this.#failed.get(key);
        return {
          name,
          n: measured.length,
          score: figures?.score ?? null,
          latencyP95Ms: figures?.latencyP95Ms ?? null,
          state: left !== undefined ? "out" : measured.length === 0 ? "waiting" : "racing",
          why: left?.why ?? null,
        };
      }),
    };
  }

  /** What measuring every candidate on every example, those of thresholds included, would have asked. */
  #exhaustive(): number {
    const { calibration, heldOut } = this.#in.split;
    return (this.#candidates.length + this.#ways()) * (heldOut.length + calibration.length);
  }

  /** Ways that were ruled out one by one; whole models count once. */
  #ways(): number {
    const models = new Set(this.#in.models.map(({ name }) => name));
    return this.#notTried.filter(({ name }) => !models.has(name)).length;
  }

  report(found: Found, facts: Pick<PlanReport, "version" | "examples" | "device">): PlanReport {
    const { document, records, split } = this.#in;
    const untouched = [...this.#failed].flatMap(([key, { why }]) => {
      const candidate = this.#candidates.find((one) => one.key === key);
      return candidate === undefined || this.#results.has(key) ? [] : [{ name: candidate.name, why }];
    });
    const waiting = this.#candidates
      .filter(({ key }) => !this.#results.has(key) && !this.#failed.has(key))
      .map(({ name }) => ({ name, why: "the time was over" }));
    return conclude({
      document,
      candidates: this.#candidates,
      notTried: [...found.notTried, ...untouched, ...waiting],
      out: found.out,
      results: this.#results,
      sights: this.#sights.all,
      heldOut: split.heldOut.map(({ digest }) => digest),
      calibration: split.calibration.map(({ digest }) => digest),
      records,
      facts: {
        ...facts,
        learnt: split.learnt.length,
        measurements: this.asked,
        reused: this.#reused,
        exhaustive: this.#exhaustive(),
        spentMs: this.#in.spentMs(),
        cutShort: found.cutShort,
        models: this.#in.models.map(({ name }) => name),
      },
    });
  }

  /**
   * Makes what the best plans are kept with: of answers that an earlier planning, or this one before it was stopped, had
   * asked for, the examples' vectors are not there yet. @throws StepError
   */
  async complete({ entries }: PlanReport, count: number): Promise<void> {
    for (const { spec } of entries.slice(0, count)) for (const step of stepsOf(spec)) await this.#embed(step);
  }

  artifact({ spec, steps: [one = "", other = ""] }: Entry): Artifact {
    const made = artifactOf(spec, this.#learnt(), labelsOf(this.#in.document.output));
    if (spec.kind !== "route") return made;
    const all = this.#measuredOn();
    const sights = this.#sights.all.get(spec.embedder);
    const enough = enoughOf(answers(this.#results, one, all), answers(this.#results, other, all));
    return { ...made, router: { vectors: all.map((digest) => packed(sights?.get(digest)?.vector ?? [])), enough } };
  }

  learnt(taskId: string, report: PlanReport): PlannerRecordInfo[] {
    const heldOut = this.#in.split.heldOut.map(({ digest }) => digest);
    const measured = { candidates: this.#candidates, results: this.#results, heldOut };
    return recordsOf(taskId, this.#in.facts.shape, report, measured);
  }
}

/** What serves must be measured beside what would replace it. */
function withServed(
  candidates: readonly Candidate[],
  { basis, facts, models, records, served }: PlanningInput,
  field: Field,
): Candidate[] {
  const spec = planSpec.safeParse(served).data;
  const all = [...candidates];
  for (const step of spec === undefined ? [] : stepsOf(spec)) {
    const key = stepKey(step, basis);
    const model = models.find(({ name }) => name === step.model);
    if (model === undefined || all.some((one) => one.key === key)) continue;
    all.push({ key, name: stepName(step), step, predicted: predict({ step, model }, facts, records, field) });
  }
  return all;
}
