import type { Answer } from "../domain/asking/answer.ts";
import { type PlanSpec, type PromptStep, type Step, stepName, stepsOf } from "../domain/planner/plan.ts";
import { type Router, routerOf, type Sight } from "../domain/planner/route.ts";
import type { TaskDocument } from "../domain/tasks/document.ts";
import { inputText, type Values } from "../domain/tasks/examples.ts";
import { labelsOf } from "../domain/tasks/fields.ts";
import { mostAgreed } from "./agreed.ts";
import { type Artifact, type LearntExample, type Pool, unpacked } from "./artifact.ts";
import { type Guess, linearGuesser, nearestFinder, nearestGuesser } from "./near.ts";
import { chatBody, outputOf, readAnswer } from "./prompt.ts";

/** Asks a model of the catalog or of an upstream. @throws the signal's reason */
export type AskModel = (request: {
  readonly endpoint: "/v1/chat/completions" | "/v1/embeddings";
  readonly body: object;
}) => Promise<Answer>;

/** What one step said. */
export interface StepAnswer {
  readonly output: Values | undefined;
  readonly text: string;
  /** From 0 to 1; null where it can't say. */
  readonly confidence: number | null;
  readonly latencyMs: number;
  readonly costMicroUsd: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** The input's vector, where the step made one. */
  readonly sight?: Sighted;
}

/** An input's vector, and what it took to make it. */
export interface Sighted extends Sight {
  readonly embedder: string;
  readonly tokens: number;
}

/** A model did not answer. */
export class StepError extends Error {
  override readonly name = "StepError";
  readonly status: number;
  readonly code: string;

  constructor(step: string, status: number, code: string, message: string) {
    super(`${step}: ${message}`);
    this.status = status;
    this.code = code;
  }
}

/** A step that is ready to answer. */
export interface PreparedStep {
  readonly name: string;
  run(input: Values, ask: AskModel): Promise<StepAnswer>;
}

export interface PreparedPlan {
  readonly spec: PlanSpec;
  readonly steps: readonly PreparedStep[];
  /** Of a route. */
  readonly router?: Router;
}

/** Makes a plan ready: fits what is fitted, unpacks what is packed. */
export function preparePlan(spec: PlanSpec, artifact: Artifact, document: TaskDocument): PreparedPlan {
  const steps = stepsOf(spec).map((one, i) =>
    prepareStep(one, artifact.steps[i] ?? { examples: [], vectors: {} }, document),
  );
  if (spec.kind !== "route") return { spec, steps };
  const { enough, vectors } = artifact.router ?? { enough: [], vectors: [] };
  return { spec, steps, router: routerOf(vectors.map(unpacked), enough) };
}

export function prepareStep(step: Step, pool: Pool, document: TaskDocument): PreparedStep {
  const name = stepName(step);
  if (step.kind === "prompt") {
    const shotsFor = shotsOf(step, pool);
    return { name, run: (input, ask) => prompted(name, step, document, shotsFor, inputText(input), ask) };
  }
  const vectors = (pool.vectors[step.model] ?? []).map(unpacked);
  const labels = pool.examples.map(({ output }) => output);
  const guess =
    step.kind === "linear" ? linearGuesser(vectors, labels) : nearestGuesser(vectors, labels, step.neighbours);
  return { name, run: (input, ask) => guessed(name, step.model, document, guess, inputText(input), ask) };
}

type ShotsFor = (vector: ArrayLike<number> | undefined) => readonly LearntExample[];

function shotsOf(step: PromptStep, pool: Pool): ShotsFor {
  if (step.choose === "coverage" || step.embedder === null) return () => pool.examples.slice(0, step.shots);
  const find = nearestFinder((pool.vectors[step.embedder] ?? []).map(unpacked));
  // The most like the input stands last, next to it.
  return (vector) =>
    vector === undefined
      ? []
      : find(vector, step.shots)
          .reverse()
          .map((i) => pool.examples[i]!);
}

async function prompted(
  name: string,
  step: PromptStep,
  document: TaskDocument,
  shotsFor: ShotsFor,
  input: string,
  ask: AskModel,
): Promise<StepAnswer> {
  const embedder = step.shots > 0 && step.choose === "nearest" ? step.embedder : null;
  const found = embedder === null ? undefined : await embedded(name, embedder, input, ask);
  if (step.samples !== undefined)
    return drawn(name, step, step.samples, document, shotsFor(found?.vector), input, ask, found);
  const answer = await ask({
    endpoint: "/v1/chat/completions",
    body: chatBody(step, document, input, shotsFor(found?.vector)),
  });
  if (!answer.ok) throw new StepError(name, answer.status, answer.code, answer.message);
  const { costMicroUsd, latencyMs, logprobs, text, usage } = answer;
  return {
    output: readAnswer(text, document),
    text,
    confidence: confidenceOf(
      logprobs?.map(({ logprob }) => logprob),
      labelsOf(document.output) !== undefined,
    ),
    latencyMs: latencyMs + (found?.latencyMs ?? 0),
    costMicroUsd: costMicroUsd + (found?.costMicroUsd ?? 0),
    inputTokens: usage.inputTokens + (found?.tokens ?? 0),
    outputTokens: usage.outputTokens,
    ...(found && { sight: found }),
  };
}

/** Several answers at once, of which the one is given that the others agree with most. */
async function drawn(
  name: string,
  step: PromptStep,
  samples: number,
  document: TaskDocument,
  shots: readonly LearntExample[],
  input: string,
  ask: AskModel,
  found: Sighted | undefined,
): Promise<StepAnswer> {
  const draws = Array.from({ length: samples }, (_, i) => i + 1);
  const answers = await Promise.all(
    draws.map((draw) => ask({ endpoint: "/v1/chat/completions", body: chatBody(step, document, input, shots, draw) })),
  );
  const given = answers.map((answer) => {
    if (!answer.ok) throw new StepError(name, answer.status, answer.code, answer.message);
    return answer;
  });
  const outputs = given.map(({ text }) => readAnswer(text, document));
  const agreed = mostAgreed(outputs, document.measure);
  const sum = (of: (one: (typeof given)[number]) => number) => given.reduce((total, one) => total + of(one), 0);
  return {
    output: agreed && outputs[agreed.at],
    text: given[agreed?.at ?? 0]?.text ?? "",
    confidence: agreed?.agreement ?? null,
    latencyMs: Math.max(...given.map(({ latencyMs }) => latencyMs)) + (found?.latencyMs ?? 0),
    costMicroUsd: sum(({ costMicroUsd }) => costMicroUsd) + (found?.costMicroUsd ?? 0),
    inputTokens: sum(({ usage }) => usage.inputTokens) + (found?.tokens ?? 0),
    outputTokens: sum(({ usage }) => usage.outputTokens),
  };
}

/** The chance of the whole label, or of a token of a longer answer on average. */
function confidenceOf(logprobs: readonly number[] | undefined, isLabel: boolean): number | null {
  if (logprobs === undefined || logprobs.length === 0) return null;
  const sum = logprobs.reduce((total, one) => total + one, 0);
  return Math.exp(isLabel ? sum : sum / logprobs.length);
}

async function guessed(
  name: string,
  model: string,
  document: TaskDocument,
  guess: (vector: ArrayLike<number>) => Guess,
  input: string,
  ask: AskModel,
): Promise<StepAnswer> {
  const sight = await embedded(name, model, input, ask);
  const { costMicroUsd, latencyMs, tokens, vector } = sight;
  const begun = performance.now();
  const { confidence, label } = guess(vector);
  return {
    output: outputOf(label, document),
    text: label,
    confidence,
    latencyMs: latencyMs + performance.now() - begun,
    costMicroUsd,
    inputTokens: tokens,
    outputTokens: 0,
    sight,
  };
}

/** An input's vector. @throws StepError, the signal's reason */
export async function embedded(name: string, model: string, input: string, ask: AskModel): Promise<Sighted> {
  const answer = await ask({ endpoint: "/v1/embeddings", body: { model, input } });
  if (!answer.ok) throw new StepError(name, answer.status, answer.code, answer.message);
  const [vector] = answer.vectors;
  if (vector === undefined) throw new StepError(name, 502, "no_embedding", `${model} gave no embedding.`);
  const { costMicroUsd, latencyMs, usage } = answer;
  return { embedder: model, vector, costMicroUsd, latencyMs, tokens: usage.inputTokens };
}
