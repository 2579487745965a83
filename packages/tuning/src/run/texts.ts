import {
  answerText,
  type ChatTemplate,
  chatTemplateFor,
  createTokenizer,
  type ModelFiles,
  type Tokenizer,
  type TrainingText,
} from "@tugboat/engine";
import { TuningError } from "../errors.ts";

/** Prompts and answers as the tokens with which the served model will meet them. */
export class Texts {
  readonly tokenizer: Tokenizer;
  readonly #chat: ChatTemplate;
  readonly #end: number;
  /** The longest text in tokens. */
  readonly room: number;

  constructor(files: ModelFiles, room: number) {
    this.tokenizer = createTokenizer(files.tokenizer);
    this.#chat = chatTemplateFor(files.chatTemplate, this.tokenizer);
    this.room = room;
    this.#end = this.#endToken();
  }

  /** Without the end token. */
  answer(text: string): number[] {
    return this.tokenizer.encode(text);
  }

  /** A prompt with room for `answerTokens` more; what is too long loses the end of its input. */
  prompt(build: (input: string) => string, input: string, answerTokens: number): number[] {
    let shown = input;
    for (;;) {
      const tokens = this.#encode(build(shown));
      const over = tokens.length + answerTokens + 1 - this.room;
      if (over <= 0) return tokens;
      if (shown === "") {
        throw new TuningError(
          "bad-samples",
          `The instruction and the longest answer alone are longer than the ${this.room} tokens that this model reads.`,
          "Shorten the instruction and the answers, or choose a model with a longer context.",
        );
      }
      shown = shown.slice(0, Math.max(0, Math.min(shown.length - over, Math.floor(shown.length * 0.9))));
    }
  }

  /** Whether a prompt fits as it is. */
  fits(prompt: string, answerTokens: number): boolean {
    return this.#encode(prompt).length + answerTokens + 1 <= this.room;
  }

  /** The prompt, and the answer with its end, of which the answer is learnt and scored. */
  text(prompt: readonly number[], answer: readonly number[]): TrainingText {
    return answerText(prompt, this.ended(answer));
  }

  /** An answer with the token that ends it. */
  ended(answer: readonly number[]): number[] {
    return [...answer, this.#end];
  }

  /** Plain text, all of it learnt with the same weight. */
  plain(text: string, weight: number): TrainingText {
    const tokens = this.tokenizer.encode(text, { bos: true }).slice(0, this.room);
    return { tokens, weights: new Float32Array(tokens.length).fill(weight) };
  }

  #encode(content: string): number[] {
    const text = this.#chat.render({ messages: [{ role: "user", content }], addGenerationPrompt: true });
    return this.tokenizer.encode(text, { special: true, bos: this.#chat.origin !== "model" });
  }

  /** What the template writes after an answer, where that ends one; else the model's own end. */
  #endToken(): number {
    const messages = [
      { role: "user" as const, content: "a" },
      { role: "assistant" as const, content: "b" },
    ];
    const whole = this.#chat.render({ messages, addGenerationPrompt: false });
    const after = whole.slice(whole.lastIndexOf("b") + 1).trimStart();
    const { endOfGeneration, eos } = this.tokenizer;
    const [first] = after === "" ? [] : this.tokenizer.encode(after, { special: true });
    if (first !== undefined && endOfGeneration.has(first)) return first;
    const end = eos ?? endOfGeneration.values().next().value;
    if (end !== undefined) return end;
    throw new TuningError("refused", "This model has no token that ends an answer.", "Choose another model.");
  }
}
