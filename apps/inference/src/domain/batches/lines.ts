import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { z } from "zod";

export const batchEndpoints = ["/v1/chat/completions", "/v1/completions", "/v1/embeddings"] as const;
export type BatchEndpoint = (typeof batchEndpoints)[number];

export const maxLines = 50_000;
/** As much as one request may be. */
const maxLineLength = 10 * 1024 * 1024;
/** How many faults are told at once. */
const maxFaults = 100;

export interface BatchLine {
  /** From 1. */
  readonly number: number;
  readonly customId: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** What is wrong with a line, as OpenAI tells it. */
export interface LineFault {
  readonly code: string;
  readonly message: string;
  readonly line: number | null;
  readonly param: string | null;
}

const request = z.strictObject({
  custom_id: z.string().min(1).max(512),
  method: z.literal("POST"),
  url: z.string(),
  body: z.looseObject({ model: z.string().min(1), stream: z.literal(false).nullish() }),
});

/** One line of a batch's input, or what is wrong with it. */
export function parseLine(text: string, number: number, endpoint: string): BatchLine | LineFault {
  const fault = (code: string, param: string | null, message: string): LineFault => ({
    code,
    message: `Line ${number}: ${message}`,
    line: number,
    param,
  });
  if (text.length > maxLineLength) return fault("line_too_long", null, "a request may be 10 MiB at most.");
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message.slice(0, 200) : "";
    return fault("invalid_json_line", null, `this is not JSON: ${why}`);
  }
  const parsed = request.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const param = issue?.code === "unrecognized_keys" ? (issue.keys[0] ?? null) : (issue?.path.join(".") ?? null);
    const message = `'${param || "the line"}' is not as it should be: {"custom_id": "…", "method": "POST", "url": "${endpoint}", "body": {"model": "…", …}}, and nothing is streamed.`;
    return fault("invalid_request", param || null, message);
  }
  const { body, custom_id: customId, url } = parsed.data;
  if (url !== endpoint) {
    return fault(
      "mismatched_endpoint",
      "url",
      `its url is '${url.slice(0, 100)}', but the batch is for '${endpoint}'.`,
    );
  }
  return { number, customId, body };
}

/** The lines of a file that are not blank, with their numbers. */
export async function* textLines(path: string): AsyncGenerator<{ text: string; number: number }, void, undefined> {
  const lines = createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY });
  let number = 0;
  for await (const line of lines) {
    number++;
    const text = number === 1 ? line.replace(/^\uFEFF/, "") : line;
    if (text.trim() !== "") yield { text, number };
  }
}

/** Reads a batch's input to its end. @returns how many requests there are, or what is wrong with them */
export async function checkLines(
  path: string,
  endpoint: string,
  signal: AbortSignal,
): Promise<{ readonly total: number; readonly faults: readonly LineFault[] }> {
  const seen = new Map<string, number>();
  const faults: LineFault[] = [];
  let total = 0;
  for await (const { number, text } of textLines(path)) {
    signal.throwIfAborted();
    total++;
    if (total > maxLines) {
      faults.push({
        code: "too_many_requests",
        message: `A batch may have ${maxLines} requests at most.`,
        line: number,
        param: null,
      });
      break;
    }
    const parsed = parseLine(text, number, endpoint);
    if ("code" in parsed) faults.push(parsed);
    else {
      const first = seen.get(parsed.customId);
      if (first === undefined) seen.set(parsed.customId, number);
      else {
        faults.push({
          code: "duplicate_custom_id",
          message: `Line ${number}: the custom_id '${parsed.customId.slice(0, 100)}' is that of line ${first} already.`,
          line: number,
          param: "custom_id",
        });
      }
    }
    if (faults.length >= maxFaults) break;
  }
  if (total === 0) faults.push({ code: "empty_file", message: "The file has no requests.", line: null, param: null });
  return { total, faults };
}

/**
 * The id of a line's usage event, a UUIDv7 of the batch's own time: whenever the line is asked again, after a kill, it is
 * the same, so that it is accounted for once.
 */
export function lineRequestId(batch: { readonly id: string; readonly createdAt: Date }, number: number): string {
  const bytes = createHash("sha256").update(`${batch.id} ${number}`).digest().subarray(0, 16);
  bytes.writeUIntBE(batch.createdAt.getTime(), 0, 6);
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  const hex = bytes.toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
