import fc from "fast-check";
import { expect, it } from "vitest";
import { depthExceeds, maxBodyBytes, maxDepth, parseJson, readJson } from "./body.ts";

function depthOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

it("measures depth as the parsed value has it, whatever the strings contain", () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 8 }), fc.integer({ min: 0, max: 9 }), (text, limit) => {
      expect(depthExceeds(text, limit)).toBe(depthOf(JSON.parse(text)) > limit);
    }),
  );
});

it("parses whatever is valid and not too deep", () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      expect(parseJson(text)).toEqual(JSON.parse(text));
    }),
  );
  expect(() => parseJson("[".repeat(maxDepth + 1) + "]".repeat(maxDepth + 1))).toThrow("nested");
});

function request(body: BodyInit, headers: Record<string, string> = {}): Request {
  return new Request("http://x/", {
    method: "POST",
    body,
    headers: { "content-type": "application/json", ...headers },
    ...(body instanceof ReadableStream && { duplex: "half" }),
  });
}

it("joins characters that arrive in parts", async () => {
  const bytes = new TextEncoder().encode('"für 船"');
  const stream = new ReadableStream({
    start(controller) {
      for (const byte of bytes) controller.enqueue(new Uint8Array([byte]));
      controller.close();
    },
  });
  expect(await readJson(request(stream))).toBe("für 船");
});

it("cancels an endless body at the limit", async () => {
  let sent = 0;
  let cancelled = false;
  const chunk = new Uint8Array(1 << 20).fill(0x20);
  const stream = new ReadableStream({
    pull(controller) {
      sent += chunk.length;
      controller.enqueue(chunk);
    },
    cancel() {
      cancelled = true;
    },
  });
  await expect(readJson(request(stream))).rejects.toMatchObject({ status: 413, headers: { connection: "close" } });
  expect(cancelled).toBe(true);
  expect(sent).toBeLessThanOrEqual(maxBodyBytes + 3 * chunk.length);
});

it("accepts JSON with a charset, and nothing else", async () => {
  expect(await readJson(request("{}", { "content-type": "application/json; charset=utf-8" }))).toEqual({});
  await expect(readJson(request("{}", { "content-type": "text/plain" }))).rejects.toMatchObject({ status: 415 });
});
