import type { Context } from "hono";
import { writeTraceparent } from "../../domain/traces/traceparent.ts";
import type { Meter } from "../../domain/usage/meter.ts";
import { planHeader, type Route, servedBy } from "../../routing/target.ts";
import type { UpstreamAnswer, UpstreamTarget } from "../../upstreams/answer.ts";
import type { Upstreams } from "../../upstreams/health.ts";
import { invalidRequest, toApiError } from "../errors.ts";
import { costOf, meterCall } from "../metering.ts";
import type { EdgeVariables } from "../types.ts";
import type { StreamHooks } from "./sse.ts";

export interface Forwarded {
  readonly body: Readonly<Record<string, unknown>>;
  readonly path: "/chat/completions" | "/completions";
  readonly route: Route;
  readonly target: UpstreamTarget;
  /** How many targets were asked, this one included. */
  readonly attempts: number;
}

/** Counts through how many services a request went: two that point at each other end at the bound. */
const hopsHeader = "x-tugboat-hops";
const maxHops = 4;

/**
 * Has an upstream answer, streamed or whole.
 * @throws UpstreamError before anything was sent to the client
 */
export async function forward(
  c: Context<EdgeVariables>,
  upstreams: Upstreams,
  meter: Meter | undefined,
  { attempts: before, body, path, route, target }: Forwarded,
): Promise<Response> {
  const call = c.get("call");
  const { method, path: address, raw } = c.req;
  const hops = Number(c.req.header(hopsHeader) ?? 0) + 1;
  if (!(hops <= maxHops)) {
    throw invalidRequest(
      "too_many_hops",
      `This request came through ${maxHops} services; two of them may point at each other.`,
      "model",
    );
  }
  const gone = new AbortController();
  const signal = AbortSignal.any([raw.signal, gone.signal]);
  const headers: Record<string, string> = { [hopsHeader]: String(hops), "x-request-id": call.requestId };
  meterCall(c, meter, path === "/chat/completions" ? "chat" : "completion", route.requested);
  call.askedAtMs = call.elapsedMs;
  const span = call.trace.span("upstream", {
    "server.address": target.upstream.name,
    "gen_ai.request.model": target.model,
  });
  headers.traceparent = writeTraceparent(call.trace.parent?.traceHex ?? call.id.replaceAll("-", ""), span.id);
  const asked = await upstreams.ask({ target, path, body, headers, signal }).catch((error: unknown) => {
    span.fail(error);
    throw error;
  });
  const { answer, attempts, ended } = asked;
  const served = servedBy(route, target, before - 1 + attempts);
  call.model = route.requested;
  call.served = served;
  const answerHeaders = {
    "x-tugboat-plan": planHeader(served),
    "server-timing": `upstream;dur=${answer.firstMs.toFixed(1)}`,
  };
  if (body.stream !== true) {
    const document = await answer.next();
    call.trace.heard.document(document);
    await answer.next();
    ended();
    span.end({ "tugboat.first_byte_ms": answer.firstMs });
    const outcome = raw.signal.aborted ? "aborted" : "done";
    const settled = call.settle(outcome, answer);
    await settled?.durable;
    call.end(address, method, 200, outcome, answer);
    const cost = settled && costOf(settled);
    const headers = { ...answerHeaders, ...cost?.header, "content-type": "application/json" };
    return c.body(JSON.stringify({ ...document, ...cost?.field }), 200, headers);
  }
  call.streaming = true;
  const stream = documentStream(answer, {
    onDocument: (document) => call.trace.heard.document(document),
    settle: async (outcome) => {
      const settled = call.settle(outcome, answer);
      await settled?.durable;
      return settled === undefined ? {} : costOf(settled).field;
    },
    onCancel: () => gone.abort(),
    onError: (error) => {
      ended(error);
      const refusal = toApiError(error);
      span.fail(error);
      call.trace.problem = { code: refusal.code ?? refusal.type, message: refusal.message };
      call.log.error({ err: refusal.cause ?? refusal }, "stream failed");
      return refusal.body();
    },
    onEnd: (outcome) => {
      span.end({ "tugboat.first_byte_ms": answer.firstMs });
      ended(outcome === "done" ? undefined : new Error("the client went away"));
      call.end(address, method, 200, outcome, answer);
    },
  });
  return c.body(stream, 200, {
    ...answerHeaders,
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-cache, no-transform",
    // Asks proxies not to collect the stream.
    "x-accel-buffering": "no",
  });
}

/** It is pulled: nothing is read from the upstream while the client has not read what it was sent. */
function documentStream(
  answer: UpstreamAnswer,
  {
    onCancel,
    onDocument,
    onEnd,
    onError,
    settle,
  }: StreamHooks & { readonly onCancel: () => void; readonly onDocument: (document: object) => void },
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream(
    {
      async pull(controller) {
        try {
          const document = await answer.next();
          if (document !== undefined) onDocument(document);
          // The last document but the end's: it tells what was used, so nothing more is.
          const isLast = document === undefined || tellsUsage(document);
          const told = isLast ? await settle("done") : {};
          const text = document === undefined ? "[DONE]" : JSON.stringify({ ...document, ...told });
          controller.enqueue(encoder.encode(`data: ${text}\n\n`));
          if (document !== undefined) return;
          controller.close();
          onEnd("done");
        } catch (error) {
          await settle("error");
          controller.enqueue(encoder.encode(`data: ${JSON.stringify(onError(error))}\n\n`));
          controller.close();
          onEnd("error");
        }
      },
      cancel() {
        onCancel();
        answer.cancel();
        onEnd("aborted");
      },
    },
    { highWaterMark: 0 },
  );
}

function tellsUsage(document: Readonly<Record<string, unknown>>): boolean {
  const { choices, usage } = document;
  return Array.isArray(choices) && choices.length === 0 && typeof usage === "object" && usage !== null;
}
