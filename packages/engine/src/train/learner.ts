import { type Device, OpSet } from "@tugboat/kernels";
import { EngineError } from "../errors.ts";
import type { ModelFiles } from "../formats/types.ts";
import { BatchBuffers } from "./batch-buffers.ts";
import { RopeTables } from "./context.ts";
import { answerText } from "./loop.ts";
import type { ResolvedMethod } from "./method.ts";
import { loadTrainingModel, type TrainingModel } from "./model.ts";
import { lossWeights, type Settlement, type Unit, unitsOf } from "./objective.ts";
import { type MicroBatch, packGroups } from "./packing.ts";
import type { MomentsKind } from "./parameters.ts";
import { TrainingProgram } from "./program.ts";
import { packQuestions, questionRows } from "./questions.ts";
import { ROW_STEP } from "./rows.ts";
import type { Evaluation, Question, TextScore, TrainerOptions, TrainingBatch, TrainingText } from "./types.ts";

const DEFAULT_ROWS = 2048;
/** GPUs take at most so many workgroups in a row, and a norm of heads is one workgroup each. */
const MOST_GROUPS = 65_535;

export interface LearnerOptions
  extends Pick<TrainerOptions, "onProgress" | "signal" | "checkpointing" | "seed" | "maxRows" | "contextLength"> {
  readonly method: ResolvedMethod;
  /** Default `f32`. */
  readonly moments?: MomentsKind;
}

/** What a batch's gradient was of. */
export interface BatchResult {
  readonly loss: number;
  readonly tokens: number;
  readonly lossTokens: number;
  readonly margin?: number;
  readonly preferred?: number;
}

/** Computes losses and their gradients; whoever uses it takes the steps. */
export class Learner {
  readonly model: TrainingModel;
  readonly maxRows: number;
  readonly contextLength: number;
  readonly #program: TrainingProgram;
  readonly #openFrozen: (() => Promise<TrainingProgram>) | undefined;
  readonly #owned: readonly { destroy(): void }[];
  #frozen: TrainingProgram | undefined;

  /** @throws EngineError `bad-request`, `bad-model`, `unsupported`; FormatError; KernelError. */
  static async open(device: Device, files: ModelFiles, options: LearnerOptions): Promise<Learner> {
    const owned: { destroy(): void }[] = [];
    try {
      return await openLearner(device, files, options, owned);
    } catch (error) {
      for (const one of owned.reverse()) one.destroy();
      throw error;
    }
  }

  constructor(parts: {
    readonly model: TrainingModel;
    readonly maxRows: number;
    readonly contextLength: number;
    readonly program: TrainingProgram;
    readonly openFrozen: (() => Promise<TrainingProgram>) | undefined;
    readonly owned: readonly { destroy(): void }[];
  }) {
    this.model = parts.model;
    this.maxRows = parts.maxRows;
    this.contextLength = parts.contextLength;
    this.#program = parts.program;
    this.#openFrozen = parts.openFrozen;
    this.#owned = parts.owned;
  }

  get scratchBytes(): number {
    return this.#program.bytes;
  }

  destroy(): void {
    this.#frozen?.destroy();
    for (const one of [...this.#owned].reverse()) one.destroy();
  }

  /** Adds the gradient of a batch's loss to the parameters' gradients. @throws EngineError, see `Trainer.train` */
  async accumulate(batch: TrainingBatch): Promise<BatchResult> {
    const units = unitsOf(await this.#withReferences(batch));
    this.#check(units.flatMap(({ texts }) => texts));
    const micros = packGroups(units, this.maxRows);
    const settled: Settlement[] = [];
    for (const micro of micros) settled.push(...(await this.#learn(micro)));
    return {
      loss: settled.reduce((sum, one) => sum + one.loss, 0),
      tokens: micros.reduce((sum, micro) => sum + micro.tokens, 0),
      lossTokens: micros.reduce((sum, micro) => sum + micro.lossTokens, 0),
      ...preferences(settled),
    };
  }

  async #learn(micro: MicroBatch<Unit>): Promise<Settlement[]> {
    const logprobs = await this.#program.forward(micro.input);
    const weights = new Float32Array(micro.input.shape.lossRows);
    const settled = micro.groups.map((unit, i) => {
      const spans = micro.spans[i]!;
      const settlement = unit.settle(spans.map(({ start, count }) => logprobs.subarray(start, start + count)));
      for (const [j, { start }] of spans.entries()) weights.set(settlement.weights[j]!, start);
      return settlement;
    });
    this.#program.back(micro.input.shape, weights);
    return settled;
  }

  /** DPO's pairs with the frozen model's log-probabilities. */
  async #withReferences(batch: TrainingBatch): Promise<TrainingBatch> {
    if (batch.kind !== "dpo") return batch;
    const missing = batch.pairs.filter(({ reference }) => !reference);
    if (missing.length === 0) return batch;
    const scores = await this.evaluate(
      missing.flatMap(({ chosen, rejected }) => [chosen, rejected]),
      true,
    );
    let next = 0;
    const pairs = batch.pairs.map((pair) => {
      if (pair.reference) return pair;
      const [chosen, rejected] = [scores.texts[next]!, scores.texts[next + 1]!];
      next += 2;
      return { ...pair, reference: { chosen: chosen.logprob, rejected: rejected.logprob } };
    });
    return { ...batch, pairs };
  }

  async evaluate(texts: readonly TrainingText[], frozen: boolean): Promise<Evaluation> {
    this.#check(texts);
    const program = frozen ? await this.#frozenProgram() : this.#program;
    const scores: TextScore[] = [];
    for (const micro of packGroups(
      texts.map((text) => ({ texts: [text] })),
      this.maxRows,
    )) {
      const logprobs = await program.forward(micro.input);
      for (const [i, { texts: group }] of micro.groups.entries()) {
        const { start, count } = micro.spans[i]![0]!;
        scores.push(score(group[0]!, logprobs.slice(start, start + count)));
      }
    }
    const weight = scores.reduce((sum, one) => sum + one.weight, 0);
    const logprob = scores.reduce((sum, one) => sum + one.logprob, 0);
    return { loss: weight > 0 ? -logprob / weight : 0, texts: scores };
  }

  /** Of each question the log-probabilities of its answers. */
  async weigh(questions: readonly Question[], frozen: boolean): Promise<Float64Array[]> {
    const whole = questions.map(({ answers, prompt }) => answers.map((answer) => [...prompt, ...answer]));
    this.#check(whole.flat().map((tokens) => ({ tokens })));
    for (const [i, { answers, prompt }] of questions.entries()) {
      if (prompt.length === 0 || answers.some(({ length }) => length === 0)) {
        throw new EngineError("bad-request", `question ${i}: its prompt or one of its answers is empty`);
      }
    }
    // Rows between a branch and its prompt count in a window, and a micro-batch has an end.
    const { attention } = this.model.hyperparameters;
    const room = Math.min(this.maxRows, ...attention.map(({ window = Number.POSITIVE_INFINITY }) => window));
    const out = new Map<Question, Float64Array>();
    const long = questions.filter((question) => questionRows(question) > room);
    for (const question of long) {
      const texts = question.answers.map((answer) => answerText(question.prompt, answer));
      const { texts: scores } = await this.evaluate(texts, frozen);
      out.set(
        question,
        Float64Array.from(scores, ({ logprob }) => logprob),
      );
    }
    const program = frozen ? await this.#frozenProgram() : this.#program;
    const short = questions.filter((question) => questionRows(question) <= room);
    let next = 0;
    for (const { input, spans } of packQuestions(short, this.maxRows)) {
      const logprobs = await program.forward(input);
      for (const places of spans) {
        const sums = places.map(({ count, start }) =>
          logprobs.subarray(start, start + count).reduce((a, b) => a + b, 0),
        );
        out.set(short[next++]!, Float64Array.from(sums));
      }
    }
    return questions.map((question) => out.get(question)!);
  }

  async #frozenProgram(): Promise<TrainingProgram> {
    if (this.#openFrozen === undefined) {
      throw new EngineError(
        "bad-request",
        "full training keeps no frozen model to compare with",
        "Train an adapter (method lora), or use simpo.",
      );
    }
    this.#frozen ??= await this.#openFrozen();
    return this.#frozen;
  }

  #check(texts: readonly TrainingText[]): void {
    const { vocabulary } = this.model.hyperparameters;
    for (const [i, { tokens, weights }] of texts.entries()) {
      if (tokens.length < 2) throw new EngineError("bad-request", `text ${i}: it has ${tokens.length} tokens, not 2`);
      if (tokens.length - 1 > this.contextLength) {
        throw new EngineError(
          "context-overflow",
          `text ${i}: ${tokens.length} tokens, and ${this.contextLength} fit after the first`,
          "Shorten it, or open the trainer with a longer contextLength and more maxRows.",
        );
      }
      const wrong = tokens.find((token) => !Number.isInteger(token) || token < 0 || token >= vocabulary);
      if (wrong !== undefined) {
        throw new EngineError("bad-request", `text ${i}: ${wrong} is not a token id below ${vocabulary}`);
      }
      if (weights !== undefined && weights.length !== tokens.length) {
        throw new EngineError("bad-request", `text ${i}: ${weights.length} weights for ${tokens.length} tokens`);
      }
    }
  }
}

async function openLearner(
  device: Device,
  files: ModelFiles,
  options: LearnerOptions,
  owned: { destroy(): void }[],
): Promise<Learner> {
  const { method, moments = "f32", onProgress, signal, checkpointing = false, seed = 0 } = options;
  const ops = new OpSet(device);
  const model = await loadTrainingModel(ops, files, {
    method,
    moments,
    seed,
    signal,
    onBytes: (done, total) => onProgress?.({ stage: "read", done, total }),
  });
  owned.push(model);
  onProgress?.({ stage: "compile", done: 0, total: 1 });
  const { trainedContext, heads } = model.hyperparameters;
  const most = Math.floor(MOST_GROUPS / heads);
  const asked = options.maxRows ?? Math.min(DEFAULT_ROWS, most);
  if (!Number.isInteger(asked) || asked < 1 || asked > most - ROW_STEP) {
    throw new EngineError("bad-request", `maxRows: ${asked} is not between 1 and ${most - ROW_STEP}`);
  }
  const maxRows = Math.ceil(asked / ROW_STEP) * ROW_STEP;
  const contextLength = Math.min(options.contextLength ?? trainedContext, maxRows);
  const batch = new BatchBuffers(device, maxRows);
  owned.push(batch);
  const ropeTables = new RopeTables(device, contextLength);
  owned.push(ropeTables);
  await ops.compile();
  model.parameters.record();
  const shared = { model, batch, ropeTables, maxRows, checkpointing };
  const program = await TrainingProgram.create(device, { ...shared, frozen: false });
  owned.push(program);
  const openFrozen =
    method.kind === "lora" ? () => TrainingProgram.create(device, { ...shared, frozen: true }) : undefined;
  onProgress?.({ stage: "compile", done: 1, total: 1 });
  return new Learner({ model, maxRows, contextLength, program, openFrozen, owned });
}

function score(text: TrainingText, logprobs: Float32Array): TextScore {
  const weights = lossWeights(text);
  let logprob = 0;
  let weight = 0;
  weights.forEach((one, i) => {
    logprob += one * logprobs[i]!;
    weight += one;
  });
  return { logprob, weight, logprobs };
}

function preferences(settled: readonly Settlement[]): Pick<BatchResult, "margin" | "preferred"> {
  const margins = settled.flatMap(({ margin }) => (margin === undefined ? [] : [margin]));
  if (margins.length === 0) return {};
  return {
    margin: margins.reduce((sum, margin) => sum + margin, 0) / margins.length,
    preferred: margins.filter((margin) => margin > 0).length / margins.length,
  };
}
