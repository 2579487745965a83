import { sha256 } from "@noble/hashes/sha2.js";
import type { LoadStage, ModelFile } from "../protocol.ts";
import { BrowserModelError } from "./errors.ts";

/** Where a download goes; it may hold the beginning of one already. */
export interface DownloadSink {
  readonly size: number;
  /** Fills `into` from `at` on; false when there is less. */
  read(at: number, into: Uint8Array): boolean;
  write(at: number, bytes: Uint8Array): void;
  truncate(size: number): void;
  /** Makes what was written last, in case this ends here. */
  flush(): void;
}

export interface DownloadOptions {
  readonly signal: AbortSignal;
  readonly onProgress: (stage: LoadStage, done: number, total: number) => void;
}

const pieceBytes = 1 << 20;
const flushBytes = 8 << 20;

/**
 * Fetches what the sink lacks of a file, and checks the digest of the whole. A download that was cut is gone on with by the
 * next call.
 * @throws BrowserModelError
 */
export async function download(model: ModelFile, sink: DownloadSink, options: DownloadOptions): Promise<void> {
  const { signal, onProgress } = options;
  if (sink.size > model.bytes) sink.truncate(0);
  let hash = sha256.create();
  let at = 0;
  const piece = new Uint8Array(Math.min(pieceBytes, model.bytes));
  while (at < sink.size) {
    signal.throwIfAborted();
    const part = piece.subarray(0, Math.min(piece.length, sink.size - at));
    if (!sink.read(at, part)) break;
    hash.update(part);
    at += part.length;
    onProgress("check", at, model.bytes);
  }
  if (at < model.bytes) {
    const response = await request(model, at, signal);
    if (response.status !== 206 && at > 0) {
      // The server sends the whole: it knows no ranges, or has another file by now.
      sink.truncate(0);
      hash = sha256.create();
      at = 0;
    }
    let unflushed = 0;
    for await (const chunk of chunksOf(response, signal)) {
      if (at + chunk.length > model.bytes) throw wrongFile(model, sink);
      sink.write(at, chunk);
      hash.update(chunk);
      at += chunk.length;
      unflushed += chunk.length;
      if (unflushed >= flushBytes) {
        sink.flush();
        unflushed = 0;
      }
      onProgress("download", at, model.bytes);
    }
    sink.flush();
    if (at < model.bytes) throw cut();
  }
  if (hex(hash.digest()) !== model.sha256) throw wrongFile(model, sink);
}

async function request(model: ModelFile, from: number, signal: AbortSignal): Promise<Response> {
  const headers: Record<string, string> = from > 0 ? { range: `bytes=${from}-`, "if-range": `"${model.sha256}"` } : {};
  let response: Response;
  try {
    response = await fetch(model.url, { headers, signal });
  } catch (cause) {
    if (signal.aborted) throw cause;
    throw cut(cause);
  }
  if (response.ok) return response;
  throw await refused(model, response);
}

async function refused({ name }: ModelFile, response: Response): Promise<BrowserModelError> {
  const body: unknown = await response.json().catch(() => undefined);
  const error = typeof body === "object" && body !== null && "error" in body ? body.error : undefined;
  const said = typeof error === "object" && error !== null && "message" in error ? String(error.message) : undefined;
  const code = response.status === 401 ? "signed-out" : "refused";
  return new BrowserModelError(code, said ?? `The file of ${name} is not to be had: status ${response.status}.`);
}

async function* chunksOf(response: Response, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const reader = response.body?.getReader();
  if (reader === undefined) return;
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((cause: unknown) => {
        throw signal.aborted ? cause : cut(cause);
      });
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

function cut(cause?: unknown): BrowserModelError {
  const hint = "What came so far is kept: answering again goes on from there.";
  return new BrowserModelError("download-cut", "The download of the model broke off.", hint, { cause });
}

function wrongFile({ name }: ModelFile, sink: DownloadSink): BrowserModelError {
  sink.truncate(0);
  const message = `What was downloaded is not ${name}: its digest is another.`;
  return new BrowserModelError(
    "bad-digest",
    message,
    "Nothing of it was kept. Try again; if it stays, the file on the service has changed.",
  );
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
