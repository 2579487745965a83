import type { Example, Json } from "@tugboat/db";
import { DatasetError, textOf } from "@tugboat/records";
import { z } from "zod";
import { csvLine } from "../audit/csv.ts";
import { writeSheet } from "./xlsx/write.ts";

/** The shapes in which a version can be had. `jsonl` holds everything and comes back as it was. */
export const exportFormats = {
  jsonl: { name: "JSON Lines", suffix: "jsonl", type: "application/jsonl" },
  csv: { name: "CSV", suffix: "csv", type: "text/csv; charset=utf-8" },
  xlsx: {
    name: "Excel",
    suffix: "xlsx",
    type: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
  },
  openai: { name: "OpenAI fine-tuning", suffix: "openai.jsonl", type: "application/jsonl" },
  "openai-preference": { name: "OpenAI preference", suffix: "preference.jsonl", type: "application/jsonl" },
  alpaca: { name: "Alpaca", suffix: "alpaca.jsonl", type: "application/jsonl" },
  sharegpt: { name: "ShareGPT", suffix: "sharegpt.jsonl", type: "application/jsonl" },
} as const;
export type ExportFormat = keyof typeof exportFormats;

export function isExportFormat(text: string): text is ExportFormat {
  return Object.hasOwn(exportFormats, text);
}

/** A spreadsheet holds no more rows, the heading included. */
const mostSheetRows = 1_048_575;

/**
 * A version's examples as a file, piece by piece.
 * @param rows how many there are
 * @throws DatasetError `too-large` for more rows than a sheet holds; `bad-row` for one that the shape has no place for
 */
export function exportExamples(
  format: ExportFormat,
  examples: () => AsyncIterable<Example>,
  rows: number,
): AsyncIterable<Uint8Array> {
  if (format === "xlsx") {
    if (rows > mostSheetRows) {
      const message = `A spreadsheet holds at most ${mostSheetRows.toLocaleString("en")} rows.`;
      throw new DatasetError("too-large", message, "Choose CSV or JSON Lines.");
    }
    return writeSheet(tableOf(examples));
  }
  if (format === "csv") return encoded(csvOf(examples));
  return encoded(linesOf(format, examples));
}

async function* encoded(texts: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  let buffer = "";
  for await (const text of texts) {
    buffer += text;
    if (buffer.length < 65_536) continue;
    yield encoder.encode(buffer);
    buffer = "";
  }
  yield encoder.encode(buffer);
}

async function* csvOf(examples: () => AsyncIterable<Example>): AsyncGenerator<string> {
  for await (const row of tableOf(examples)) yield csvLine(row);
}

/** A heading and rows. Inputs that are objects of fields have a column for each. */
async function* tableOf(examples: () => AsyncIterable<Example>): AsyncGenerator<string[]> {
  const fields = { input: new Set<string>(), expected: new Set<string>() };
  let plain = { input: false, expected: false };
  for await (const { expected, input } of examples()) {
    plain = {
      input: collect(fields.input, input) || plain.input,
      expected: (expected !== null && collect(fields.expected, expected)) || plain.expected,
    };
    if (plain.input && plain.expected) break;
  }
  const columns = (name: "input" | "expected") =>
    plain[name] || fields[name].size === 0 ? null : [...fields[name]].slice(0, 200);
  const [inputs, answers] = [columns("input"), columns("expected")];
  const heading = (name: string, keys: readonly string[] | null) => keys?.map((key) => `${name}.${key}`) ?? [name];
  yield [...heading("input", inputs), ...heading("expected", answers), "tags", "split"];
  for await (const { expected, input, split, tags } of examples()) {
    yield [...cells(input, inputs), ...cells(expected, answers), tags.join(";"), split ?? ""];
  }
}

/** Notes the fields of a value. @returns whether it has none and is a value of its own */
function collect(fields: Set<string>, value: Json): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return true;
  const keys = Object.keys(value);
  if (keys.includes("messages") || fields.size > 200) return true;
  for (const key of keys) fields.add(key);
  return false;
}

function cells(value: Json, keys: readonly string[] | null): string[] {
  if (keys === null) return [textOf(value)];
  const fields = record.safeParse(value).data ?? {};
  return keys.map((key) => textOf(fields[key] ?? null));
}

const record = z.record(z.string(), z.json());

async function* linesOf(
  format: Exclude<ExportFormat, "csv" | "xlsx">,
  examples: () => AsyncIterable<Example>,
): AsyncGenerator<string> {
  for await (const example of examples()) yield `${JSON.stringify(lineOf(format, example))}\n`;
}

function lineOf(format: Exclude<ExportFormat, "csv" | "xlsx">, example: Example): Json {
  const { expected, input, position, split, tags } = example;
  switch (format) {
    case "jsonl":
      return { input, expected, tags: [...tags], split };
    case "openai":
      return { messages: [...messagesOf(input), answerOf(example)], ...toolsOf(input) };
    case "sharegpt": {
      const turns = [...messagesOf(input), answerOf(example)].map(({ role, content }) => ({
        from: role === "user" ? "human" : role === "assistant" ? "gpt" : (role ?? ""),
        value: textOf(content ?? null),
      }));
      return { conversations: turns };
    }
    case "alpaca": {
      const text = messagesOf(input)
        .map(({ content }) => textOf(content ?? null))
        .join("\n\n");
      return { instruction: text, input: "", output: textOf(answerOf(example).content ?? null) };
    }
    case "openai-preference": {
      const pair = z.object({ chosen: z.string(), rejected: z.string() }).safeParse(expected);
      if (!pair.success) {
        const message = `Row ${position} is no preference pair: it has no chosen and rejected answer.`;
        throw new DatasetError("bad-row", message, "Choose another format.");
      }
      return {
        input: { messages: messagesOf(input) },
        preferred_output: [{ role: "assistant", content: pair.data.chosen }],
        non_preferred_output: [{ role: "assistant", content: pair.data.rejected }],
      };
    }
  }
}

type SentMessage = { readonly [key: string]: Json };

const chatInput = z.object({ messages: z.array(z.record(z.string(), z.json())), tools: z.array(z.json()).optional() });

function messagesOf(input: Json): SentMessage[] {
  const chat = chatInput.safeParse(input).data;
  return chat?.messages ?? [{ role: "user", content: textOf(input) }];
}

function toolsOf(input: Json): { readonly tools?: Json } {
  const tools = chatInput.safeParse(input).data?.tools;
  return tools === undefined ? {} : { tools };
}

function answerOf({ expected }: Example): SentMessage {
  const message = z.looseObject({ role: z.literal("assistant") }).safeParse(expected);
  const fields = record.safeParse(expected).data;
  if (message.success && fields !== undefined) return fields;
  // Of a pair, the answer that was preferred.
  const chosen = z.object({ chosen: z.string() }).safeParse(expected).data?.chosen;
  return { role: "assistant", content: chosen ?? textOf(expected) };
}
