import { loadEngine, type Trainer } from "@tugboat/engine";
import { wordOverlap } from "../answer-score.ts";
import type { RunContext } from "./context.ts";
import { labelChances, likeliest, writtenAnswers } from "./predict.ts";
import type { Answer } from "./state.ts";

/** A score of an answer, from 0 to 1. */
export function scoreOf({ kind }: Pick<RunContext, "kind">, answer: string, expected: string): number {
  return kind === "text" ? wordOverlap(answer, expected) : answer === expected ? 1 : 0;
}

/** What the trained model answers to examples, in their order. */
export async function askTuned(
  context: RunContext,
  trainer: Trainer,
  positions: readonly number[],
  onDone: (done: number) => void = () => {},
): Promise<Answer[]> {
  if (context.kind !== "text") return askClosed(context, trainer, positions, { frozen: false, onDone });
  const { device, threads } = context.spec;
  const engine = await loadEngine(await trainer.merged(), { device, threads, maxSequences: 1 });
  try {
    const prompts = context.examples(positions).map((example) => context.prompt(example));
    const texts = await writtenAnswers(engine, prompts, context.mostAnswerTokens, onDone);
    return texts.map((text, i) => ({
      text,
      score: wordOverlap(text, context.spec.examples[positions[i]!]!.output),
    }));
  } finally {
    await engine.close();
  }
}

/** Where the answer is one of a few: the likeliest of them. `shots` of an example are shown before it. */
export async function askClosed(
  context: RunContext,
  trainer: Trainer,
  positions: readonly number[],
  options: {
    readonly frozen: boolean;
    readonly shots?: (position: number) => Parameters<RunContext["prompt"]>[1];
    readonly onDone?: (done: number) => void;
  },
): Promise<Answer[]> {
  const { kind, labels, spec, texts } = context;
  const { frozen, onDone, shots } = options;
  const prompts = positions.map((position) => context.prompt(spec.examples[position]!, shots?.(position)));
  if (kind === "labels") {
    const all = await labelChances(trainer, texts, prompts, labels, { frozen, ...(onDone && { onDone }) });
    return all.map((chances, i) => {
      const text = labels[likeliest(chances)]!;
      return { text, score: scoreOf(context, text, spec.examples[positions[i]!]!.output), chances: [...chances] };
    });
  }
  const out: Answer[] = [];
  for (const [i, prompt] of prompts.entries()) {
    const { output, rejected = "" } = spec.examples[positions[i]!]!;
    const answers = [output, rejected].map((answer) => texts.ended(texts.answer(answer)));
    const [logprobs] = await trainer.weigh([{ prompt, answers }], { frozen });
    // Per token, as SimPO's reward (Meng et al. 2024): else the shorter answer would mostly win.
    const [chosen, other] = answers.map(({ length }, j) => logprobs![j]! / length);
    const chance = 1 / (1 + Math.exp(other! - chosen!));
    out.push({ text: chance > 0.5 ? output : rejected, score: chance > 0.5 ? 1 : 0, chances: [chance, 1 - chance] });
    onDone?.(out.length);
  }
  return out;
}

/** How sure a model is of each right answer, from 0 to 1: it tells ways apart where few answers can't. */
export function rightChances(context: RunContext, positions: readonly number[], answers: readonly Answer[]): number[] {
  const { kind, labels, spec } = context;
  return answers.map(({ chances: all, score }, i) => {
    if (all === undefined) return score;
    return all[kind === "labels" ? labels.indexOf(spec.examples[positions[i]!]!.output) : 0] ?? 0;
  });
}
