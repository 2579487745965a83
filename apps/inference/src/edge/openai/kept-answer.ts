import type { Context } from "hono";
import { type ExactCache, exactKey } from "../../domain/caching/exact-cache.ts";
import type { CatalogEntry } from "../../domain/models/catalog.ts";
import type { WorkerRequest } from "../../workers/protocol.ts";
import { invalidRequest } from "../errors.ts";
import type { Used } from "../metering.ts";
import type { EdgeVariables } from "../types.ts";
import type { Answering, ChoiceEvent, Usage } from "./generation.ts";

/** An answer as it was given. */
export interface KeptAnswer {
  readonly events: readonly ChoiceEvent[];
  readonly usage: Usage;
}

/** Events of a kept answer that are written at a time: a client that reads slowly gets no more. */
const batch = 64;
const longestTtl = 86_400;
const defaultTtl = 3_600;

/**
 * What the request says of answers that were given before: `x-tugboat-cache-control: exact`, with `; ttl=600` for how many
 * seconds its own answer may be kept.
 * @returns seconds; undefined when it asks for none
 * @throws ApiError 400
 */
export function wantedTtl(c: Context<EdgeVariables>): number | undefined {
  const said = c.req.header("x-tugboat-cache-control")?.trim().toLowerCase();
  if (said === undefined || said === "off") return undefined;
  const found = /^exact(?:\s*;\s*ttl=(\d{1,6}))?$/.exec(said);
  const ttl = found?.[1] === undefined ? defaultTtl : Number(found[1]);
  if (found !== null && ttl >= 1 && ttl <= longestTtl) return ttl;
  throw invalidRequest(
    "invalid_value",
    `x-tugboat-cache-control: '${said.slice(0, 60)}' is neither 'off' nor 'exact', with '; ttl=' and 1 to ${longestTtl} seconds.`,
    "x-tugboat-cache-control",
  );
}

/** Whether the request wants no answer that was given before, whatever its alias says. */
export function turnsOff(c: Context<EdgeVariables>): boolean {
  return c.req.header("x-tugboat-cache-control")?.trim().toLowerCase() === "off";
}

/**
 * The key of a request whose answer is always the same: temperature 0, or a seed. A model that was replaced is another.
 * @returns undefined when each answer is drawn anew
 */
export function keyOf(
  organizationId: string,
  entry: CatalogEntry | undefined,
  requests: readonly WorkerRequest[],
  choices: number,
): string | undefined {
  if (entry === undefined || requests.some(({ seed, temperature }) => temperature !== 0 && seed === undefined)) {
    return undefined;
  }
  const { addedAt, bytes, name, sourcePath } = entry;
  return exactKey({
    organizationId,
    model: { name, sourcePath, bytes, addedAt: addedAt.getTime() },
    requests,
    choices,
  });
}

/** Hands an answer on and keeps it once it has ended. */
export function keeping(
  answer: Answering,
  cache: ExactCache<KeptAnswer>,
  { key, organizationId, ttl }: { readonly key: string; readonly organizationId: string; readonly ttl: number },
): Answering {
  return hearing(answer, (kept, bytes) => cache.put(key, organizationId, kept, bytes, Date.now() + ttl * 1000));
}

/**
 * Hands an answer on and tells of it once it has ended, if it was given whole.
 * @param onWhole gets about how many bytes it takes to keep
 */
export function hearing(answer: Answering, onWhole: (kept: KeptAnswer, bytes: number) => void): Answering {
  const events: ChoiceEvent[] = [];
  let bytes = 0;
  let isWhole = true;
  return {
    get usage() {
      return answer.usage;
    },
    get timings() {
      return answer.timings;
    },
    get tokens() {
      return answer.tokens;
    },
    get cachedTokens() {
      return answer.cachedTokens;
    },
    get queueMs() {
      return answer.queueMs;
    },
    get firstMs() {
      return answer.firstMs;
    },
    get used() {
      return answer.used;
    },
    source: answer.source,
    async next() {
      const some = await answer.next();
      if (some === undefined) {
        const ended = new Set(events.filter(({ type }) => type === "finish").map(({ choice }) => choice));
        const isCancelled = events.some((event) => event.type === "finish" && event.reason === "cancelled");
        if (!isWhole || isCancelled || ended.size === 0) return undefined;
        onWhole({ events, usage: answer.usage }, bytes);
        return undefined;
      }
      for (const event of some) {
        events.push(event);
        bytes += 120 + 2 * event.text.length + (event.type === "token" && event.logprobs ? 2_000 : 0);
      }
      return some;
    },
    cancel() {
      isWhole = false;
      answer.cancel();
    },
  };
}

/** A kept answer, given again: nothing is computed, and what is accounted for is its prompt, as cached tokens. */
export class Replay implements Answering {
  readonly source: "hit" | "semantic";
  readonly usage: Usage;
  readonly timings = undefined;
  readonly tokens: number;
  readonly cachedTokens: number;
  readonly queueMs = 0;
  readonly firstMs = 0;
  readonly #events: readonly ChoiceEvent[];
  #at = 0;

  /** @param source whether the question was the same, or meant the same */
  constructor({ events, usage: { completionTokens, promptTokens } }: KeptAnswer, source: "hit" | "semantic" = "hit") {
    this.source = source;
    this.#events = events;
    this.usage = { promptTokens, completionTokens, cachedTokens: promptTokens };
    this.tokens = promptTokens + completionTokens;
    this.cachedTokens = promptTokens;
  }

  get used(): Used {
    const { promptTokens } = this.usage;
    return { usage: { promptTokens, cachedTokens: promptTokens, completionTokens: 0 } };
  }

  async next(): Promise<readonly ChoiceEvent[] | undefined> {
    if (this.#at >= this.#events.length) return undefined;
    const some = this.#events.slice(this.#at, this.#at + batch);
    this.#at += batch;
    return some;
  }

  cancel(): void {
    this.#at = this.#events.length;
  }
}
