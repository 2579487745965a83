import type { Context } from "hono";
import { storedFlow } from "../../domain/flows/document.ts";
import { fieldsParser } from "../../domain/flows/types.ts";
import { ApiError, invalidRequest } from "../errors.ts";
import { envelope } from "../openai/answer.ts";
import { parseTextChat } from "../openai/text-chat.ts";
import type { EdgeServices, EdgeVariables } from "../types.ts";
import { beginRun, failureOf, followRun, lastOf, type NamedFlow, type RunView, usageOf } from "./serve-flow.ts";

/**
 * Answers a chat by a flow: the last message of the user is its input. An output that is text is the answer; any other is
 * the answer as JSON.
 */
export async function chatWithFlow(
  c: Context<EdgeVariables>,
  services: EdgeServices,
  named: NamedFlow,
  json: unknown,
): Promise<Response> {
  const { messages, model, stream, stream_options } = parseTextChat(json);
  const call = c.get("call");
  call.model = model;
  call.trace.asked = model;
  call.trace.input = json;
  const said = messages.findLast(({ role }) => role === "user")?.content;
  if (said == null)
    throw invalidRequest("invalid_value", "A flow answers the last message of the user; there is none.", "messages");
  const run = await beginRun(c, named, await inputOf(named, said));
  const headers = { "x-tugboat-run": run.id };
  const head = envelope("chatcmpl", model);
  const views = followRun(services, named.scope, run, c.req.raw.signal);
  if (stream === true) {
    return c.body(chunksOf(views, head, stream_options?.include_usage === true), 200, {
      ...headers,
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-cache, no-transform",
    });
  }
  const last = await lastOf(views);
  if (last === undefined) throw new ApiError(408, "invalid_request_error", "timeout", "The client went away.");
  const failure = failureOf(last) ?? waitingOf(last);
  if (failure !== undefined) throw failure;
  const message = { role: "assistant", content: textOf(last.run.output), refusal: null };
  call.trace.heard.document({ choices: [{ message, finish_reason: "stop" }] });
  return c.json(
    {
      ...head,
      object: "chat.completion",
      choices: [{ index: 0, message, logprobs: null, finish_reason: "stop" }],
      usage: chatUsage(last),
      tugboat: told(last),
    },
    200,
    headers,
  );
}

async function inputOf({ flow, scope }: NamedFlow, said: string): Promise<unknown> {
  const text = said.trim();
  if (!text.startsWith("{")) return said;
  const document = storedFlow.parse((await scope.flows.version(flow.id, flow.version)).document);
  try {
    const value: unknown = JSON.parse(text);
    if (fieldsParser(document.input).safeParse(value).success) return value;
  } catch {
    // Text that begins with a brace.
  }
  return said;
}

function textOf(output: unknown): string {
  return typeof output === "string" ? output : JSON.stringify(output);
}

function told(view: RunView) {
  return { request_id: view.run.id, run: view.run.id, cost_micro_usd: usageOf(view).cost_micro_usd };
}

function chatUsage(view: RunView) {
  const { cached_tokens, input_tokens, output_tokens } = usageOf(view);
  return {
    prompt_tokens: input_tokens,
    completion_tokens: output_tokens,
    total_tokens: input_tokens + output_tokens,
    prompt_tokens_details: { cached_tokens },
  };
}

/** A chat can't wait for a person: the run does, and its answer is read later. */
function waitingOf({ run }: RunView): ApiError | undefined {
  if (run.state !== "waiting") return undefined;
  const message = `The run ${run.id} waits for a person's answer, in the console's Flows. POST /v1/flows answers 202 then.`;
  return new ApiError(409, "invalid_request_error", "waiting_for_approval", message);
}

/** Chunks with no text tell each step that ends, so that a client sees that something happens; the last one answers. */
function chunksOf(views: AsyncGenerator<RunView>, head: object, wantsUsage: boolean): ReadableStream<Uint8Array> {
  const seen = new Set<string>();
  const encoder = new TextEncoder();
  const chunk = (delta: object, finish: string | null, more: object = {}) => ({
    ...head,
    object: "chat.completion.chunk",
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
    ...more,
  });
  return new ReadableStream({
    async pull(controller) {
      const write = (document: object) => controller.enqueue(encoder.encode(`data: ${JSON.stringify(document)}\n\n`));
      for (;;) {
        const { done, value: view } = await views.next();
        if (done) {
          controller.enqueue(encoder.encode("data: [DONE]\n\n"));
          return controller.close();
        }
        let wrote = false;
        for (const { durationMs, path, state } of view.steps) {
          if (state !== "done" || seen.has(path)) continue;
          seen.add(path);
          write(chunk({ role: "assistant", content: "" }, null, { tugboat: { step: path, state, ms: durationMs } }));
          wrote = true;
        }
        const failure = failureOf(view) ?? waitingOf(view);
        if (failure !== undefined) {
          write(failure.body());
          return controller.close();
        }
        if (view.run.state === "done") {
          write(chunk({ role: "assistant", content: textOf(view.run.output) }, null));
          write(chunk({}, "stop", { tugboat: told(view) }));
          if (wantsUsage) write({ ...head, object: "chat.completion.chunk", choices: [], usage: chatUsage(view) });
          return;
        }
        if (wrote) return;
      }
    },
    async cancel() {
      await views.return(undefined);
    },
  });
}
