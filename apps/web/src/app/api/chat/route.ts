import { z } from "zod";
import { fromConsole, problem, problemFrom } from "../../../server/answer.ts";
import { callApi } from "../../../server/api.ts";

const text = z.string().max(1_000_000);
const chat = z.strictObject({
  model: z.string().min(1).max(256),
  messages: z
    .array(z.strictObject({ role: z.enum(["system", "user", "assistant"]), content: text }))
    .min(1)
    .max(1000),
  temperature: z.number().min(0).max(2),
  top_p: z.number().min(0).max(1),
  max_tokens: z.int().min(1).max(1_000_000),
  seed: z.int(),
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
      body: { ...parsed.data, stream: true, stream_options: { include_usage: true } },
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
