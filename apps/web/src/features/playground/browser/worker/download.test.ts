import { createHash, randomBytes } from "node:crypto";
import { createServer, type Server } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import type { LoadStage, ModelFile } from "../protocol.ts";
import { type DownloadSink, download } from "./download.ts";

const bytes = randomBytes(700_000);
const sha256 = createHash("sha256").update(bytes).digest("hex");

let server: Server | undefined;
afterEach(async () => {
  server?.closeAllConnections();
  await new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve()));
  server = undefined;
});

interface Behaviour {
  /** Breaks the connection after this many bytes of an answer. */
  readonly cutAfter?: number;
  readonly ranges?: boolean;
  readonly status?: number;
  readonly content?: Buffer;
}

/** A server of one file; what it was asked for is in `asked`. */
async function serve(behaviours: Behaviour[]): Promise<{ model: ModelFile; asked: (string | undefined)[] }> {
  const asked: (string | undefined)[] = [];
  const started = createServer(({ headers }, response) => {
    const { cutAfter, ranges = true, status, content = bytes } = behaviours.shift() ?? {};
    asked.push(headers.range);
    if (status !== undefined) {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify({ error: { message: "You may not." } }));
      return;
    }
    const from = ranges ? Number(/^bytes=(\d+)-$/.exec(headers.range ?? "")?.[1] ?? 0) : 0;
    const body = content.subarray(from);
    response.writeHead(from > 0 ? 206 : 200, { "content-length": body.length });
    if (cutAfter === undefined) response.end(body);
    else response.write(body.subarray(0, cutAfter), () => setTimeout(() => response.destroy(), 30));
  });
  server = started;
  await new Promise<void>((resolve) => started.listen(0, "127.0.0.1", resolve));
  const address = started.address();
  const port = address !== null && typeof address === "object" ? address.port : 0;
  return { model: { name: "m", url: `http://127.0.0.1:${port}/m`, bytes: bytes.length, sha256 }, asked };
}

function memorySink(): DownloadSink & { content: () => Buffer } {
  let held = Buffer.alloc(0);
  return {
    get size() {
      return held.length;
    },
    read(at, into) {
      if (at + into.length > held.length) return false;
      into.set(held.subarray(at, at + into.length));
      return true;
    },
    write(at, chunk) {
      held = Buffer.concat([held.subarray(0, at), chunk]);
    },
    truncate(size) {
      held = held.subarray(0, size);
    },
    flush() {},
    content: () => held,
  };
}

function fetchInto(model: ModelFile, sink: DownloadSink, seen: [LoadStage, number][] = []): Promise<void> {
  const { signal } = new AbortController();
  return download(model, sink, { signal, onProgress: (stage, done) => seen.push([stage, done]) });
}

describe("a model's download", () => {
  it("comes whole, with its progress", async () => {
    const { model } = await serve([]);
    const sink = memorySink();
    const seen: [LoadStage, number][] = [];
    await fetchInto(model, sink, seen);
    expect(sink.content().equals(bytes)).toBe(true);
    expect(seen.at(-1)).toEqual(["download", bytes.length]);
  });

  it("goes on where it broke off, after checking what is there", async () => {
    const { model, asked } = await serve([{ cutAfter: 300_000 }]);
    const sink = memorySink();
    await expect(fetchInto(model, sink)).rejects.toMatchObject({ code: "download-cut" });
    const had = sink.size;
    expect(had).toBeGreaterThan(0);
    const seen: [LoadStage, number][] = [];
    await fetchInto(model, sink, seen);
    expect(asked).toEqual([undefined, `bytes=${had}-`]);
    expect(sink.content().equals(bytes)).toBe(true);
    expect(seen[0]?.[0]).toBe("check");
  });

  it("begins again where the server gives no ranges, and needs no server for what is complete", async () => {
    const { model, asked } = await serve([{ ranges: false }]);
    const sink = memorySink();
    sink.write(0, randomBytes(1000));
    await fetchInto(model, sink);
    expect(sink.content().equals(bytes)).toBe(true);
    await fetchInto(model, sink);
    expect(asked).toHaveLength(1);
  });

  it("keeps nothing of another file", async () => {
    const { model } = await serve([
      { content: randomBytes(bytes.length) },
      { content: Buffer.alloc(bytes.length + 1) },
    ]);
    for (let tries = 0; tries < 2; tries++) {
      const sink = memorySink();
      await expect(fetchInto(model, sink)).rejects.toMatchObject({ code: "bad-digest" });
      expect(sink.size).toBe(0);
    }
  });

  it("is not told from a good one by its beginning alone", async () => {
    const { model } = await serve([]);
    const sink = memorySink();
    sink.write(0, Buffer.alloc(1000, 7));
    await expect(fetchInto(model, sink)).rejects.toMatchObject({ code: "bad-digest" });
    await fetchInto(model, sink);
    expect(sink.content().equals(bytes)).toBe(true);
  });

  it("says what the service said when it is refused", async () => {
    const { model } = await serve([{ status: 403 }]);
    await expect(fetchInto(model, memorySink())).rejects.toMatchObject({ code: "refused", message: "You may not." });
  });

  it("stops when nobody waits any more", async () => {
    const { model } = await serve([{ cutAfter: 1000 }]);
    const controller = new AbortController();
    const stopped = download(model, memorySink(), { signal: controller.signal, onProgress: () => controller.abort() });
    await expect(stopped).rejects.toMatchObject({ name: "AbortError" });
  });
});
