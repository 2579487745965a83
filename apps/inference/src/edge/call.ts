import type { UsageStatus } from "@tugboat/db";
import type { Logger } from "pino";
import type { Work } from "../domain/asking/ask.ts";
import type { Tracer } from "../domain/traces/recorder.ts";
import { TraceBuilder } from "../domain/traces/trace-builder.ts";
import type { Settled } from "../domain/usage/meter.ts";
import type { SaidAffinity } from "../routing/affinity.ts";
import { nameOf, planHeader, type ServedBy } from "../routing/target.ts";
import { type Metering, payerOf, type Used } from "./metering.ts";
import type { Metrics } from "./metrics.ts";
import type { Timings, Usage } from "./openai/generation.ts";
import type { ModelCaller } from "./trpc/context.ts";

/** What an answer cost, whoever gave it. */
export interface Answered {
  readonly usage: Usage;
  readonly timings: Timings | undefined;
  /** Read and written until now. */
  readonly tokens: number;
  /** The one who answered did not tell, or was not heard to the end. */
  readonly usageEstimated?: boolean;
}

/** One HTTP request's record: what is logged and counted when its answer has ended. */
export class Call {
  /** A UUIDv7: the id of its usage event and of its trace. */
  readonly id: string;
  /** As the client knows it. */
  readonly requestId: string;
  readonly log: Logger;
  readonly #metrics: Metrics;
  readonly #tracer: Tracer | undefined;
  readonly #startedAt = performance.now();
  #ended = false;
  caller: ModelCaller | undefined;
  /** Told how many tokens were read and written, also when the client went away. */
  onTokens: ((tokens: number) => void) | undefined;
  /** As asked for; empty until known to exist, so that a client can't fill the metrics with names. */
  model = "";
  /** Undefined until somebody took the request. */
  served: ServedBy | undefined;
  /** Where its answer came from, once that is known. */
  cache: "hit" | "semantic" | "prefix" | "miss" | undefined;
  /** True once the answer's end is told by its stream. */
  streaming = false;
  /** The background work that this is part of. */
  work: Work | undefined;
  /** Set for what is accounted for. */
  metering: Metering | undefined;
  /** What it does, step by step: `call.trace.span("route")`. */
  readonly trace = new TraceBuilder(() => this.elapsedMs);
  /** When whoever answers was asked, in ms from the arrival. */
  askedAtMs: number | undefined;
  /** What its sender said that it belongs to. */
  affinity: SaidAffinity | undefined;

  constructor(id: string, requestId: string, log: Logger, metrics: Metrics, tracer?: Tracer) {
    this.id = id;
    this.requestId = requestId;
    this.log = log.child({ requestId: this.requestId });
    this.#metrics = metrics;
    this.#tracer = tracer;
  }

  get elapsedMs(): number {
    return performance.now() - this.#startedAt;
  }

  /** Whether its use has been recorded. */
  get accounted(): boolean {
    return this.metering?.settled === true;
  }

  /** Records what was used. An answer waits until that is durable before it sends its last byte. */
  settle(status: UsageStatus, used?: Used): Settled | undefined {
    // What was stopped is asked again by the same id; only its answer is accounted for.
    if (this.work !== undefined && status !== "done") return undefined;
    return this.metering?.settle(status, used, this.served, this.elapsedMs);
  }

  /** Called once at the end of the answer, whichever it was; later calls do nothing. */
  end(
    route: string,
    method: string,
    status: number,
    outcome: "done" | "aborted" | "error",
    generation?: Answered,
  ): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#metrics.request(route, status, this.model, this.elapsedMs / 1000);
    // What was refused was not served. What was served is settled by now, unless its client went away or it failed.
    if (generation !== undefined) this.settle(outcome, generation);
    else if (status >= 500 || outcome === "aborted") this.settle(outcome === "aborted" ? outcome : "error");
    if (generation !== undefined) this.onTokens?.(generation.tokens);
    if (this.metering?.event) this.#metrics.cost(this.model, this.metering.event.amountPicoUsd);
    this.#record(route, method, status, outcome, generation);
    if (outcome === "aborted") this.#metrics.aborted(this.model);
    if (generation?.timings !== undefined) {
      const { usage, timings } = generation;
      this.#metrics.generated(this.model, { type: "done", usage, timings });
    }
    const line = {
      method,
      route,
      status,
      ms: Math.round(this.elapsedMs * 10) / 10,
      ...(this.model !== "" && { model: this.model }),
      ...(this.served && planLine(this.served)),
      ...(this.caller?.kind === "key" && { key: this.caller.keyId }),
      ...(this.caller?.kind === "member" && { user: this.caller.userId }),
      ...(generation && { usage: generation.usage }),
      ...(outcome !== "done" && { outcome }),
    };
    const isProbe = route === "/health" || route === "/metrics";
    const level = isProbe ? "debug" : status >= 500 || outcome === "error" ? "error" : "info";
    this.log[level](line, "request");
  }

  #record(
    route: string,
    method: string,
    httpStatus: number,
    outcome: "done" | "aborted" | "error",
    generation: Answered | undefined,
  ): void {
    const operation = traced[route];
    const payer = payerOf(this.caller);
    if (this.#tracer === undefined || operation === undefined || method !== "POST" || payer === undefined) return;
    // What was stopped is asked again by the same id.
    if (this.work !== undefined && outcome !== "done") return;
    const { alias, attempts = 1, target } = this.served ?? {};
    const ended = {
      ...payer,
      id: this.id,
      requestId: this.requestId,
      kind: this.work?.kind ?? (this.caller?.kind === "member" ? "playground" : operation),
      alias: alias?.name,
      target: target && nameOf(target),
      attempts,
      httpStatus,
      outcome,
      durationMs: this.elapsedMs,
      event: this.metering?.event,
      timings: generation?.timings,
      cache: this.cache,
      draft: generation?.usage.draft,
      askedAtMs: this.askedAtMs,
      trace: this.trace,
    };
    this.#tracer.record(ended, operation);
  }
}

/** Whose requests leave a trace, and what they do. */
const traced: Readonly<Record<string, string>> = {
  "/v1/chat/completions": "chat",
  "/v1/completions": "completion",
  "/v1/embeddings": "embedding",
  "/v1/score": "score",
  "/v1/rerank": "rerank",
  "/v1/responses": "response",
  "/v1/tasks/:id": "task",
};

/** What the log says beyond the name that was asked for. */
function planLine(served: ServedBy): object {
  const { alias, attempts, target } = served;
  return {
    ...((alias !== undefined || target.kind === "upstream") && { plan: planHeader(served) }),
    ...(attempts > 1 && { attempts }),
  };
}
