import { z } from "zod";
import type { Json } from "./json.ts";
import type { FileRecord } from "./record.ts";
import { storable } from "./values.ts";

/** Shapes of rows that other tools write, recognised by their fields. */
export const shapes = ["chat", "sharegpt", "preference", "alpaca"] as const;
export type Shape = (typeof shapes)[number];

const message = z.looseObject({
  role: z.string(),
  content: z.union([z.string(), z.null(), z.array(z.looseObject({ text: z.string().optional() }))]).optional(),
});
const messages = z.array(message).min(1);
type Message = z.output<typeof message>;
const json = z.json();

/** OpenAI's fine-tuning files: the last message is the answer. */
const chat = z.looseObject({ messages, tools: z.array(json).optional() });
/** ShareGPT: `conversations` of `from` and `value`. */
const turn = z.looseObject({ from: z.string(), value: z.string() });
const sharegpt = z.looseObject({ conversations: z.array(turn).min(1), system: z.string().optional() });
const answer = z.union([z.string(), messages]);
/** Preference pairs, as Hugging Face's TRL and as OpenAI's API name them. */
const openaiPair = z.looseObject({
  input: z.looseObject({ messages }),
  preferred_output: messages,
  non_preferred_output: messages,
});
const preference = z.union([
  z.looseObject({ prompt: answer, chosen: answer, rejected: answer }),
  openaiPair,
  z.looseObject({ input: answer, chosen: answer, rejected: answer }),
  z.looseObject({ chosen: messages, rejected: messages }),
]);
/** Stanford Alpaca: an instruction, perhaps with an input. */
const alpaca = z.looseObject({ instruction: z.string(), input: z.string().optional(), output: z.string() });

const parsers = { chat, sharegpt, preference, alpaca };
const telling: readonly (readonly [Shape, readonly string[]])[] = [
  ["preference", ["chosen", "rejected"]],
  ["preference", ["preferred_output", "non_preferred_output"]],
  ["chat", ["messages"]],
  ["sharegpt", ["conversations"]],
  ["alpaca", ["instruction", "output"]],
];

/** The shape that every one of some rows has the fields of. */
export function shapeOf(records: readonly FileRecord[]): Shape | undefined {
  if (records.length === 0) return undefined;
  return telling.find(([, fields]) =>
    records.every((record) => fields.every((field) => Object.hasOwn(record.fields, field))),
  )?.[0];
}

/** What a row of a known shape asks and what is right, or why it says neither. */
export type ReadExample =
  | { readonly ok: true; readonly example: { readonly input: Json; readonly expected: Json } }
  | { readonly ok: false; readonly why: string };

export function toExample(shape: Shape, fields: FileRecord["fields"]): ReadExample {
  const parsed = parsers[shape].safeParse(fields);
  if (!parsed.success) return { ok: false, why: whatIsWrong(parsed.error) };
  const made = readers[shape](fields);
  if (made === undefined) return { ok: false, why: "its messages don't end with the assistant's" };
  return { ok: true, example: { ...made, input: storable(made.input), expected: storable(made.expected) } };
}

function whatIsWrong(error: z.ZodError): string {
  const [issue] = error.issues;
  const at = issue?.path.join(".") ?? "";
  return at === "" ? "it lacks the fields of this shape" : `${at}: ${issue?.message ?? "wrong"}`;
}

type Made = { readonly input: Json; readonly expected: Json } | undefined;

const readers: Readonly<Record<Shape, (fields: FileRecord["fields"]) => Made>> = {
  chat(fields) {
    const { messages, tools } = chat.parse(fields);
    return ofChat(messages, tools);
  },
  sharegpt(fields) {
    const { conversations, system } = sharegpt.parse(fields);
    const turns = conversations.map(({ from, value }) => ({ role: roleOf(from), content: value }));
    return ofChat(system === undefined ? turns : [{ role: "system", content: system }, ...turns]);
  },
  alpaca(fields) {
    const { input = "", instruction, output } = alpaca.parse(fields);
    return { input: input.trim() === "" ? instruction : `${instruction}\n\n${input}`, expected: output };
  },
  preference(fields) {
    const openai = openaiPair.safeParse(fields);
    if (openai.success) {
      const { input, non_preferred_output, preferred_output } = openai.data;
      return {
        input: { messages: input.messages.map(plainMessage) },
        expected: { chosen: lastText(preferred_output), rejected: lastText(non_preferred_output) },
      };
    }
    const { chosen, rejected } = z.looseObject({ chosen: answer, rejected: answer }).parse(fields);
    const { input, prompt } = z.looseObject({ prompt: answer.optional(), input: answer.optional() }).parse(fields);
    const asked = prompt ?? input ?? (Array.isArray(chosen) ? chosen.slice(0, -1) : []);
    if (asked.length === 0) return undefined;
    return {
      input: typeof asked === "string" ? asked : { messages: asked.map(plainMessage) },
      expected: { chosen: lastText(chosen), rejected: lastText(rejected) },
    };
  },
};

function ofChat(messages: readonly Message[], tools?: readonly Json[]): Made {
  const last = messages.at(-1);
  if (last === undefined) return undefined;
  const input = (asked: readonly Message[]): Json => ({
    messages: asked.map(plainMessage),
    ...(tools !== undefined && tools.length > 0 && { tools }),
  });
  // A conversation that waits for an answer has none yet.
  if (last.role !== "assistant") return last.role === "user" ? { input: input(messages), expected: null } : undefined;
  const asked = messages.slice(0, -1);
  if (asked.length === 0) return undefined;
  const answer = plainMessage(last);
  const [only] = asked;
  // A single question is a text, as it is in a file of two columns.
  const plain = asked.length === 1 && only?.role === "user" && tools === undefined;
  return {
    input: plain ? contentOf(only) : input(asked),
    expected: Object.hasOwn(answer, "tool_calls") ? answer : contentOf(last),
  };
}

function lastText(value: string | readonly Message[]): string {
  if (typeof value === "string") return value;
  const last = value.at(-1);
  return last === undefined ? "" : contentOf(last);
}

function contentOf({ content }: Message): string {
  if (typeof content === "string") return content;
  return (content ?? []).map(({ text = "" }) => text).join("");
}

/** What of a message matters to a model; weights and names of other tools do not. */
function plainMessage(sent: Message): { readonly [key: string]: Json } {
  const { name, tool_call_id, tool_calls } = z
    .looseObject({ tool_calls: json.optional(), tool_call_id: json.optional(), name: json.optional() })
    .parse(sent);
  return {
    role: sent.role,
    content: contentOf(sent),
    ...(tool_calls !== undefined && tool_calls !== null && { tool_calls }),
    ...(tool_call_id !== undefined && tool_call_id !== null && { tool_call_id }),
    ...(name !== undefined && name !== null && { name }),
  };
}

function roleOf(from: string): string {
  if (from === "human") return "user";
  return from === "gpt" || from === "model" || from === "chatgpt" ? "assistant" : from;
}
