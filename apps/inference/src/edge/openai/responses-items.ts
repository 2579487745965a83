import { randomUUID } from "node:crypto";
import { z } from "zod";
import { bounded, label, optional } from "./parameters.ts";

/** `msg_…`, `fc_…`: a name of OpenAI's form. */
export function newId(prefix: string): string {
  return `${prefix}_${randomUUID().replaceAll("-", "")}`;
}

const inputText = z.strictObject({ type: z.literal("input_text"), text: z.string() });
const outputText = z.strictObject({
  type: z.literal("output_text"),
  text: z.string(),
  // Answers carry them; sent back as history they say nothing to a model.
  annotations: label,
  logprobs: label,
});
const refusal = z.strictObject({ type: z.literal("refusal"), refusal: z.string() });
const part = z.discriminatedUnion("type", [inputText, outputText, refusal], {
  error: "Unsupported content: only parts of type 'input_text', 'output_text' and 'refusal' are supported.",
});
const itemId = optional(z.string().max(128));
const status = optional(z.enum(["in_progress", "completed", "incomplete"]));

const message = z.strictObject({
  type: z.literal("message"),
  id: itemId,
  status,
  role: z.enum(["user", "assistant", "system", "developer"]),
  content: z.union([z.string(), bounded(part, { max: 1024 })]),
  phase: label,
});
const functionCall = z.strictObject({
  type: z.literal("function_call"),
  id: itemId,
  status,
  call_id: z.string().min(1).max(512),
  name: z.string().min(1).max(64),
  arguments: z.string(),
  // The official client adds it to what it has parsed.
  parsed_arguments: label,
});
const functionCallOutput = z.strictObject({
  type: z.literal("function_call_output"),
  id: itemId,
  status,
  call_id: z.string().min(1).max(512),
  output: z.union([z.string(), bounded(inputText, { max: 1024 })]),
});

const typed = z.discriminatedUnion("type", [message, functionCall, functionCallOutput], {
  error:
    "Unsupported input item: supported are items of type 'message', 'function_call' and 'function_call_output'. Send an item itself, not a reference to it.",
});

/** An item of `input`. A message may leave out its type. */
const sent = z.preprocess(
  (value) =>
    typeof value === "object" && value !== null && !("type" in value) ? { type: "message", ...value } : value,
  typed,
);

const maxItems = 4096;

export const inputSchema = optional(z.union([z.string(), bounded(sent, { max: maxItems })]));

/** An item as it is kept and listed. */
export type Item =
  | {
      readonly type: "message";
      readonly id: string;
      readonly status: "completed" | "incomplete" | "in_progress";
      readonly role: "user" | "assistant" | "system" | "developer";
      readonly content: readonly Part[];
    }
  | FunctionCallItem
  | {
      readonly type: "function_call_output";
      readonly id: string;
      readonly status: "completed";
      readonly call_id: string;
      readonly output: string;
    };

export interface FunctionCallItem {
  readonly type: "function_call";
  readonly id: string;
  readonly status: "completed" | "incomplete" | "in_progress";
  readonly call_id: string;
  readonly name: string;
  readonly arguments: string;
}

export type Part =
  | { readonly type: "input_text"; readonly text: string }
  | {
      readonly type: "output_text";
      readonly text: string;
      readonly annotations: readonly [];
      readonly logprobs: readonly [];
    };

/** The items that were sent, each with an id. */
export function itemsOf(input: z.output<typeof inputSchema>): Item[] {
  if (input === undefined) return [];
  if (typeof input === "string") {
    return [{ type: "message", id: newId("msg"), status: "completed", role: "user", content: [said("user", input)] }];
  }
  return input.map(itemOf);
}

function itemOf(item: z.output<typeof typed>): Item {
  switch (item.type) {
    case "message":
      return {
        type: "message",
        id: item.id ?? newId("msg"),
        status: item.status ?? "completed",
        role: item.role,
        content: (typeof item.content === "string" ? [item.content] : item.content.map(textOf)).map((text) =>
          said(item.role, text),
        ),
      };
    case "function_call":
      return {
        type: "function_call",
        id: item.id ?? newId("fc"),
        status: item.status ?? "completed",
        call_id: item.call_id,
        name: item.name,
        arguments: item.arguments,
      };
    case "function_call_output":
      return {
        type: "function_call_output",
        id: item.id ?? newId("fco"),
        status: "completed",
        call_id: item.call_id,
        output: typeof item.output === "string" ? item.output : item.output.map(({ text }) => text).join(""),
      };
  }
}

function textOf(one: z.output<typeof part>): string {
  return one.type === "refusal" ? one.refusal : one.text;
}

function said(role: string, text: string): Part {
  if (role !== "assistant") return { type: "input_text", text };
  return { type: "output_text", text, annotations: [], logprobs: [] };
}

interface ChatToolCall {
  readonly id: string;
  readonly type: "function";
  readonly function: { readonly name: string; readonly arguments: string };
}

interface ChatTurn {
  readonly role: string;
  content: string;
  tool_calls?: ChatToolCall[];
  tool_call_id?: string;
}

/** Items as the messages of a chat: the calls of one turn belong to one message of the assistant's. */
export function chatMessages(items: readonly Item[]): ChatTurn[] {
  const turns: ChatTurn[] = [];
  for (const item of items) {
    if (item.type === "message") {
      turns.push({ role: item.role, content: item.content.map(({ text }) => text).join("") });
    } else if (item.type === "function_call_output") {
      turns.push({ role: "tool", content: item.output, tool_call_id: item.call_id });
    } else {
      const call: ChatToolCall = {
        id: item.call_id,
        type: "function",
        function: { name: item.name, arguments: item.arguments },
      };
      const last = turns.at(-1);
      if (last?.role === "assistant") last.tool_calls = [...(last.tool_calls ?? []), call];
      else turns.push({ role: "assistant", content: "", tool_calls: [call] });
    }
  }
  return turns;
}

/** The first output that answers no call before it. */
export function strayOutput(items: readonly Item[]): string | undefined {
  const called = new Set<string>();
  for (const item of items) {
    if (item.type === "function_call") called.add(item.call_id);
    if (item.type === "function_call_output" && !called.has(item.call_id)) return item.call_id;
  }
  return undefined;
}
