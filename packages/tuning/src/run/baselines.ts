import { type Engine, loadEngine, type Trainer } from "@tugboat/engine";
import { reminderTexts } from "../general-text.ts";
import type { Example } from "../samples.ts";
import { askClosed, askTuned, scoreOf } from "./ask.ts";
import type { RunContext } from "./context.ts";
import { measurePlain } from "./plain-baselines.ts";
import { writtenAnswers } from "./predict.ts";
import { measureReminder, measureRetention } from "./retention.ts";
import type { Answer } from "./state.ts";

/** Of the run's time, what asking the untuned model may take at most. */
const share = 0.25;
/** Below so many nothing could be said of the tuned model. */
const fewestHeldOut = 30;

/** Measures all that the tuned model must beat, on the held-out examples, before anything is trained. */
export async function measureBaselines(context: RunContext): Promise<void> {
  const { state } = context;
  if (state.heldOut.length === 0) state.heldOut = [...context.split.heldOut];
  if (state.retentionBefore === null) {
    const trainer = await context.openTrainer({ rank: context.spec.startFrom?.rank ?? 8, learningRate: 1e-3 });
    try {
      await measureUntuned(context, trainer);
      state.reminderBefore = await measureReminder(context, trainer, true);
      state.retentionBefore = await measureRetention(context, trainer, true);
    } finally {
      await trainer.close();
    }
    if (context.spec.startFrom !== undefined) await measureBefore(context, context.spec.startFrom.rank);
    await context.save();
  }
  if (state.suspects === null) {
    context.tell({ stage: "measuring plain baselines" });
    const { spec } = context;
    const source = await context.place.openModel();
    const engine = await loadEngine(source, { device: spec.device, threads: spec.threads, maxSequences: 8 });
    try {
      await writeReplay(context, engine);
      if (context.kind === "text") await measureWritten(context, engine);
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

function keep(context: RunContext, name: string, answers: readonly Answer[]): void {
  if (context.baseline(name) === undefined) context.state.baselines.push({ name, answers: [...answers] });
}

/** The model that is gone on from: each part is asked of the adapter that did not learn it. */
async function measureBefore(context: RunContext, rank: number): Promise<void> {
  const answers = new Map<number, Answer>();
  for (const [i, { test }] of context.parts.entries()) {
    context.tell({ stage: "asking the model of before", done: i, total: context.parts.length });
    const trainer = await context.openTrainer({ rank, learningRate: 1e-3 }, `part-${i + 1}`);
    try {
      const said = await askTuned(context, trainer, test);
      for (const [at, position] of test.entries()) answers.set(position, said[at]!);
    } finally {
      await trainer.close();
    }
  }
  keep(
    context,
    "before",
    context.state.heldOut.map((position) => answers.get(position)!),
  );
}

const asking = "asking the untuned model";

/** The untuned model with no examples and with five, where its answer is one of a few. */
async function measureUntuned(context: RunContext, trainer: Trainer): Promise<void> {
  const { kind, spec, state } = context;
  if (kind === "text") return;
  context.tell({ stage: asking });
  const ask = (frozen: boolean, shots?: (position: number) => readonly Example[]) =>
    askClosed(context, trainer, state.heldOut, {
      frozen,
      ...(shots && { shots }),
      onDone: (done) => context.tell({ stage: asking, done, total: state.heldOut.length }),
    });
  // Once for the kernels, once for the clock.
  const probe = state.heldOut.slice(0, 4);
  await askClosed(context, trainer, probe.slice(0, 1), { frozen: true });
  const begun = performance.now();
  await askClosed(context, trainer, probe, { frozen: true });
  const tokensOf = (positions: readonly number[]) =>
    sum(context.examples(positions).map((example) => context.prompt(example).length));
  const tokenMs = (performance.now() - begun) / Math.max(1, tokensOf(probe));
  const allowed = (spec.budgetMs * share) / 3 / tokenMs;
  while (tokensOf(state.heldOut) > allowed && state.heldOut.length > fewestHeldOut) {
    state.heldOut = state.heldOut.filter((_, i) => i % 4 !== 3);
  }
  keep(context, "zero-shot", await ask(true));
  if (kind !== "labels") return;
  const shotsOf = new Map<number, readonly Example[]>();
  for (const { test, train } of context.parts) {
    const shots = context.shots(5, train);
    for (const position of test) shotsOf.set(position, shots);
  }
  const fewest = Math.min(...state.heldOut.map((position) => shotsOf.get(position)?.length ?? 0));
  if (fewest === 0) {
    state.skipped.push({ name: "5-shot", note: "no example fits beside another in the model's context" });
    return;
  }
  const name = `${fewest}-shot`;
  const shotsFor = (position: number) => shotsOf.get(position)!.slice(0, fewest);
  const tokens = sum(
    state.heldOut.map((position) => context.prompt(spec.examples[position]!, shotsFor(position)).length),
  );
  if (tokens > allowed * 3) {
    state.skipped.push({ name, note: "it would have taken most of the time" });
    return;
  }
  keep(context, name, await ask(true, shotsFor));
}

/** What a model writes for the held-out examples, with no examples and with five. */
async function measureWritten(context: RunContext, engine: Engine): Promise<void> {
  const { spec, state } = context;
  const begun = performance.now();
  const ask = async (stage: string, shots?: (position: number) => readonly Example[]): Promise<Answer[]> => {
    const prompts = state.heldOut.map((row) => context.prompt(spec.examples[row]!, shots?.(row)));
    const texts = await writtenAnswers(engine, prompts, context.mostAnswerTokens, (done) =>
      context.tell({ stage, done, total: prompts.length }),
    );
    return texts.map((text, i) => ({ text, score: scoreOf(context, text, context.heldOut[i]!.output) }));
  };
  const [first] = context.heldOut;
  if (first !== undefined) {
    await writtenAnswers(engine, [context.prompt(first)], context.mostAnswerTokens, () => {});
    const eachMs = performance.now() - begun;
    while (state.heldOut.length > fewestHeldOut && eachMs * state.heldOut.length * 3 > spec.budgetMs * share * 2) {
      state.heldOut = state.heldOut.filter((_, i) => i % 4 !== 3);
    }
  }
  keep(context, "zero-shot", await ask(asking));
  const shotsOf = new Map<number, readonly Example[]>();
  for (const { test, train } of context.parts) {
    const shots = context.shots(5, train);
    for (const position of test) shotsOf.set(position, shots);
  }
  const fewest = Math.min(...state.heldOut.map((position) => shotsOf.get(position)?.length ?? 0));
  if (fewest === 0) return;
  const shotsFor = (row: number) => shotsOf.get(row)!.slice(0, fewest);
  keep(context, `${fewest}-shot`, await ask("asking the untuned model with examples", shotsFor));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
