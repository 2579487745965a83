import { connect } from "node:net";
import type { KvHandOver } from "@tugboat/engine";
import { EngineError } from "@tugboat/engine";
import { afterEach, expect, it } from "vitest";
import { giveHandOver, type HandOverServer, takeHandOvers } from "./hand-over.ts";

const open: HandOverServer[] = [];
afterEach(() => {
  for (const server of open.splice(0)) server.close();
});

async function taker(takeOver: (handOver: KvHandOver) => Promise<number>): Promise<HandOverServer> {
  const server = await takeHandOvers({ takeOver });
  open.push(server);
  return server;
}

const some = (bytes: number): KvHandOver => ({
  scope: "organization 1",
  layout: "a model",
  tokens: Int32Array.from({ length: 64 }, (_, i) => i - 3),
  data: Uint8Array.from({ length: bytes }, (_, i) => i % 251),
});

it("carries megabytes as they are, several at once", async () => {
  const taken: KvHandOver[] = [];
  const { address } = await taker(async (handOver) => {
    taken.push(handOver);
    return handOver.tokens.length;
  });
  const sizes = [0, 1, 5_000_000, 70_001];
  expect(await Promise.all(sizes.map((bytes) => giveHandOver(address, some(bytes))))).toEqual([64, 64, 64, 64]);
  expect(taken.map(({ data }) => data.length).toSorted((a, b) => a - b)).toEqual([0, 1, 70_001, 5_000_000]);
  for (const { data, ...rest } of taken) {
    const expected = some(data.length);
    expect(rest).toEqual({ scope: expected.scope, layout: expected.layout, tokens: expected.tokens });
    expect(Buffer.from(data).equals(expected.data)).toBe(true);
  }
});

it("says what the other refused", async () => {
  const { address } = await taker(() => Promise.reject(new EngineError("bad-request", "another model", "Ask yours.")));
  await expect(giveHandOver(address, some(10))).rejects.toMatchObject({
    code: "bad-request",
    message: "another model",
  });
});

it("takes nothing without the secret, and nothing that is no hand-over", async () => {
  let taken = 0;
  const { address } = await taker(async () => ++taken);
  await expect(giveHandOver({ ...address, secret: "another" }, some(1000))).rejects.toThrow();
  const noise = await new Promise<string>((resolve) => {
    const socket = connect({ port: address.port, host: "127.0.0.1" }, () => socket.write(Buffer.alloc(64, 0xff)));
    let text = "";
    socket.on("data", (chunk) => {
      text += chunk.toString();
    });
    socket.on("close", () => resolve(text));
  });
  expect(noise).toMatch(/no header/);
  expect(taken).toBe(0);
});
