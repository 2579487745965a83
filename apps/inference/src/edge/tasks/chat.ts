import type { Context } from "hono";
import { z } from "zod";
import { invalidRequest } from "../errors.ts";
import { envelope } from "../openai/answer.ts";
import type { EdgeServices, EdgeVariables } from "../types.ts";
import type { ReadyTask } from "./directory.ts";
import { answerTask, inputOfChat, taskHeaders } from "./serve-task.ts";

const content = z.union([
  z.string(),
  z
    .array(z.object({ type: z.literal("text"), text: z.string() }))
    .transform((parts) => parts.map(({ text }) => text).join("")),
]);

/** Of a chat, what a task needs; how an answer is drawn is the plan's. */
const chat = z.looseObject({
  model: z.string(),
  messages: z.array(z.looseObject({ role: z.string(), content: content.nullish() })).min(1, "messages: there is none."),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
});

/** Answers a chat by a task: the output as JSON, once it is whole and valid. */
export async function chatWithTask(
  c: Context<EdgeVariables>,
  services: EdgeServices,
  task: ReadyTask,
  json: unknown,
): Promise<Response> {
  const parsed = chat.safeParse(json);
  if (!parsed.success)
    throw invalidRequest("invalid_value", parsed.error.issues[0]?.message ?? "The body does not fit.", "messages");
  c.get("call").trace.input = json;
  const { messages, model, stream, stream_options } = parsed.data;
  const said = messages.map(({ content, role }) => ({ role, content: content ?? "" }));
  const answer = await answerTask(c, services, task, inputOfChat(task, said));
  const head = envelope("chatcmpl", model);
  const text = JSON.stringify(answer.output);
  const usage = {
    prompt_tokens: answer.inputTokens,
    completion_tokens: answer.outputTokens,
    total_tokens: answer.inputTokens + answer.outputTokens,
    prompt_tokens_details: { cached_tokens: 0 },
  };
  const tugboat = { request_id: c.get("call").id, cost_micro_usd: answer.costMicroUsd };
  const headers = taskHeaders(answer);
  const message = { role: "assistant", content: text, refusal: null };
  if (stream !== true) {
    const choices = [{ index: 0, message, logprobs: null, finish_reason: "stop" }];
    return c.json({ ...head, object: "chat.completion", choices, usage, tugboat }, 200, headers);
  }
  const chunk = (delta: object, finish: string | null) => ({
    ...head,
    object: "chat.completion.chunk",
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
  });
  const chunks = [
    chunk({ role: "assistant", content: text }, null),
    chunk({}, "stop"),
    ...(stream_options?.include_usage
      ? [{ ...head, object: "chat.completion.chunk", choices: [], usage, tugboat }]
      : []),
  ];
  const body = [...chunks.map((one) => JSON.stringify(one)), "[DONE]"].map((one) => `data: ${one}\n\n`).join("");
  return c.body(body, 200, {
    ...headers,
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-cache, no-transform",
  });
}
