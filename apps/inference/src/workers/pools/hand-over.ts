import { randomBytes, timingSafeEqual } from "node:crypto";
import { connect, createServer, type Socket } from "node:net";
import type { Engine, KvHandOver } from "@tugboat/engine";
import { z } from "zod";
import { RemoteError } from "../errors.ts";
import { type HandOverAddress, toWireError } from "../protocol.ts";

/**
 * How keys and values go from worker to worker, past the service: one connection each, over the loopback interface. A header
 * in JSON with its length before it, then tokens and bytes as they are; the answer is JSON with its length before it.
 */
const headerSchema = z.object({
  secret: z.string().max(200),
  scope: z.string(),
  layout: z.string(),
  tokens: z.int().min(0).max(10_000_000),
  bytes: z
    .int()
    .min(0)
    .max(2 ** 32),
});
const wireError = z.object({ code: z.string(), message: z.string(), hint: z.string().optional() });
const answerSchema = z.union([z.object({ taken: z.int() }), z.object({ error: wireError })]);

const mostHeaderBytes = 1 << 20;
/** Nothing is heard for this long: the other end is gone. */
const silenceMs = 30_000;

export interface HandOverServer {
  readonly address: HandOverAddress;
  close(): void;
}

/** Takes what other workers of this machine read. */
export async function takeHandOvers(engine: Pick<Engine, "takeOver">): Promise<HandOverServer> {
  const secret = randomBytes(32).toString("base64url");
  const server = createServer((socket) => {
    socket.setTimeout(silenceMs, () => socket.destroy());
    socket.on("error", () => socket.destroy());
    void take(socket, secret, engine).catch((error: unknown) => {
      if (!socket.destroyed) socket.end(framed({ error: toWireError(error) }));
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  server.unref();
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("a hand-over has no port");
  return { address: { port: address.port, secret }, close: () => server.close() };
}

async function take(socket: Socket, secret: string, engine: Pick<Engine, "takeOver">): Promise<void> {
  const reader = new Reader(socket);
  const header = headerSchema.parse(await reader.json());
  if (!isSame(header.secret, secret)) {
    socket.destroy();
    return;
  }
  const tokens = await reader.bytes(header.tokens * 4);
  const data = await reader.bytes(header.bytes);
  const { layout, scope } = header;
  const taken = await engine.takeOver({ scope, layout, tokens: new Int32Array(tokens.buffer), data });
  socket.end(framed({ taken }));
}

/**
 * Gives what was read to another worker.
 * @returns how many of its tokens are there now
 * @throws RemoteError for what the other refuses, Error when it is gone
 */
export async function giveHandOver(to: HandOverAddress, handOver: KvHandOver): Promise<number> {
  const { data, layout, scope, tokens } = handOver;
  const socket = connect({ port: to.port, host: "127.0.0.1" });
  socket.setTimeout(silenceMs, () => socket.destroy(new Error("the other worker does not answer")));
  try {
    const reader = new Reader(socket);
    socket.write(framed({ secret: to.secret, scope, layout, tokens: tokens.length, bytes: data.length }));
    socket.write(new Uint8Array(tokens.buffer, tokens.byteOffset, tokens.byteLength));
    socket.write(data);
    const answer = answerSchema.parse(await reader.json());
    if ("error" in answer) throw new RemoteError(answer.error);
    return answer.taken;
  } finally {
    socket.destroy();
  }
}

function framed(message: object): Buffer {
  const body = Buffer.from(JSON.stringify(message));
  const frame = Buffer.alloc(4 + body.length);
  frame.writeUInt32LE(body.length);
  body.copy(frame, 4);
  return frame;
}

function isSame(a: string, b: string): boolean {
  const [x, y] = [Buffer.from(a), Buffer.from(b)];
  return x.length === y.length && timingSafeEqual(x, y);
}

/** Reads a socket piece by piece, into memory of the size that is asked for. */
class Reader {
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(socket: Socket) {
    this.#chunks = socket[Symbol.asyncIterator]();
  }

  /** @throws Error when the other end is gone before that */
  async bytes(count: number): Promise<Uint8Array<ArrayBuffer>> {
    const out = new Uint8Array(count);
    let at = 0;
    while (at < count) {
      if (this.#rest.length === 0) {
        const next = await this.#chunks.next();
        if (next.done) throw new Error("the other worker went away in the middle of a hand-over");
        this.#rest = next.value;
      }
      const part = this.#rest.subarray(0, count - at);
      out.set(part, at);
      at += part.length;
      this.#rest = this.#rest.subarray(part.length);
    }
    return out;
  }

  /** @throws Error for what is no JSON, or too long */
  async json(): Promise<unknown> {
    const length = Buffer.from(await this.bytes(4)).readUInt32LE();
    if (length > mostHeaderBytes) throw new Error(`a header of ${length} bytes is no header`);
    return JSON.parse(Buffer.from(await this.bytes(length)).toString("utf8"));
  }
}
