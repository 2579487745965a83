import { ApiError, invalidRequest } from "./errors.ts";

export const maxBodyBytes = 10 * 1024 * 1024;
/** Deeper nesting is no request of ours: JSON Schemas of tools stay far below. */
export const maxDepth = 64;

/**
 * Reads a JSON body, and no more of it than allowed.
 * @throws ApiError 413, 415, 400
 */
export async function readJson(request: Request): Promise<unknown> {
  const type = request.headers.get("content-type")?.split(";", 1)[0]?.trim().toLowerCase();
  if (type !== "application/json") {
    throw new ApiError(
      415,
      "invalid_request_error",
      "unsupported_content_type",
      `The body must be JSON; its content-type is ${type === undefined ? "missing" : `\`${type}\``}. Send the header \`content-type: application/json\`.`,
    );
  }
  return parseJson(await readText(request));
}

async function readText(request: Request): Promise<string> {
  const declared = Number(request.headers.get("content-length") ?? 0);
  if (declared > maxBodyBytes) throw tooLarge();
  if (request.body === null) return "";
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const reader = request.body.getReader();
  let text = "";
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.byteLength;
    if (size > maxBodyBytes) {
      // Not waited for: the sender may never end.
      void reader.cancel().catch(() => {});
      throw tooLarge();
    }
    text += decode(decoder, value);
  }
  return text + decode(decoder);
}

function decode(decoder: TextDecoder, chunk?: Uint8Array): string {
  try {
    return chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true });
  } catch {
    throw invalidRequest("invalid_json", "The body is not valid UTF-8.");
  }
}

/** @throws ApiError 400 */
export function parseJson(text: string): unknown {
  if (text.trim() === "") throw invalidRequest("invalid_json", "The body is empty; send a JSON object.");
  if (depthExceeds(text, maxDepth)) {
    throw invalidRequest("invalid_json", `The body is nested more than ${maxDepth} levels deep.`);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    const why = error instanceof SyntaxError ? error.message.slice(0, 200) : "";
    throw invalidRequest("invalid_json", `We could not parse the JSON body of your request: ${why}`);
  }
}

/** Whether brackets outside strings open deeper than `limit`. Looks at the text, so that no bomb is ever built. */
export function depthExceeds(text: string, limit: number): boolean {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const char = text.charCodeAt(i);
    if (inString) {
      if (char === 0x5c) i++;
      else if (char === 0x22) inString = false;
    } else if (char === 0x22) inString = true;
    else if (char === 0x7b || char === 0x5b) {
      if (++depth > limit) return true;
    } else if (char === 0x7d || char === 0x5d) depth--;
  }
  return false;
}

function tooLarge(): ApiError {
  return new ApiError(
    413,
    "invalid_request_error",
    "request_too_large",
    `The body is larger than ${maxBodyBytes / 2 ** 20} MiB.`,
    // What the client still sends is not read.
    { headers: { connection: "close" } },
  );
}
