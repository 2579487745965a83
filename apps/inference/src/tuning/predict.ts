import type { Engine, Trainer, TrainingText } from "@tugboat/engine";
import type { Texts } from "./texts.ts";

/** Texts scored at once: few enough that a stop is heard. */
const chunk = 24;

/**
 * The most likely label of each prompt: every label's log-probability with its end, so that no other answer is possible.
 * @param frozen as the model was before any training
 * @returns positions in `labels`
 */
export async function likeliestLabels(
  trainer: Trainer,
  texts: Texts,
  prompts: readonly (readonly number[])[],
  labels: readonly string[],
  options: { readonly frozen: boolean; readonly onDone?: (prompts: number) => void },
): Promise<number[]> {
  const answers = labels.map((label) => texts.answer(label));
  const out: number[] = [];
  const perChunk = Math.max(1, Math.floor(chunk / labels.length));
  for (let at = 0; at < prompts.length; at += perChunk) {
    const some = prompts.slice(at, at + perChunk);
    const all: TrainingText[] = some.flatMap((prompt) => answers.map((answer) => texts.text(prompt, answer)));
    const { texts: scored } = await trainer.evaluate(all, { frozen: options.frozen });
    for (let i = 0; i < some.length; i++) {
      const chances = scored.slice(i * labels.length, (i + 1) * labels.length).map(({ logprob }) => logprob);
      out.push(chances.indexOf(Math.max(...chances)));
    }
    options.onDone?.(out.length);
  }
  return out;
}

/** What a model writes after each prompt, taking the likeliest token each time. */
export async function writtenAnswers(
  engine: Engine,
  prompts: readonly (readonly number[])[],
  maxTokens: number,
  onDone: (prompts: number) => void,
): Promise<string[]> {
  const out: string[] = [];
  for (const tokens of prompts) {
    let text = "";
    const room = engine.info.contextLength - tokens.length;
    const request = { prompt: { tokens }, maxTokens: Math.min(maxTokens, room), temperature: 0 };
    for await (const event of engine.generate(request))
      if (event.type === "token" || event.type === "finish") text += event.text;
    // The database's JSON has no character of value zero.
    out.push(text.replaceAll("\0", "").trim());
    onDone(out.length);
  }
  return out;
}

/** Bits per byte of texts that nobody was taught; less is better. */
export async function bitsPerByte(
  trainer: Trainer,
  texts: Texts,
  general: readonly string[],
  frozen: boolean,
): Promise<number> {
  const all = general.map((text) => texts.plain(text, 1));
  const { texts: scored } = await trainer.evaluate(all, { frozen });
  const nats = scored.reduce((sum, { logprob }) => sum - logprob, 0);
  const bytes = all.reduce((sum, { tokens }) => sum + byteLength(texts, tokens), 0);
  return nats / Math.LN2 / Math.max(1, bytes);
}

/** Of the tokens that are predicted: all but the first. */
function byteLength(texts: Texts, tokens: readonly number[]): number {
  return tokens.slice(1).reduce((sum, token) => sum + texts.tokenizer.tokenBytes(token).length, 0);
}
