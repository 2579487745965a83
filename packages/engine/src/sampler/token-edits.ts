import { EDIT_WORDS } from "@tugboat/kernels";
import type { SamplingParameters } from "./request.ts";

/**
 * Which logits a sequence's next token must be drawn with changed: those of tokens that were seen, and those with a bias.
 * The repetition penalty counts prompt and answer (Keskar et al. 2019); frequency and presence count the answer alone, as
 * OpenAI defines them, and go into the bias.
 */
export class TokenEdits {
  readonly #sampling: SamplingParameters;
  readonly #entries = new Map<number, { seen: boolean; answered: number }>();
  readonly #active: boolean;
  readonly #penalised: boolean;

  constructor(sampling: SamplingParameters, prompt: Int32Array) {
    this.#sampling = sampling;
    this.#penalised = sampling.frequencyPenalty !== 0 || sampling.presencePenalty !== 0;
    this.#active = sampling.repetitionPenalty !== 1 || this.#penalised;
    if (sampling.repetitionPenalty !== 1) for (const token of prompt) this.#entry(token).seen = true;
    for (const token of sampling.logitBias.keys()) this.#entry(token);
  }

  get size(): number {
    return this.#entries.size;
  }

  add(token: number): void {
    if (!this.#active) return;
    const entry = this.#entry(token);
    entry.seen = true;
    entry.answered += 1;
  }

  /** Writes at most `limit` edits, and says how many. `words` and `floats` are views of the same memory. */
  write(words: Uint32Array, floats: Float32Array, at: number, limit: number): number {
    const { frequencyPenalty, presencePenalty, logitBias } = this.#sampling;
    let written = 0;
    for (const [token, { seen, answered }] of this.#entries) {
      if (written === limit) break;
      const to = at + written * EDIT_WORDS;
      const penalty = answered > 0 ? answered * frequencyPenalty + presencePenalty : 0;
      words[to] = token;
      words[to + 1] = seen ? 1 : 0;
      floats[to + 2] = (logitBias.get(token) ?? 0) - penalty;
      words[to + 3] = 0;
      written += 1;
    }
    return written;
  }

  #entry(token: number): { seen: boolean; answered: number } {
    let entry = this.#entries.get(token);
    if (!entry) {
      entry = { seen: false, answered: 0 };
      this.#entries.set(token, entry);
    }
    return entry;
  }
}
