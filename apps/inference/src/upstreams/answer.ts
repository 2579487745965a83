import { z } from "zod";
import type { Target } from "../routing/target.ts";
import { UpstreamError } from "./errors.ts";
import { EventFormatError, eventData } from "./event-reader.ts";
import { send, type UpstreamResponse } from "./http.ts";
import { clean, refusal } from "./refusal.ts";

export type UpstreamTarget = Extract<Target, { kind: "upstream" }>;
type Json = Record<string, unknown>;

export interface Ask {
  readonly target: UpstreamTarget;
  readonly path: "/chat/completions" | "/completions";
  /** As the client sent it. */
  readonly body: Json;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** No context is that long: who tells more tells nonsense, and is not believed. */
const mostTokens = 10_000_000;
const count = z.int().min(0).max(mostTokens).nullish().catch(null);
const usage = z
  .looseObject({
    prompt_tokens: count,
    completion_tokens: count,
    prompt_tokens_details: z.looseObject({ cached_tokens: count }).nullish().catch(null),
  })
  .nullish();
const choice = z.looseObject({ finish_reason: z.string().nullish() });
const document = z.looseObject({ choices: z.array(choice), usage });
const streamError = z.looseObject({ error: z.looseObject({ message: z.string() }) });

const maxWholeBytes = 32 << 20;
const maxStreamBytes = 256 << 20;

/** What was used, and how long it took, in the terms of an answer of the engine's. */
export class UpstreamUsage {
  promptTokens = 0;
  completionTokens = 0;
  cachedTokens = 0;
  /** False until the upstream told it: then it is guessed from what was read. */
  told = false;

  take(said: z.output<typeof usage>): void {
    // Half a truth is none: what is written without being told would be for nothing.
    if (!said || typeof said.prompt_tokens !== "number" || typeof said.completion_tokens !== "number") return;
    this.promptTokens = said.prompt_tokens;
    this.completionTokens = said.completion_tokens;
    this.cachedTokens = said.prompt_tokens_details?.cached_tokens ?? 0;
    this.told = true;
  }
}

/** An upstream's answer: its first document is there, so it has begun. */
export class UpstreamAnswer {
  readonly #documents: AsyncGenerator<Json, void, undefined>;
  readonly #ask: Ask;
  readonly #startedAt: number;
  readonly #usage: UpstreamUsage;
  #first: Json | undefined;
  readonly firstMs: number;
  #endMs: number | undefined;

  private constructor(
    ask: Ask,
    documents: AsyncGenerator<Json, void, undefined>,
    first: Json | undefined,
    found: UpstreamUsage,
    startedAt: number,
  ) {
    this.#ask = ask;
    this.#documents = documents;
    this.#first = first;
    this.#usage = found;
    this.#startedAt = startedAt;
    this.firstMs = performance.now() - startedAt;
  }

  /**
   * Asks, and waits for the first event or the whole answer: what the upstream refuses is thrown here.
   * @throws UpstreamError
   */
  static async start(ask: Ask): Promise<UpstreamAnswer> {
    const { body, headers, path, signal, target } = ask;
    const { model, upstream } = target;
    if (!upstream.enabled) throw new UpstreamError("unusable", `The upstream ${upstream.name} is switched off.`);
    if (upstream.problem !== undefined) throw new UpstreamError("unusable", upstream.problem);
    const streamed = body.stream === true;
    const startedAt = performance.now();
    const response = await send({
      upstream,
      path,
      method: "POST",
      accept: streamed ? "text/event-stream" : "application/json",
      body: JSON.stringify({
        ...body,
        model,
        // Asked for always: tokens are counted whether the client wants to know or not.
        ...(streamed && { stream_options: { ...Object(body.stream_options), include_usage: true } }),
      }),
      ...(headers && { headers }),
      // A whole answer begins when it has ended.
      ...(!streamed && { firstByteMs: upstream.totalTimeoutMs }),
      signal,
    });
    if (response.status !== 200) throw await refusal(upstream, model, response);
    const found = new UpstreamUsage();
    const documents = streamed ? streamDocuments(ask, response, found) : wholeDocument(ask, response, found);
    const { value } = await documents.next();
    return new UpstreamAnswer(ask, documents, value ?? undefined, found, startedAt);
  }

  /**
   * The next document as the client is to see it, undefined at the end.
   * @throws UpstreamError
   */
  async next(): Promise<Json | undefined> {
    const first = this.#first;
    this.#first = undefined;
    if (first !== undefined) return first;
    const { value } = await this.#documents.next();
    if (value === undefined) this.#endMs ??= performance.now() - this.#startedAt;
    return value ?? undefined;
  }

  cancel(): void {
    void this.#documents.return();
  }

  get usage() {
    const { told, promptTokens, completionTokens, cachedTokens } = this.#usage;
    const guess = told ? promptTokens : guessed(this.#ask.body.messages ?? this.#ask.body.prompt ?? "");
    return { promptTokens: guess, completionTokens, cachedTokens };
  }

  get usageEstimated(): boolean {
    return !this.#usage.told;
  }

  get tokens(): number {
    const { completionTokens, promptTokens } = this.usage;
    return promptTokens + completionTokens;
  }

  get timings() {
    const end = this.#endMs ?? performance.now() - this.#startedAt;
    const decodeMs = end - this.firstMs;
    const { completionTokens } = this.#usage;
    return {
      queueMs: 0,
      prefillMs: this.firstMs,
      ttftMs: this.firstMs,
      decodeMs,
      tokensPerSecond: decodeMs > 0 && completionTokens > 1 ? ((completionTokens - 1) * 1000) / decodeMs : 0,
    };
  }
}

/** Four characters are a token, roughly: a guess for an upstream that does not tell, or was not heard to the end. */
function guessed(said: unknown): number {
  return Math.ceil(JSON.stringify(said).length / 4);
}

async function* streamDocuments(
  { body, target: { upstream } }: Ask,
  response: UpstreamResponse,
  found: UpstreamUsage,
): AsyncGenerator<Json, void, undefined> {
  const requested = body.model;
  const wantsUsage = Object(body.stream_options).include_usage === true;
  const type = response.headers["content-type"] ?? "";
  const wrong = (what: string, cause?: unknown) =>
    new UpstreamError("bad-answer", `The upstream ${upstream.name} ${what}.`, { ambiguous: true, cause });
  if (!/^text\/event-stream\b/i.test(type)) {
    await response.body.return();
    // JSON may be a whole completion; anything else is none.
    const message = `The upstream ${upstream.name} answered with something else than a stream of events.`;
    throw new UpstreamError("bad-answer", message, { ambiguous: /json/i.test(type) });
  }
  let finished = 0;
  let choices = 0;
  try {
    for await (const data of eventData(bounded(response.body, maxStreamBytes))) {
      if (data.trim() === "[DONE]") return;
      const { json, parsed } = readDocument(data);
      const failed = streamError.safeParse(json).data;
      if (failed) {
        throw new UpstreamError(
          "server-error",
          `The upstream ${upstream.name} failed: ${clean(failed.error.message, upstream)}`,
        );
      }
      if (parsed === undefined) throw wrong("sent an event that is not one of OpenAI's");
      found.take(parsed.usage);
      for (const { finish_reason } of parsed.choices) {
        choices++;
        if (finish_reason != null) finished++;
        else if (!found.told) found.completionTokens++;
      }
      if (wantsUsage) yield { ...parsed, model: requested };
      else {
        const { usage: _, ...rest } = parsed;
        if (parsed.choices.length > 0) yield { ...rest, model: requested };
      }
    }
  } catch (error) {
    if (error instanceof EventFormatError) throw wrong("sent a stream that can't be read", error);
    throw error;
  }
  // Some leave [DONE] out; without the choices' ends the answer is not whole.
  const wanted = typeof body.n === "number" ? body.n : 1;
  if (finished < wanted || choices === 0) {
    throw new UpstreamError("cut", `The upstream ${upstream.name} broke off in the middle of its answer.`, {
      ambiguous: true,
    });
  }
}

async function* wholeDocument(
  { body, target: { upstream } }: Ask,
  response: UpstreamResponse,
  found: UpstreamUsage,
): AsyncGenerator<Json, void, undefined> {
  const type = response.headers["content-type"] ?? "";
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of response.body) {
    pieces.push(piece);
    size += piece.length;
    if (size > maxWholeBytes) break;
  }
  const { parsed } = size > maxWholeBytes ? {} : readDocument(Buffer.concat(pieces).toString("utf8"));
  if (parsed === undefined) {
    const message = `The upstream ${upstream.name} sent an answer that is not one of OpenAI's.`;
    throw new UpstreamError("bad-answer", message, { ambiguous: /json/i.test(type) });
  }
  // Overwritten by what it tells, if it tells.
  found.completionTokens = guessed(parsed.choices);
  found.take(parsed.usage);
  yield { ...parsed, model: body.model };
}

async function* bounded(pieces: UpstreamResponse["body"], most: number): AsyncGenerator<Uint8Array, void, undefined> {
  let size = 0;
  for await (const piece of pieces) {
    size += piece.length;
    if (size > most) throw new EventFormatError(`an answer is longer than ${most} bytes`);
    yield piece;
  }
}

function readDocument(text: string): { json: unknown; parsed: z.output<typeof document> | undefined } {
  try {
    const json: unknown = JSON.parse(text);
    return { json, parsed: document.safeParse(json).data };
  } catch {
    return { json: undefined, parsed: undefined };
  }
}
