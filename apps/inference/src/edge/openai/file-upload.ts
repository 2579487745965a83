import { Readable } from "node:stream";
import type { ReadableStream as NodeStream } from "node:stream/web";
import { Busboy, type BusboyInstance } from "@fastify/busboy";
import { ApiError, invalidRequest } from "../errors.ts";

export interface Uploaded<T> {
  readonly fields: ReadonlyMap<string, string>;
  readonly filename: string;
  /** What `receive` made of the file. */
  readonly received: T;
}

/**
 * Reads a form with one file, `file`, and hands on what is in it as it comes: nothing is held in memory.
 * @throws ApiError 400, 415; what `receive` throws
 */
export async function readUpload<T>(
  request: Request,
  receive: (content: AsyncIterable<Uint8Array>) => Promise<T>,
): Promise<Uploaded<T>> {
  const type = request.headers.get("content-type") ?? "";
  if (!/^multipart\/form-data\s*;/i.test(type) || request.body === null) {
    const message = "Send the file as a form: content-type multipart/form-data with the fields `file` and `purpose`.";
    throw new ApiError(415, "invalid_request_error", "unsupported_content_type", message);
  }
  const parser = parserFor(type);
  const fields = new Map<string, string>();
  let file: { filename: string; received: Promise<T>; content: Readable } | undefined;
  const source = Readable.fromWeb(bodyOf(request.body));
  const done = new Promise<void>((resolve, reject) => {
    parser.on("field", (name: string, value: string) => void fields.set(name, value));
    parser.on("file", (name: string, content: Readable, filename: string) => {
      // Also when nobody reads it yet: an error that nobody hears ends the process.
      content.on("error", (error) => {
        content.destroy();
        reject(broken(error));
      });
      if (name !== "file" || file !== undefined) {
        reject(invalidRequest("invalid_value", "The form must have one file, in the field `file`.", name));
        return;
      }
      const received = receive(content);
      received.catch(reject);
      file = { filename, received, content };
    });
    parser.on("finish", resolve);
    parser.on("error", (error: unknown) => reject(broken(error)));
    source.on("error", (error) => reject(broken(error)));
    source.on("close", () => source.readableEnded || reject(broken(undefined)));
  });
  source.pipe(parser);
  try {
    await done;
    if (file === undefined)
      throw invalidRequest("missing_required_parameter", "Missing required parameter: 'file'.", "file");
    return { fields, filename: file.filename, received: await file.received };
  } catch (error) {
    file?.content.destroy();
    // What was begun is ended before the answer.
    await file?.received.catch(() => {});
    throw error;
  } finally {
    source.unpipe(parser);
    source.destroy();
  }
}

function parserFor(type: string): BusboyInstance {
  try {
    return new Busboy({
      headers: { "content-type": type },
      limits: { fields: 20, files: 2, fieldSize: 1000, headerPairs: 20 },
    });
  } catch (error) {
    throw broken(error);
  }
}

function broken(cause: unknown): ApiError {
  const why = cause instanceof Error ? ` (${cause.message})` : "";
  return new ApiError(400, "invalid_request_error", "invalid_form", `The form could not be read to its end${why}.`, {
    cause,
  });
}

/** The same stream, by the name that Node's own types have for it. */
function bodyOf(body: ReadableStream<Uint8Array>): NodeStream<Uint8Array> {
  return body as NodeStream<Uint8Array>;
}
