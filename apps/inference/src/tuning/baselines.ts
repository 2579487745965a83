import { type Engine, loadEngine, type Trainer } from "@tugboat/engine";
import { openModel } from "@tugboat/engine/node";
import { wordOverlap } from "../domain/tuning/answer-score.ts";
import { reminderTexts, retentionTexts } from "../domain/tuning/general-text.ts";
import { fitLogistic, nearest, suspectLabels } from "../domain/tuning/logistic.ts";
import type { RunContext } from "./context.ts";
import { bitsPerByte, likeliestLabels, writtenAnswers } from "./predict.ts";

/** Of the run's time, what asking the untuned model may take at most. */
const share = 0.25;
/** Below so many nothing could be said of the tuned model. */
const fewestHeldOut = 30;

/** Measures all that the tuned model must beat, on the held-out examples, before anything is trained. */
export async function measureBaselines(context: RunContext): Promise<void> {
  const { state } = context;
  if (state.heldOut.length === 0) state.heldOut = [...context.split.heldOut];
  if (state.retentionBefore === null) {
    const trainer = await context.openTrainer({ rank: 8, learningRate: 1e-3 });
    try {
      await measureUntuned(context, trainer);
      state.reminderBefore = await bitsPerByte(trainer, context.texts, reminderTexts, true);
      state.retentionBefore = await bitsPerByte(trainer, context.texts, retentionTexts, true);
    } finally {
      await trainer.close();
    }
    await context.save();
  }
  if (state.suspects === null) {
    context.tell({ stage: "measuring plain baselines" });
    const { spec } = context;
    const source = await openModel(spec.modelPath, { kernelCache: spec.kernelCache });
    const engine = await loadEngine(source, { device: spec.device, threads: spec.threads, maxSequences: 8 });
    try {
      await writeReplay(context, engine);
      if (context.kind === "text") await measureWritten(context, engine, "");
      await measurePlain(context, engine);
    } finally {
      await engine.close();
    }
    await context.save();
  }
}

/** Beginnings of which the base model writes on, and how many times each. */
const beginningWords = 3;
const continuations = 3;
const replayTokens = 48;

/** Has the base model write texts of its own: what it would say is what it should not forget. */
async function writeReplay(context: RunContext, engine: Engine): Promise<void> {
  const { state, texts } = context;
  if (state.replay.length > 0) return;
  context.tell({ stage: "writing down what the model knows" });
  const beginnings = Array.from({ length: continuations }, (_, round) =>
    reminderTexts.map((text) => ({ text: text.split(" ").slice(0, beginningWords).join(" "), round })),
  ).flat();
  state.replay = await Promise.all(
    beginnings.map(async ({ round, text }, index) => {
      const tokens = texts.tokenizer.encode(text, { bos: true });
      const maxTokens = Math.max(1, Math.min(replayTokens, engine.info.contextLength - tokens.length - 1));
      const request = { prompt: { tokens }, maxTokens, temperature: 1, seed: round * 100 + index, ignoreEos: true };
      for await (const event of engine.generate(request)) if (event.type === "token") tokens.push(event.token);
      return tokens;
    }),
  );
}

/** A score of an answer, from 0 to 1. */
export function scoreOf(context: Pick<RunContext, "kind">, answer: string, expected: string): number {
  if (context.kind === "labels") return answer === expected ? 1 : 0;
  return wordOverlap(answer, expected);
}

function keep(context: RunContext, name: string, answers: readonly string[], note?: string): void {
  if (context.baseline(name) !== undefined) return;
  const scored = answers.map((text, i) => ({ text, score: scoreOf(context, text, context.heldOut[i]!.output) }));
  context.state.baselines.push({ name, answers: scored, ...(note !== undefined && { note }) });
}

/** The untuned model with no examples and with five, where answers are labels. */
async function measureUntuned(context: RunContext, trainer: Trainer): Promise<void> {
  const { kind, labels, state, texts } = context;
  if (kind !== "labels") return;
  context.tell({ stage: "asking the untuned model" });
  const ask = async (prompts: readonly number[][], stage: string) => {
    const answers = await likeliestLabels(trainer, texts, prompts, labels, {
      frozen: true,
      onDone: (done) => context.tell({ stage, done, total: prompts.length }),
    });
    return answers.map((position) => labels[position]!);
  };
  // Once for the kernels, once for the clock.
  const probe = context.heldOut.slice(0, 4).map((example) => context.prompt(example));
  await ask(probe.slice(0, 1), "asking the untuned model");
  const begun = performance.now();
  await ask(probe, "asking the untuned model");
  const tokenMs = (performance.now() - begun) / Math.max(1, sum(probe.map(({ length }) => length)));
  let prompts = context.heldOut.map((example) => context.prompt(example));
  const allowed = (context.spec.budgetMs * share) / 3 / tokenMs;
  while (sum(prompts.map(({ length }) => length)) > allowed && prompts.length > fewestHeldOut) {
    state.heldOut = state.heldOut.filter((_, i) => i % 4 !== 3);
    prompts = context.heldOut.map((example) => context.prompt(example));
  }
  keep(context, "zero-shot", await ask(prompts, "asking the untuned model"));
  const shots = context.shots(5);
  const name = `${shots.length}-shot`;
  if (shots.length === 0) {
    state.skipped.push({ name: "5-shot", note: "no example fits beside another in the model's context" });
    return;
  }
  const shown = context.heldOut.map((example) => context.prompt(example, shots));
  if (sum(shown.map(({ length }) => length)) > allowed * 3) {
    state.skipped.push({ name, note: "it would have taken most of the time" });
    return;
  }
  keep(context, name, await ask(shown, "asking the untuned model with examples"));
}

/** What a model writes for the held-out examples, with no examples and with five; `suffix` goes behind the names. */
async function measureWritten(context: RunContext, engine: Engine, suffix: string): Promise<void> {
  const maxTokens = Math.ceil(context.answerTokens * 1.5) + 1;
  const begun = performance.now();
  const ask = async (stage: string, shots: Parameters<RunContext["prompt"]>[1]) => {
    const prompts = context.heldOut.map((example) => context.prompt(example, shots));
    return writtenAnswers(engine, prompts, maxTokens, (done) => context.tell({ stage, done, total: prompts.length }));
  };
  const [first] = context.heldOut;
  if (first !== undefined) {
    await writtenAnswers(engine, [context.prompt(first)], maxTokens, () => {});
    const eachMs = performance.now() - begun;
    while (
      context.heldOut.length > fewestHeldOut &&
      eachMs * context.heldOut.length * 3 > context.spec.budgetMs * share * 2
    ) {
      context.state.heldOut = context.state.heldOut.filter((_, i) => i % 4 !== 3);
    }
  }
  keep(context, `zero-shot${suffix}`, await ask("asking the untuned model", []));
  const shots = context.shots(5);
  if (shots.length > 0) {
    keep(context, `${shots.length}-shot${suffix}`, await ask("asking the untuned model with examples", shots));
  }
}

/** What needs no language model that writes: the most frequent label, the nearest example, a linear classifier. */
async function measurePlain(context: RunContext, engine: Engine): Promise<void> {
  const { kind, labels, spec, split, state, train } = context;
  const vectors: Float32Array[] = [];
  for (const { input } of spec.examples) {
    const tokens = engine.tokenize(input, { bos: true }).slice(0, engine.info.contextLength);
    vectors.push(await engine.embed(tokens.length > 0 ? tokens : engine.tokenize("-")));
    context.tell({ stage: "measuring plain baselines", done: vectors.length, total: spec.examples.length });
  }
  const known = split.train.map((position) => vectors[position]!);
  const asked = state.heldOut.map((position) => vectors[position]!);
  keep(
    context,
    "nearest neighbour",
    asked.map((vector) => train[nearest(known, vector)]!.output),
  );
  state.suspects = [];
  if (kind !== "labels") return;
  const classes = spec.examples.map(({ output }) => labels.indexOf(output));
  const learnt = split.train.map((position) => classes[position]!);
  const classify = fitLogistic(known, learnt, labels.length);
  keep(
    context,
    "linear classifier",
    asked.map((vector) => labels[classify(vector)]!),
  );
  const most = labels.reduce((best, label) => (countOf(train, label) > countOf(train, best) ? label : best));
  keep(
    context,
    "majority class",
    asked.map(() => most),
  );
  if (spec.examples.length <= 2000) {
    state.suspects = suspectLabels(vectors, classes, labels.length).map(({ index, says }) => ({
      index,
      says: labels[says]!,
    }));
  }
}

function countOf(examples: readonly { readonly output: string }[], label: string): number {
  return examples.filter(({ output }) => output === label).length;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
