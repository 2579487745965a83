import type { Engine, Trainer } from "@tugboat/engine";
import type { Texts } from "./texts.ts";

/** Prompts weighed at once: few enough that a stop is heard. */
const chunk = 24;

/** How sure a model is of each label, from 0 to 1, together 1. */
export type Chances = readonly number[];

/**
 * The chances of every label after each prompt: of its log-probability with its end, so that no other answer is possible.
 * @param frozen as the model was before any training
 * @returns `[prompts][labels]`
 */
export async function labelChances(
  trainer: Trainer,
  texts: Texts,
  prompts: readonly (readonly number[])[],
  labels: readonly string[],
  options: { readonly frozen: boolean; readonly onDone?: (prompts: number) => void },
): Promise<Chances[]> {
  const answers = labels.map((label) => texts.ended(texts.answer(label)));
  const out: Chances[] = [];
  for (let at = 0; at < prompts.length; at += chunk) {
    const questions = prompts.slice(at, at + chunk).map((prompt) => ({ prompt, answers }));
    for (const logprobs of await trainer.weigh(questions, { frozen: options.frozen })) out.push(softmax(logprobs));
    options.onDone?.(out.length);
  }
  return out;
}

function softmax(logprobs: Float64Array): Chances {
  const most = Math.max(...logprobs);
  const raised = Array.from(logprobs, (one) => Math.exp(one - most));
  const sum = raised.reduce((total, one) => total + one, 0);
  return raised.map((one) => one / sum);
}

/** The position of the highest. */
export function likeliest(chances: Chances): number {
  return chances.indexOf(Math.max(...chances));
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

export interface Predicted {
  readonly bits: number;
  /** Of what is predicted. */
  readonly bytes: number;
}

/** How well each of some texts is predicted that nobody was taught. */
export async function predictTexts(
  trainer: Trainer,
  texts: Texts,
  general: readonly string[],
  frozen: boolean,
): Promise<Predicted[]> {
  const all = general.map((text) => texts.plain(text, 1));
  const { texts: scored } = await trainer.evaluate(all, { frozen });
  return all.map(({ tokens }, i) => ({
    bits: -(scored[i]?.logprob ?? 0) / Math.LN2,
    bytes: byteLength(texts, tokens),
  }));
}

/** Bits per byte; less is better. */
export function perByte(predicted: readonly Predicted[]): number {
  const bits = predicted.reduce((sum, one) => sum + one.bits, 0);
  return (
    bits /
    Math.max(
      1,
      predicted.reduce((sum, one) => sum + one.bytes, 0),
    )
  );
}

/** Of the tokens that are predicted: all but the first. */
function byteLength(texts: Texts, tokens: readonly number[]): number {
  return tokens.slice(1).reduce((sum, token) => sum + texts.tokenizer.tokenBytes(token).length, 0);
}
