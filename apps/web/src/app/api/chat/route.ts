import { z } from "zod";
import { fromConsole, problem, problemFrom } from "../../../server/answer.ts";
import { callApi } from "../../../server/api.ts";

const text = z.string().max(1_000_000);
/** What the playground sends, in the API's own words. The service checks it again. */
const chat = z.strictObject({
  model: z.string().min(1).max(512),
  messages: z
    .array(z.strictObject({ role: z.enum(["system", "user", "assistant"]), content: text }))
    .min(1)
    .max(4000),
  temperature: z.number().min(0).max(2),
  top_p: z.number().min(0).max(1),
  max_tokens: z.int().min(1).max(1_000_000),
  seed: z.int(),
  frequency_penalty: z.number().min(-2).max(2).optional(),
  presence_penalty: z.number().min(-2).max(2).optional(),
  stop: z.array(z.string().min(1).max(1000)).max(16).optional(),
  logprobs: z.boolean().optional(),
  top_logprobs: z.int().min(0).max(20).optional(),
  response_format: z.record(z.string(), z.json()).optional(),
  stream: z.literal(true),
  stream_options: z.strictObject({ include_usage: z.literal(true) }),
});

/** Streams a chat from the service in the name of whoever is signed in. When the reader goes away the generation stops. */
export const POST = fromConsole(async (request) => {
  const parsed = chat.safeParse(await request.json().catch(() => undefined));
  if (!parsed.success) {
    return problem(400, "bad-request", `The request is not a chat: ${z.prettifyError(parsed.error)}`);
  }
  try {
    const upstream = await callApi("/v1/chat/completions", {
      method: "POST",
      body: parsed.data,
      from: request.headers,
      signal: request.signal,
    });
    const headers = new Headers({
      "content-type": "text/event-stream; charset=utf-8",
      // `no-transform` also keeps Next from compressing, which would hold tokens back.
      "cache-control": "no-store, no-transform",
      "x-accel-buffering": "no",
    });
    for (const name of ["x-request-id", "server-timing"]) {
      const value = upstream.headers.get(name);
      if (value) headers.set(name, value);
    }
    return new Response(upstream.body, { headers });
  } catch (cause) {
    return problemFrom(cause, request.signal);
  }
});
