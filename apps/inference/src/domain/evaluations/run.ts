import { createHash } from "node:crypto";
import type {
  EvaluationInfo,
  EvaluationOutputInfo,
  EvaluationRowInfo,
  EvaluationScoreInfo,
  Example,
  OrganizationScope,
} from "@tugboat/db";
import { Bets } from "@tugboat/statistics";
import type { Ask } from "../asking/ask.ts";
import { askPatiently } from "../asking/patiently.ts";
import { evaluatorKey } from "../evaluators/spec.ts";
import { PromptError } from "../prompts/errors.ts";
import { newRequestId } from "../usage/request-id.ts";
import { type CandidatePrompt, promptOf } from "./candidate-prompt.ts";
import type { EvaluationConfig, PinnedCandidate } from "./config.ts";
import { candidateKey } from "./identity.ts";
import { chatBodyOf, saidBy, textOf } from "./messages.ts";
import { type AskFor, judgedOf, scoreOutput } from "./score.ts";
import { exampleSlices } from "./slice-names.ts";

export interface EvaluationWork {
  readonly scope: OrganizationScope;
  readonly evaluation: EvaluationInfo;
  readonly config: EvaluationConfig;
  readonly ask: Ask;
  readonly signal: AbortSignal;
  /** Keeps finished examples, in one transaction, while the work is still this process's. */
  readonly keep: (rows: readonly EvaluationRowInfo[], costPicoUsd: bigint) => Promise<void>;
  readonly onProgress: (done: number) => void;
}

/** Examples at a time: their requests fill the engine's steps, and what a kill loses stays small. */
const atOnce = 4;

/** The examples of an evaluation: by their content where only some are taken or it may stop, so that order says nothing. */
export async function chooseExamples(
  scope: OrganizationScope,
  versionId: string,
  { limit, split, stopEarly }: EvaluationConfig,
): Promise<Example[]> {
  const all: Example[] = [];
  for await (const example of scope.datasets.stream(versionId, split === null ? {} : { split })) all.push(example);
  if (!stopEarly && limit === null) return all;
  const shuffled = all
    .map((example) => ({ example, key: createHash("sha256").update(`${example.digest} ${example.id}`).digest("hex") }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ example }) => example);
  return shuffled.slice(0, limit ?? undefined);
}

/**
 * Asks every candidate for every example and judges the answers. What was asked or judged before, here or in another
 * evaluation, is not asked again.
 * @returns whether it ended because the answer was clear
 * @throws the signal's reason
 */
export async function runEvaluation(work: EvaluationWork): Promise<{ stoppedEarly: boolean }> {
  const { config, evaluation, onProgress, scope, signal } = work;
  const examples = await chooseExamples(scope, evaluation.datasetVersionId, config);
  const keys = await Promise.all(config.candidates.map((one) => candidateKey(scope, one, evaluation.id)));
  const prompts = await Promise.all(config.candidates.map((one) => promptOf(scope, one)));
  const before = await scope.evaluations.rows(evaluation.id);
  const have = new Set(before.map(({ exampleId }) => exampleId));
  const race = new Race(config.candidates.length);
  for (const row of before) race.add(row, config.evaluators.length);
  let done = before.length;
  const one = new ExampleWork(work, keys, prompts);
  for (let at = 0; at < examples.length; at += atOnce) {
    signal.throwIfAborted();
    if (config.stopEarly && race.decided) return { stoppedEarly: true };
    const chunk = examples.slice(at, at + atOnce).filter(({ id }) => !have.has(id));
    if (chunk.length === 0) continue;
    const finished = await Promise.all(chunk.map((example) => one.run(example)));
    await work.keep(
      finished.map(({ row }) => row),
      finished.reduce((sum, { costPicoUsd }) => sum + costPicoUsd, 0n),
    );
    for (const { row } of finished) race.add(row, config.evaluators.length);
    done += chunk.length;
    onProgress(done);
  }
  return { stoppedEarly: false };
}

/** The evidence for each pair of candidates, as examples come. */
class Race {
  readonly #pairs: { readonly a: number; readonly b: number; readonly bets: Bets }[] = [];
  readonly #sums: number[];
  #count = 0;

  constructor(candidates: number) {
    this.#sums = Array.from({ length: candidates }, () => 0);
    for (let a = 0; a < candidates; a++) {
      for (let b = a + 1; b < candidates; b++) this.#pairs.push({ a, b, bets: new Bets() });
    }
  }

  add({ failed, scores }: EvaluationRowInfo, evaluators: number): void {
    const of = (candidate: number) => (failed[candidate] ? 0 : (scores[candidate * evaluators] ?? Number.NaN));
    for (const { a, b, bets } of this.#pairs) {
      const gap = of(a) - of(b);
      if (!Number.isNaN(gap)) bets.add(gap);
    }
    this.#sums.forEach((sum, i) => {
      this.#sums[i] = sum + (Number.isNaN(of(i)) ? 0 : of(i));
    });
    this.#count++;
  }

  /** The first is clearly better than every other, all pairs counted. */
  get decided(): boolean {
    if (this.#pairs.length === 0 || this.#count < 10) return false;
    const best = this.#sums.indexOf(Math.max(...this.#sums));
    const level = 0.05 / this.#pairs.length;
    return this.#pairs.every(({ a, b, bets }) => (a !== best && b !== best) || bets.p <= level);
  }
}

/** The work on one example after another. */
class ExampleWork {
  readonly #work: EvaluationWork;
  readonly #keys: readonly string[];
  readonly #prompts: readonly (CandidatePrompt | undefined)[];

  constructor(work: EvaluationWork, keys: readonly string[], prompts: readonly (CandidatePrompt | undefined)[]) {
    this.#work = work;
    this.#keys = keys;
    this.#prompts = prompts;
  }

  async run(example: Example): Promise<{ row: EvaluationRowInfo; costPicoUsd: bigint }> {
    const { config } = this.#work;
    const answers = await Promise.all(config.candidates.map((candidate, i) => this.#answer(candidate, i, example)));
    const outputs = answers.map(({ output }) => output);
    const judged = await Promise.all(outputs.map((output) => this.#scores(output, outputs[0], example)));
    const scores = judged.flatMap(({ values }) => values);
    const firsts = outputs.map((output, i) =>
      output.text === null ? 0 : (scores[i * config.evaluators.length] ?? Number.NaN),
    );
    const known = firsts.filter((one) => !Number.isNaN(one));
    const row = {
      position: example.position,
      exampleId: example.id,
      preview: textOf(example.input).slice(0, 400),
      slices: exampleSlices(example),
      outputs: outputs.map(({ id }) => id),
      failed: outputs.map(({ text }) => text === null),
      scores,
      latencyMs: outputs.map(({ latencyMs }) => latencyMs),
      costMicroUsd: outputs.map(({ costPicoUsd }) => Number(costPicoUsd) / 1e6),
      disagreement: known.length < 2 ? 0 : Math.max(...known) - Math.min(...known),
    };
    const spent = [...answers.map(({ spent }) => spent), ...judged.map(({ spent }) => spent)];
    return { row, costPicoUsd: spent.reduce((sum, one) => sum + one, 0n) };
  }

  /** A candidate's answer, from before or asked now. A failure of before is asked again by a new evaluation alone. */
  async #answer(candidate: PinnedCandidate, index: number, example: Example) {
    const { ask, evaluation, scope, signal } = this.#work;
    const key = this.#keys[index] ?? "";
    const before = await scope.evaluationOutputs.find(key, example.digest);
    if (before !== undefined && before.text !== null) return { output: before, spent: 0n };
    const body = this.#bodyOf(candidate, index, example);
    if (body instanceof PromptError) {
      const failed = { latencyMs: 0, costPicoUsd: 0n, callId: newRequestId(), inputTokens: 0, outputTokens: 0 };
      const said = { text: null, calls: null, error: body.message, finishReason: null };
      return {
        output: await scope.evaluationOutputs.keep({ candidate: key, example: example.digest, ...said, ...failed }),
        spent: 0n,
      };
    }
    const answer = await askPatiently(ask, {
      organizationId: scope.id,
      work: { kind: "evaluation", subject: evaluation.id },
      endpoint: "/v1/chat/completions",
      body,
      userId: personOf(evaluation.createdBy),
      signal,
    });
    const spent = answer.ok ? pico(answer.costMicroUsd) : 0n;
    const output = await scope.evaluationOutputs.keep({
      candidate: key,
      example: example.digest,
      text: answer.ok ? saidBy(candidate, answer.text, example.expected) : null,
      calls: answer.ok && answer.calls.length > 0 ? answer.calls.map((call) => ({ ...call })) : null,
      error: answer.ok ? null : answer.message,
      finishReason: answer.ok ? answer.finishReason : null,
      inputTokens: answer.ok ? answer.usage.inputTokens : 0,
      outputTokens: answer.ok ? answer.usage.outputTokens : 0,
      latencyMs: answer.latencyMs,
      costPicoUsd: spent,
      callId: answer.id,
    });
    return { output, spent };
  }

  /** An input that doesn't fit the prompt's variables is a failure of the candidate's on this example. */
  #bodyOf(candidate: PinnedCandidate, index: number, { input }: Example): object {
    try {
      return chatBodyOf(candidate, input, this.#prompts[index]);
    } catch (error) {
      if (error instanceof PromptError) return error;
      throw error;
    }
  }

  async #scores(output: EvaluationOutputInfo, first: EvaluationOutputInfo | undefined, example: Example) {
    const { config, scope } = this.#work;
    if (output.text === null) return { values: config.evaluators.map(() => Number.NaN), spent: 0n };
    const keys = config.evaluators.map(({ spec }) =>
      evaluatorKey(spec, spec.kind === "judge-pairs" ? (first?.id ?? "") : ""),
    );
    const known = new Map((await scope.evaluationOutputs.scores([output.id])).map((one) => [one.evaluator, one.value]));
    const fresh: EvaluationScoreInfo[] = [];
    const values: number[] = [];
    const baseline = first === undefined || first.text === null ? undefined : judgedOf(first);
    for (const [i, { spec }] of config.evaluators.entries()) {
      const evaluator = keys[i] ?? "";
      const before = known.get(evaluator);
      if (before !== undefined) {
        values.push(before ?? Number.NaN);
        continue;
      }
      const { costMicroUsd, reason, value } = await scoreOutput(
        spec,
        judgedOf(output),
        example,
        baseline,
        this.#askFor,
      );
      values.push(value ?? Number.NaN);
      fresh.push({ outputId: output.id, evaluator, value, reason: reason ?? null, costPicoUsd: pico(costMicroUsd) });
    }
    if (fresh.length > 0) await scope.evaluationOutputs.keepScores(fresh);
    return { values, spent: fresh.reduce((sum, { costPicoUsd }) => sum + costPicoUsd, 0n) };
  }

  readonly #askFor: AskFor = (endpoint, body) => {
    const { ask, evaluation, scope, signal } = this.#work;
    const work = { kind: "evaluation", subject: evaluation.id } as const;
    const userId = personOf(evaluation.createdBy);
    return askPatiently(ask, { organizationId: scope.id, work, endpoint, body, userId, signal });
  };
}

function pico(microUsd: number): bigint {
  return BigInt(Math.round(microUsd * 1e6));
}

/** Of an actor, the person; a key's work is nobody's. */
function personOf(actor: string): string | null {
  return /^[0-9a-f-]{36}$/.test(actor) ? actor : null;
}
