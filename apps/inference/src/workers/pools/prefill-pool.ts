import type { Logger } from "pino";
import { Placed } from "../placed.ts";
import type { HandOverAddress, PrefillAnswer } from "../protocol.ts";
import type { Replica } from "../replica.ts";
import type { PlacedRequest } from "../servable.ts";

/** What was handed over, since the model was loaded. */
export interface HandOverCounts {
  readonly requests: number;
  readonly tokens: number;
  readonly bytes: number;
  /** Milliseconds between the workers, of all of them together. */
  readonly ms: number;
  /** Prompts that their replica had to read itself, because no worker of the pool could. */
  readonly missed: number;
}

/** A shorter prompt is read sooner than it is handed over: about four characters are a token, 16 tokens a block. */
const leastCharacters = 256;

/** The workers that read prompts for the replicas of a deployment. */
export class PrefillPool {
  readonly replicas: readonly Replica[];
  readonly #placed: Placed<Replica>;
  readonly #model: string;
  readonly #log: Logger;
  #counts: HandOverCounts = { requests: 0, tokens: 0, bytes: 0, ms: 0, missed: 0 };

  constructor(replicas: readonly Replica[], model: string, log: Logger) {
    this.replicas = replicas;
    this.#model = model;
    this.#log = log;
    this.#placed = new Placed({
      places: () => replicas,
      onRetry: ({ message }, attempt) => log.warn({ model, attempt, reason: message }, "prompt read anew"),
    });
  }

  get counts(): HandOverCounts {
    return this.#counts;
  }

  wake(): void {
    for (const replica of this.replicas) replica.wake();
  }

  /**
   * Has a prompt read and handed over.
   * @returns undefined when its replica is to read it: it is short, it shares nothing with anybody, or nobody here could. Why is in the log; what is wrong
   * with the request itself its replica says again.
   */
  async read(request: PlacedRequest, to: HandOverAddress): Promise<PrefillAnswer | undefined> {
    // Without a scope nothing is found in a cache, and so nothing is where it was handed to.
    if (request.cacheScope === undefined || lengthOf(request.prompt) < leastCharacters) return undefined;
    try {
      const answer = await this.#placed.ask(request.affinity, (replica) => replica.prefill(request, to));
      const { requests, tokens, bytes, ms, missed } = this.#counts;
      this.#counts = {
        requests: requests + 1,
        tokens: tokens + answer.taken,
        bytes: bytes + answer.bytes,
        ms: ms + answer.handOverMs,
        missed,
      };
      return answer;
    } catch (error) {
      this.#counts = { ...this.#counts, missed: this.#counts.missed + 1 };
      this.#log.warn({ model: this.#model, err: error }, "no worker read the prompt: its replica does");
      return undefined;
    }
  }
}

/** In characters, about. */
function lengthOf(prompt: PlacedRequest["prompt"]): number {
  if ("text" in prompt) return prompt.text.length;
  if ("tokens" in prompt) return prompt.tokens.length * 4;
  return JSON.stringify([prompt.messages, prompt.tools ?? []]).length;
}
