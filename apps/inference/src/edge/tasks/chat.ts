import type { Context } from "hono";
import { envelope } from "../openai/answer.ts";
import { parseTextChat } from "../openai/text-chat.ts";
import type { EdgeServices, EdgeVariables } from "../types.ts";
import type { ReadyTask } from "./directory.ts";
import { answerTask, inputOfChat, taskHeaders } from "./serve-task.ts";

/** Answers a chat by a task: the output as JSON, once it is whole and valid. */
export async function chatWithTask(
  c: Context<EdgeVariables>,
  services: EdgeServices,
  task: ReadyTask,
  json: unknown,
): Promise<Response> {
  const { messages, model, stream, stream_options } = parseTextChat(json);
  c.get("call").trace.input = json;
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
