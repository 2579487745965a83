import type { z } from "zod";
import { FormatError } from "./errors.ts";
import type { ByteSource } from "./types.ts";

/**
 * Reads a whole source as JSON.
 * @param limit in bytes; a longer file is refused before it is read.
 * @throws FormatError `limit`, or `invalid` for what is not UTF-8 or not JSON.
 */
export async function readJson(source: ByteSource, limit: number): Promise<unknown> {
  if (source.size > limit) {
    throw new FormatError("limit", `${source.name} has ${source.size} bytes, at most ${limit} are accepted`);
  }
  const bytes = new Uint8Array(source.size);
  await source.read(0, bytes);
  return parseJson(bytes, source.name);
}

/** Parses UTF-8 bytes as JSON. `what` names them in messages. */
export function parseJson(bytes: Uint8Array, what: string): unknown {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new FormatError("invalid", `${what} is not UTF-8 text`, undefined, { cause });
  }
  refuseDuplicateKeys(text, what);
  try {
    return JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FormatError("invalid", `${what} is not JSON: ${reason}`, undefined, { cause });
  }
}

/** Checks parsed JSON against a schema; the message names the first field that is wrong. */
export function checked<T extends z.ZodType>(schema: T, value: unknown, what: string): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const field = issue === undefined || issue.path.length === 0 ? "" : `${issue.path.map(String).join(".")}: `;
  throw new FormatError("invalid", `${what}: ${field}${issue?.message ?? "not what it should be"}`);
}

/**
 * JSON.parse keeps the last of equal keys without a word, so that a file could show two faces to two readers. Looks at
 * the keys of the outermost object and of the objects in it (`weight_map`, a tensor's record).
 */
function refuseDuplicateKeys(text: string, what: string): void {
  const seen: Set<string>[] = [];
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x22) {
      const end = stringEnd(text, i);
      if (depth <= 2 && isKey(text, end)) {
        const key = text.slice(i, end);
        const keys = seen[depth];
        if (keys?.has(key))
          throw new FormatError("invalid", `${what} has the key ${key} twice, again at character ${i}`);
        keys?.add(key);
      }
      i = end - 1;
    } else if (code === 0x7b || code === 0x5b) {
      depth++;
      if (depth <= 2) seen[depth] = new Set();
    } else if (code === 0x7d || code === 0x5d) depth--;
  }
}

/** Index after the closing quote of the string that opens at `start`. */
function stringEnd(text: string, start: number): number {
  let end = start;
  for (;;) {
    end = text.indexOf('"', end + 1);
    if (end === -1) return text.length;
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === 0x5c) slashes++;
    if (slashes % 2 === 0) return end + 1;
  }
}

function isKey(text: string, at: number): boolean {
  for (let i = at; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x3a) return true;
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return false;
  }
  return false;
}
