import fc from "fast-check";
import { expect, it } from "vitest";
import { EventFormatError, eventData } from "./event-reader.ts";

async function* cut(bytes: Uint8Array, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  let from = 0;
  for (const at of [...cuts.map((c) => c % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]) {
    yield bytes.slice(from, at);
    from = at;
  }
}

async function collect(events: AsyncIterable<string>): Promise<string[]> {
  const all: string[] = [];
  for await (const event of events) all.push(event);
  return all;
}

async function read(text: string, cuts: readonly number[] = []): Promise<string[]> {
  return collect(eventData(cut(new TextEncoder().encode(text), cuts)));
}

it("reads the same events however the bytes are cut", async () => {
  const json = fc.string({ unit: "grapheme" }).map((text) => JSON.stringify({ text }));
  await fc.assert(
    fc.asyncProperty(
      fc.array(json),
      fc.constantFrom("\n", "\r\n"),
      fc.array(fc.nat(), { maxLength: 20 }),
      async (events, end, cuts) => {
        const text = events.map((event) => `: ping${end}event: x${end}data: ${event}${end}${end}`).join("");
        expect(await read(text, cuts)).toEqual(events);
      },
    ),
  );
});

it("joins lines of one event, and takes the last without its empty line", async () => {
  expect(await read("data: a\ndata:b\n\ndata: c")).toEqual(["a\nb", "c"]);
  expect(await read("id: 1\n\n: nothing\n\n")).toEqual([]);
});

it("refuses a line without end, and bytes that are no text", async () => {
  async function* endless() {
    for (;;) yield new TextEncoder().encode("data: ".padEnd(65_536, "x"));
  }
  await expect(collect(eventData(endless()))).rejects.toThrow(EventFormatError);
  async function* invalid() {
    yield Uint8Array.of(0x64, 0xff, 0xfe);
  }
  await expect(collect(eventData(invalid()))).rejects.toThrow("not UTF-8");
});
