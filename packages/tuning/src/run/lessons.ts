import { batchOrder, type Trainer, type TrainingBatch, type TrainingText } from "@tugboat/engine";
import { type RunContext, seed } from "./context.ts";

/** Every so many steps some of what the base model writes is learnt along. */
const replayEvery = 4;
/** Texts of replay in such a step. */
const replayed = 2;
/** Of all of them together, against the answers of a step. */
const replayWeight = 0.4;
/** Of steps on pairs, each third learns the better answers themselves, so that both do not become unlikely together. */
const everyThird = 3;

/**
 * An answer of a word or two has little to learn from; the text that it belongs to has more. Its tokens count together so
 * much of what the answer's do (a loss over instructions too: Shi et al. 2024). Told 60 sections of packages, tug-small
 * knows 39 of 100 others instead of 30.
 */
const promptShare = 0.3;

/** What a step learns: from which examples, and how. A function of the step, so that a killed run goes on alike. */
export class Lessons {
  readonly #context: RunContext;
  readonly #positions: readonly number[];
  readonly #texts: ReadonlyMap<number, TrainingText>;
  readonly #references: References;

  constructor(context: RunContext, positions: readonly number[], references: References) {
    const { spec, texts } = context;
    this.#context = context;
    this.#positions = positions;
    this.#references = references;
    this.#texts = new Map(
      positions.map((position) => {
        const example = spec.examples[position]!;
        const learnt = texts.text(context.prompt(example), texts.answer(example.output));
        return [position, context.kind === "labels" && !context.hasPreferences ? withPrompt(learnt) : learnt];
      }),
    );
  }

  batch(step: number, size: number): TrainingBatch {
    const order = batchOrder(this.#positions.length, Math.min(size, this.#positions.length), seed, step);
    const chosen = order.map((at) => this.#positions[at]!);
    if (this.#context.hasPreferences && step % everyThird !== everyThird - 1) {
      return { kind: "dpo", pairs: chosen.map((position) => this.#pair(position)) };
    }
    const learnt = chosen.map((position) => this.#texts.get(position)!);
    const weight = learnt.reduce((sum, { weights = [] }) => sum + total(weights), 0);
    return { kind: "supervised", texts: [...learnt, ...this.#replay(step, weight)] };
  }

  #pair(position: number) {
    const { spec, texts } = this.#context;
    const example = spec.examples[position]!;
    const rejected = texts.text(this.#context.prompt(example), texts.answer(example.rejected ?? ""));
    const reference = this.#references.get(position);
    return { chosen: this.#texts.get(position)!, rejected, ...(reference && { reference }) };
  }

  /** Texts that remind of what the base model writes. */
  #replay(step: number, answersWeight: number): TrainingText[] {
    const { replay } = this.#context.state;
    if (replay.length === 0 || step % replayEvery !== replayEvery - 1) return [];
    const turn = Math.floor(step / replayEvery) * replayed;
    const texts = Array.from({ length: replayed }, (_, i) => replay[(turn + i) % replay.length]!);
    const predicted = texts.reduce((sum, { length }) => sum + length - 1, 0);
    const weight = (replayWeight * answersWeight) / Math.max(1, predicted);
    return texts.map((tokens) => ({ tokens, weights: new Float32Array(tokens.length).fill(weight) }));
  }
}

/** What both answers of each pair are worth before the training, which DPO compares with; by position. */
export type References = ReadonlyMap<number, { readonly chosen: number; readonly rejected: number }>;

/** @param trainer as it was opened, before any step */
export async function referencesOf(
  context: RunContext,
  trainer: Trainer,
  positions: readonly number[],
): Promise<References> {
  const { spec, texts } = context;
  const out = new Map<number, { chosen: number; rejected: number }>();
  if (!context.hasPreferences) return out;
  for (const position of positions) {
    const example = spec.examples[position]!;
    const answers = [example.output, example.rejected ?? ""].map((answer) => texts.ended(texts.answer(answer)));
    const [logprobs] = await trainer.weigh([{ prompt: context.prompt(example), answers }]);
    out.set(position, { chosen: logprobs![0]!, rejected: logprobs![1]! });
  }
  return out;
}

/** A text of which the prompt is learnt too, a little. */
function withPrompt({ tokens, weights = [] }: TrainingText): TrainingText {
  // The first token is not predicted.
  const unlearnt = Array.from(tokens).filter((_, at) => at > 0 && !weights[at]).length;
  const each = (promptShare * total(weights)) / Math.max(1, unlearnt);
  return { tokens, weights: Float32Array.from(tokens, (_, at) => (at === 0 ? 0 : weights[at] || each)) };
}

function total(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum;
}
