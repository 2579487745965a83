import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readEvents, readText } from "./sse.ts";

async function all(chunks: Iterable<string>): Promise<string[]> {
  async function* feed() {
    yield* chunks;
  }
  const events: string[] = [];
  for await (const event of readEvents(feed())) events.push(event);
  return events;
}

const stream = 'data: {"a":1}\n\n: a comment\n\ndata:two\ndata: lines\nid: 7\n\ndata: [DONE]\n\n';

describe("readEvents", () => {
  it("reads the same events wherever the stream is cut and however lines end", async () => {
    const expected = ['{"a":1}', "two\nlines", "[DONE]"];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom("\n", "\r\n", "\r"),
        fc.array(fc.integer({ min: 0, max: stream.length }), { maxLength: 12 }),
        async (lineEnd, cuts) => {
          // A lone CR at the very end may be half of a CRLF; one more line decides it.
          const text = `${stream.replaceAll("\n", lineEnd)}:${lineEnd}`;
          const edges = [0, ...cuts.map((cut) => Math.min(cut, text.length)).sort((a, b) => a - b), text.length];
          const chunks = edges.slice(1).map((edge, index) => text.slice(edges[index], edge));
          expect(await all(chunks)).toEqual(expected);
        },
      ),
    );
  });

  it("does not yield an event that was cut off", async () => {
    expect(await all(["data: half"])).toEqual([]);
  });
});

describe("readText", () => {
  it("never splits a character", async () => {
    const bytes = new TextEncoder().encode("naïve 🛥️");
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
        controller.close();
      },
    });
    let text = "";
    for await (const piece of readText(body)) text += piece;
    expect(text).toBe("naïve 🛥️");
  });
});
