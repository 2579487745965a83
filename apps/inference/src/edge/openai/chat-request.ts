import type { ChatMessage } from "@tugboat/engine";
import { z } from "zod";
import type { WorkerRequest } from "../../workers/protocol.ts";
import { invalidRequest } from "../errors.ts";
import { constraintOf, responseFormat, structuredOutputs } from "./constraint.ts";
import { schemaError } from "./issues.ts";
import { bounded, checkStreamOptions, generationParameters, label, optional, unsupported } from "./parameters.ts";
import { toSampling } from "./sampling.ts";

const maxMessages = 4096;
const maxTools = 128;

const textPart = z.strictObject({ type: z.literal("text"), text: z.string() });
const part = z.discriminatedUnion("type", [textPart], {
  error: "Unsupported content: only parts of type 'text' are supported.",
});

const content = z
  .union([z.string(), bounded(part, { min: 1, max: 1024 })])
  .transform((value) => (typeof value === "string" ? value : value.map(({ text }) => text).join("")));

const toolCall = z.strictObject({
  id: z.string().max(512),
  type: z.literal("function"),
  function: z.strictObject({ name: z.string().max(64), arguments: z.string() }),
});

const name = optional(z.string().max(256));

export const message = z.discriminatedUnion(
  "role",
  [
    z.strictObject({ role: z.literal("system"), content, name }),
    z.strictObject({ role: z.literal("developer"), content, name }),
    z.strictObject({ role: z.literal("user"), content, name }),
    z.strictObject({
      role: z.literal("assistant"),
      content: optional(content),
      name,
      refusal: optional(z.string()),
      tool_calls: optional(bounded(toolCall, { min: 1, max: maxTools })),
      // Answers carry them; sent back as history they are the same as absent.
      annotations: label,
      audio: unsupported("audio"),
      function_call: unsupported("function_call"),
    }),
    z.strictObject({ role: z.literal("tool"), content, tool_call_id: z.string().max(512), name }),
  ],
  { error: "Invalid role: supported are 'system', 'developer', 'user', 'assistant' and 'tool'." },
);

const tool = z.strictObject({
  type: z.literal("function"),
  function: z.strictObject({
    name: z
      .string()
      .regex(/^[a-zA-Z0-9_-]{1,64}$/, { error: "a function's name is 1 to 64 of a-z, A-Z, 0-9, _ and -" }),
    description: optional(z.string()),
    parameters: optional(z.record(z.string(), z.json())),
    strict: optional(z.boolean()),
  }),
});

const toolChoice = z.union(
  [
    z.enum(["auto", "none", "required"]),
    z.strictObject({ type: z.literal("function"), function: z.strictObject({ name: z.string().max(64) }) }),
  ],
  { error: "Invalid tool_choice: 'auto', 'none', 'required' or {type: 'function', function: {name}}." },
);

const schema = z
  .strictObject({
    ...generationParameters,
    messages: bounded(message, { min: 1, max: maxMessages }),
    max_completion_tokens: optional(z.int().min(1)),
    logprobs: optional(z.boolean()),
    top_logprobs: optional(z.int().min(0).max(20)),
    tools: optional(bounded(tool, { max: maxTools })),
    tool_choice: optional(toolChoice),
    parallel_tool_calls: optional(z.boolean()),
    response_format: responseFormat,
    structured_outputs: structuredOutputs,
    store: unsupported("store", false),
    modalities: unsupported("modalities", ["text"]),
    audio: unsupported("audio"),
    prediction: unsupported("prediction"),
    functions: unsupported("functions"),
    function_call: unsupported("function_call"),
    reasoning_effort: unsupported("reasoning_effort", "none"),
    verbosity: unsupported("verbosity", "medium"),
    web_search_options: unsupported("web_search_options"),
    moderation: unsupported("moderation"),
  })
  .superRefine(checkStreamOptions)
  .refine((body) => body.top_logprobs === undefined || body.logprobs === true, {
    path: ["top_logprobs"],
    message: "'top_logprobs' needs 'logprobs' to be true.",
  });

type Body = z.output<typeof schema>;
type Message = z.output<typeof message>;

export interface ChatRequest {
  readonly model: string;
  readonly stream: boolean;
  readonly includeUsage: boolean;
  readonly choices: number;
  readonly logprobs: boolean;
  /** Of all messages. */
  readonly characters: number;
  readonly generate: WorkerRequest;
}

/** @throws ApiError 400 naming the field */
export function parseChatRequest(json: unknown): ChatRequest {
  const parsed = schema.safeParse(json);
  if (!parsed.success) throw schemaError(parsed.error, json);
  const body = parsed.data;
  const messages = body.messages.map(toMessage);
  return {
    model: body.model,
    stream: body.stream ?? false,
    includeUsage: body.stream_options?.include_usage ?? false,
    choices: body.n ?? 1,
    logprobs: body.logprobs ?? false,
    characters: body.messages.reduce((sum, { content }) => sum + (content?.length ?? 0), 0),
    generate: {
      prompt: { messages, tools: body.tools?.length === 0 ? undefined : body.tools },
      toolChoice: chosenTool(body),
      parallelToolCalls: body.parallel_tool_calls,
      constraint: constraintOf(body),
      maxTokens: maxTokens(body),
      logprobs: body.logprobs ? (body.top_logprobs ?? 0) : undefined,
      ...toSampling(body),
    },
  };
}

/** Whether an answer can be held to a JSON Schema: the parser itself is asked. */
export function takesResponseFormat(): boolean {
  return schema.safeParse({
    model: "any",
    messages: [{ role: "user", content: "" }],
    response_format: { type: "json_schema", json_schema: { name: "answer", strict: true, schema: { type: "object" } } },
  }).success;
}

function maxTokens({ max_tokens, max_completion_tokens }: Body): number | undefined {
  if (max_tokens !== undefined && max_completion_tokens !== undefined && max_tokens !== max_completion_tokens) {
    throw invalidRequest(
      "invalid_value",
      "Set either 'max_tokens' or 'max_completion_tokens', not both.",
      "max_completion_tokens",
    );
  }
  return max_completion_tokens ?? max_tokens;
}

/** @throws ApiError 400 when a call is wanted of a tool that is not there */
function chosenTool({ tools = [], tool_choice }: Body): WorkerRequest["toolChoice"] {
  if (tool_choice === undefined || tool_choice === "none" || tool_choice === "auto") return tool_choice;
  if (tools.length === 0) {
    throw invalidRequest("invalid_value", "'tool_choice' wants a call, but 'tools' is empty.", "tool_choice");
  }
  if (tool_choice === "required") return tool_choice;
  const { name } = tool_choice.function;
  if (tools.some((tool) => tool.function.name === name)) return { name };
  throw invalidRequest("invalid_value", `There is no tool '${name}' in 'tools'.`, "tool_choice");
}

/** Templates know no `developer`: it is OpenAI's newer word for `system`. */
export function toMessage(sent: Message): ChatMessage {
  switch (sent.role) {
    case "developer":
      return { role: "system", content: sent.content };
    case "assistant":
      return {
        role: "assistant",
        content: sent.content ?? sent.refusal ?? "",
        ...(sent.tool_calls && { tool_calls: sent.tool_calls }),
      };
    case "tool":
      return { role: "tool", content: sent.content, tool_call_id: sent.tool_call_id };
    default:
      return { role: sent.role, content: sent.content };
  }
}
