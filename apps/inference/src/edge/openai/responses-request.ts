import { z } from "zod";
import { invalidRequest } from "../errors.ts";
import { schemaError } from "./issues.ts";
import { bounded, label, optional, unsupported } from "./parameters.ts";
import { chatMessages, type Item, inputSchema, itemsOf, strayOutput } from "./responses-items.ts";

const functionName = z
  .string()
  .regex(/^[a-zA-Z0-9_-]{1,64}$/, { error: "a function's name is 1 to 64 of a-z, A-Z, 0-9, _ and -" });

const tool = z.discriminatedUnion(
  "type",
  [
    z.strictObject({
      type: z.literal("function"),
      name: functionName,
      description: optional(z.string()),
      parameters: optional(z.record(z.string(), z.json())),
      strict: optional(z.boolean()),
    }),
  ],
  { error: "Unsupported tool: only tools of type 'function' are supported; they run where the request comes from." },
);

const toolChoice = z.union(
  [
    z.enum(["auto", "none", "required"]),
    z.strictObject({ type: z.literal("function"), name: z.string().min(1).max(64) }),
  ],
  { error: "Invalid tool_choice: 'auto', 'none', 'required' or {type: 'function', name}." },
);

const format = z.discriminatedUnion(
  "type",
  [
    z.strictObject({ type: z.literal("text") }),
    z.strictObject({ type: z.literal("json_object") }),
    z.strictObject({
      type: z.literal("json_schema"),
      name: z
        .string()
        .regex(/^[a-zA-Z0-9_-]{1,64}$/, { error: "a schema's name is 1 to 64 of a-z, A-Z, 0-9, _ and -" }),
      description: optional(z.string()),
      schema: z.record(z.string(), z.json()),
      strict: optional(z.boolean()),
    }),
  ],
  { error: "Invalid text.format: its type is 'text', 'json_object' or 'json_schema'." },
);

const metadata = z
  .record(z.string().max(64), z.string().max(512))
  .refine((pairs) => Object.keys(pairs).length <= 16, { message: "Invalid 'metadata': at most 16 pairs." });

const schema = z.strictObject({
  model: z.string().min(1).max(512),
  /** What a prompt of that name is filled with. */
  variables: optional(z.record(z.string(), z.json())),
  input: inputSchema,
  instructions: optional(z.string()),
  previous_response_id: optional(z.string().max(128)),
  store: optional(z.boolean()),
  stream: optional(z.boolean()),
  stream_options: optional(z.strictObject({ include_obfuscation: unsupported("include_obfuscation", false) })),
  tools: optional(bounded(tool, { max: 128 })),
  tool_choice: optional(toolChoice),
  parallel_tool_calls: optional(z.boolean()),
  text: optional(z.strictObject({ format: optional(format), verbosity: unsupported("text.verbosity", "medium") })),
  temperature: optional(z.number().min(0).max(2)),
  top_p: optional(z.number().min(0).max(1)),
  max_output_tokens: optional(z.int().min(1)),
  metadata: optional(metadata),
  user: optional(z.string().max(512)),
  prompt_cache_key: optional(z.string().max(512)),
  prompt_cache_retention: label,
  safety_identifier: optional(z.string().max(512)),
  service_tier: unsupported("service_tier", "auto", "default"),
  top_logprobs: unsupported("top_logprobs", 0),
  truncation: unsupported("truncation", "disabled"),
  include: unsupported("include", []),
  background: unsupported("background", false),
  reasoning: unsupported("reasoning", {}, { effort: "none" }, { effort: null, summary: null }),
  conversation: unsupported("conversation"),
  context_management: unsupported("context_management"),
  max_tool_calls: unsupported("max_tool_calls"),
  moderation: unsupported("moderation"),
  prompt: unsupported("prompt"),
  prompt_cache_options: unsupported("prompt_cache_options"),
});

type Body = z.output<typeof schema>;

export interface ResponsesRequest {
  readonly body: Body;
  readonly items: readonly Item[];
}

/** @throws ApiError 400 naming the field */
export function parseResponsesRequest(json: unknown): ResponsesRequest {
  const parsed = schema.safeParse(json);
  if (!parsed.success) throw schemaError(parsed.error, json);
  const body = parsed.data;
  const items = itemsOf(body.input);
  // A prompt brings messages of its own.
  if (items.length === 0 && !body.model.startsWith("prompt:") && body.previous_response_id === undefined) {
    throw invalidRequest("missing_required_parameter", "Missing required parameter: 'input'.", "input");
  }
  return { body, items };
}

/**
 * The same as a request for a chat, so that whatever serves chats serves it: models of this installation and upstreams.
 * @param items all that was said, earlier responses included
 * @throws ApiError 400
 */
export function chatRequestOf({ body }: ResponsesRequest, items: readonly Item[]): Record<string, unknown> {
  const stray = strayOutput(items);
  if (stray !== undefined) {
    throw invalidRequest("invalid_value", `No function call has the call_id '${stray}' that an output names.`, "input");
  }
  const { instructions, max_output_tokens, parallel_tool_calls, stream, temperature, text, tool_choice, top_p } = body;
  const system = instructions === undefined ? [] : [{ role: "system", content: instructions }];
  const given = {
    model: body.model,
    variables: body.variables,
    messages: [...system, ...chatMessages(items)],
    temperature,
    top_p,
    max_completion_tokens: max_output_tokens,
    tools:
      body.tools && body.tools.length > 0
        ? body.tools.map(({ type, ...described }) => ({ type, function: onlyGiven(described) }))
        : undefined,
    tool_choice:
      typeof tool_choice === "object" ? { type: "function", function: { name: tool_choice.name } } : tool_choice,
    parallel_tool_calls,
    response_format: formatOf(text?.format),
    user: body.user,
    prompt_cache_key: body.prompt_cache_key,
    ...(stream && { stream: true, stream_options: { include_usage: true } }),
  };
  return onlyGiven(given);
}

function formatOf(wanted: z.output<typeof format> | undefined): object | undefined {
  if (wanted?.type !== "json_schema") return wanted?.type === "json_object" ? wanted : undefined;
  const { type, ...described } = wanted;
  return { type, json_schema: onlyGiven(described) };
}

/** Without what was not given: an upstream may know less than OpenAI. */
function onlyGiven(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

const fields: Readonly<Record<string, string>> = {
  messages: "input",
  response_format: "text.format",
  max_completion_tokens: "max_output_tokens",
  max_tokens: "max_output_tokens",
};

/** A chat's field as the one that it came from. */
export function fieldOf(param: string | null): string | null {
  const [, head = "", rest = ""] = /^([a-z_]+)(.*)$/s.exec(param ?? "") ?? [];
  const named = fields[head];
  // Items and messages are counted differently.
  if (named !== undefined) return named;
  return head === "" ? param : head + rest.replace(".function", "");
}
