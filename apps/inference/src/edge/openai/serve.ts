import type { Context } from "hono";
import { affinityOf } from "../../routing/affinity.ts";
import { planHeader, type ServedBy } from "../../routing/target.ts";
import type { WorkerRequest } from "../../workers/protocol.ts";
import { type Answerer, organizationOf } from "../access.ts";
import { ApiError, toApiError } from "../errors.ts";
import { costOf, meterCall } from "../metering.ts";
import type { EdgeServices, EdgeVariables } from "../types.ts";
import { answerHeaders, cacheOf } from "./answer.ts";
import { type Answering, Generation } from "./generation.ts";
import { hearing, keeping, keyOf, Replay, turnsOff, wantedTtl } from "./kept-answer.ts";
import { lookUp, questionOf, textOf } from "./near-answer.ts";
import { type ChunkWriter, eventStream } from "./sse.ts";

export interface ServeOptions {
  /** What is to answer. */
  readonly answerer: Answerer;
  readonly served: ServedBy;
  /** One for each prompt. */
  readonly requests: readonly WorkerRequest[];
  /** Of each prompt. */
  readonly choices: number;
  /** The request's field that holds the prompt. */
  readonly promptParam: "messages" | "prompt";
  /** Writes the answer as a stream; absent: as one document. */
  readonly chunks: ChunkWriter | undefined;
  readonly body: (generation: Answering) => Promise<object>;
}

/** Runs a request and answers it, streamed or whole. */
export async function serve(
  c: Context<EdgeVariables>,
  { answers, meter, pool, semantic }: Pick<EdgeServices, "answers" | "meter" | "pool" | "semantic">,
  { answerer, body, choices, chunks, promptParam, requests, served }: ServeOptions,
): Promise<Response> {
  const call = c.get("call");
  const { signal } = c.req.raw;
  meterCall(c, meter, promptParam === "messages" ? "chat" : "completion", served.requested);
  // Prompts of one organization share what was computed of them, and its requests their turns; never with another's.
  const cacheScope = organizationOf(call.caller) ?? "nobody";
  const isAwaited = call.work === undefined || call.work.isAwaited === true;
  const behind = isAwaited ? {} : ({ priority: "batch" } as const);
  const scoped = requests.map((request) => ({
    ...request,
    cacheScope,
    ...behind,
    affinity: affinityOf(cacheScope, answerer.worker, call.affinity, request.prompt),
    whole: chunks === undefined,
  }));
  call.askedAtMs = call.elapsedMs;
  const ttl = wantedTtl(c);
  const near = async () => {
    const { alias } = served;
    // What measures a model must hear the model.
    if (semantic === undefined || call.work || alias?.semanticError === undefined || turnsOff(c)) return undefined;
    const question = questionOf(cacheScope, alias, answerer, requests, choices);
    const { semanticError } = alias;
    return question && lookUp(semantic, question, { id: alias.id, semanticError }, signal);
  };
  const key = answers && ttl !== undefined ? keyOf(cacheScope, answerer.model, requests, choices) : undefined;
  const compute = () => Generation.start(pool, answerer.worker, scoped, choices, signal, call.trace.heard);
  const kept = key === undefined ? undefined : answers?.get(key, Date.now());
  const look = kept ? undefined : await near();
  let generation: Answering;
  try {
    if (kept) generation = new Replay(kept);
    else generation = look?.hit ? new Replay(look.hit, "semantic") : await compute();
  } catch (error) {
    throw toApiError(error, promptParam);
  }
  if (look && !look.hit) generation = hearing(generation, (whole) => look.learn(textOf(whole), whole));
  if (!kept && answers && key !== undefined && ttl !== undefined) {
    generation = keeping(generation, answers, { key, organizationId: cacheScope, ttl });
  }
  call.cache = cacheOf(generation);
  call.model = served.requested;
  call.served = served;
  c.header("x-tugboat-plan", planHeader(served));
  const { path, method } = c.req;
  if (chunks === undefined) {
    try {
      const answer = await body(generation);
      const settled = call.settle(signal.aborted ? "aborted" : "done", generation.used);
      await settled?.durable;
      call.end(path, method, 200, signal.aborted ? "aborted" : "done", generation);
      const cost = settled && costOf(settled);
      return c.json({ ...answer, ...cost?.field }, 200, { ...answerHeaders(generation), ...cost?.header });
    } catch (error) {
      await call.settle("error", generation.used)?.durable;
      throw toApiError(error, promptParam);
    }
  }
  call.streaming = true;
  const stream = eventStream(generation, chunks, {
    settle: async (outcome) => {
      const settled = call.settle(outcome, generation.used);
      await settled?.durable;
      return settled === undefined ? {} : costOf(settled).field;
    },
    onError: (error) => {
      const answer = toApiError(error, promptParam);
      call.trace.problem = { code: answer.code ?? answer.type, message: answer.message };
      call.log.error({ err: answer.cause ?? answer }, "stream failed");
      return answer.body();
    },
    onEnd: (outcome) => {
      call.settle(outcome, generation.used);
      call.end(path, method, 200, outcome, generation);
    },
  });
  return c.body(stream, 200, {
    ...answerHeaders(generation),
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-cache, no-transform",
    // Asks proxies not to collect the stream.
    "x-accel-buffering": "no",
  });
}

/** A text longer than any tokens that fit: refused before the tokenizer works on it. */
export function refuseHugePrompt(characters: number, contextLength: number, param: string): void {
  const longestToken = 256;
  if (characters <= contextLength * longestToken) return;
  throw new ApiError(
    400,
    "invalid_request_error",
    "context_length_exceeded",
    `This model's maximum context length is ${contextLength} tokens; your ${param} of ${characters} characters cannot fit. Please reduce its length.`,
    { param },
  );
}
