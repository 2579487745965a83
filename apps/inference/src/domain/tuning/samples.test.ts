import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Example, guessMapping, mapperOf, prepareExamples, SomeOf, sampleCsv } from "@tugboat/tuning";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeSheet } from "../datasets/xlsx/write.ts";
import { fileSamples } from "./sample-source.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tug-samples-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function readTable(bytes: Uint8Array) {
  const path = join(folder, "file");
  await writeFile(path, bytes);
  const samples = await fileSamples(path);
  const { columns, head, rows } = samples;
  const all: (readonly string[])[] = [];
  for await (const row of rows()) all.push(row);
  return { columns, head, rows: all, samples };
}
const tableOf = (text: string) => readTable(Buffer.from(text));
async function readBytes(bytes: Uint8Array): Promise<Example[]> {
  const table = await readTable(bytes);
  return table.rows.map(mapperOf(table.columns, guessMapping(table)));
}
const read = (text: string) => readBytes(Buffer.from(text));

describe("reading examples", () => {
  it("takes CSV with quotes, line breaks and a heading", async () => {
    const text = 'message,queue\n"Hello, ""you""\nthere",greeting\nWhere is it?,question\n';
    expect(await read(text)).toEqual([
      { input: 'Hello, "you"\nthere', output: "greeting" },
      { input: "Where is it?", output: "question" },
    ]);
  });

  it("takes cells pasted from a spreadsheet, and semicolons", async () => {
    expect(await read('text\tlabel\nit is 5" wide\tsize\nred\tcolour')).toEqual([
      { input: 'it is 5" wide', output: "size" },
      { input: "red", output: "colour" },
    ]);
    expect((await tableOf("label;text\na;one, two\nb;three")).columns).toEqual(["label", "text"]);
  });

  it("takes a workbook", async () => {
    const rows = [
      ["message", "queue", "note"],
      ["Where is my order?", "delivery", ""],
      ["=1+1, says the bill", "billing", "odd"],
    ];
    async function* each() {
      yield* rows;
    }
    const pieces: Uint8Array[] = [];
    for await (const piece of writeSheet(each())) pieces.push(piece);
    expect(await readBytes(Buffer.concat(pieces))).toEqual([
      { input: "Where is my order?", output: "delivery" },
      { input: "=1+1, says the bill", output: "billing" },
    ]);
  });

  it("takes preferences, as OpenAI writes them too", async () => {
    const turn = (content: string) => [{ role: "assistant", content }];
    const lines = [
      { prompt: "Where is it?", chosen: "On its way.", rejected: "No idea." },
      {
        input: { messages: [{ role: "user", content: "Is it red?" }] },
        preferred_output: turn("Yes."),
        non_preferred_output: turn("Perhaps."),
      },
    ];
    const wanted = [
      { input: "Where is it?", output: "On its way.", rejected: "No idea." },
      { input: "Is it red?", output: "Yes.", rejected: "Perhaps." },
    ];
    expect(await read(lines.map((one) => JSON.stringify(one)).join("\n"))).toEqual(wanted);
    expect(await read("prompt,better,worse\nWhere is it?,On its way.,No idea.\nIs it red?,Yes.,Perhaps.\n")).toEqual(
      wanted,
    );
    await expect(read('{"input": "a", "output": "b"}\n{"input": "a", "chosen": "b", "rejected": "c"}')).rejects.toThrow(
      /Line 2 is a preference/,
    );
  });

  it("takes JSON Lines of pairs and of messages, whatever their names", async () => {
    const text = [
      { input: "a", output: "b" },
      {
        messages: [
          { role: "system", content: "Be kind." },
          { role: "user", content: "c" },
          { role: "assistant", content: "d" },
        ],
      },
      { prompt: "e", completion: "f" },
      { text: "g", label: 1 },
    ];
    expect(await read(text.map((line) => JSON.stringify(line)).join("\n"))).toEqual([
      { input: "a", output: "b" },
      { input: "Be kind.\nc", output: "d" },
      { input: "e", output: "f" },
      { input: "g", output: "1" },
    ]);
    const others = [1, 2].map((n) => ({ id: n, mail: `Where is parcel ${n}?`, queue: n === 1 ? "delivery" : "bug" }));
    expect(await read(JSON.stringify(others))).toEqual([
      { input: "Where is parcel 1?", output: "delivery" },
      { input: "Where is parcel 2?", output: "bug" },
    ]);
  });

  it("finds the columns without a heading, and among others", async () => {
    const rows = Array.from(
      { length: 20 },
      (_, i) => `${i},This is message number ${i} of many,${i % 2 ? "yes" : "no"}`,
    );
    const table = await tableOf(rows.join("\n"));
    expect(guessMapping(table)).toEqual({ input: "column 2", output: "column 3" });
    expect(table.rows).toHaveLength(20);
    const named = await tableOf(`id,body,queue\n${rows.join("\n")}`);
    expect(guessMapping(named)).toEqual({ input: "body", output: "queue" });
  });

  it.each([
    ["", /nothing in it/],
    ["one\ntwo\nthree", /only one column/],
    ['{"input": 1}', /only one column/],
    ['{"input": "a", "output": "b"}\n{oops', /Line 2 is not JSON/],
    ['{"input": "a", "output": "b"}\n{"in": "a"}', /Line 2 has neither/],
    ["message,queue\nWhere, please, is it?,delivery", /Row 2 .* 4 cells, the heading names 2/],
    ["message,queue\nmine,a\n\0\0\0\0\0\u0001", /not text/],
  ])("says what is wrong with %j", async (text, message) => {
    await expect(tableOf(text)).rejects.toThrow(message);
  });

  it("gives back whatever was written as CSV", async () => {
    const cell = fc
      .string({ unit: "grapheme", minLength: 1 })
      .filter((text) => text.trim() !== "" && !/[\r\uFEFF]|^'[=+\-@]/.test(text));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 20 }), async (rows) => {
        const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
        const csv = `input,output\n${rows.map((row) => row.map(quoted).join(",")).join("\n")}\n`;
        expect(await read(csv)).toEqual(rows.map(([input, output]) => ({ input, output })));
      }),
      { numRuns: 50 },
    );
  });

  it("says where a column was renamed in the middle, and loses no row of it", async () => {
    const row = (i: number) =>
      JSON.stringify({ [i < 250 ? "message" : "body"]: `text number ${i}`, queue: "ab"[i % 2] });
    const prepared = await prepareExamples(
      await tableOf(Array.from({ length: 300 }, (_, i) => row(i)).join("\n")).then(({ samples }) => samples),
      { mends: [], contextLength: 1024 },
    );
    expect(prepared.rows).toBe(300);
    expect(prepared.findings[0]).toMatchObject({ kind: "empty", weight: "stop" });
    expect(prepared.findings[0]?.sentence).toMatch(/^50 examples lack .* all from row 251 on/);
  });

  it("reads the sample data set: 60 messages in four queues", async () => {
    const examples = await read(sampleCsv());
    expect(examples).toHaveLength(60);
    expect(new Set(examples.map(({ output }) => output)).size).toBe(4);
  });
});

describe("a file's bytes", () => {
  const text = "message,queue\nWhere is the café?,delivery\n";
  const utf16 = (bom: boolean) => Buffer.concat([Buffer.from(bom ? [0xff, 0xfe] : []), Buffer.from(text, "utf16le")]);
  it.each([
    ["UTF-8", Buffer.from(text)],
    ["UTF-8 with a mark", Buffer.from(`\uFEFF${text}`)],
    ["UTF-16", utf16(true)],
    ["UTF-16 without a mark", utf16(false)],
    ["UTF-16, big end first", utf16(true).swap16()],
    ["lines of Windows", Buffer.from(text.replaceAll("\n", "\r\n"))],
    ["Windows-1252", Buffer.from(text, "latin1")],
  ])("are read as %s", async (_, bytes) => {
    expect(await readBytes(bytes)).toEqual([{ input: "Where is the café?", output: "delivery" }]);
  });
});

describe("a large file", () => {
  const all = Array.from({ length: 500 }, (_, i) => ({ input: `text ${i}`, output: i % 2 ? "a" : "b" }));
  const choose = (examples: readonly Example[], most: number) => {
    const some = new SomeOf(most);
    for (const one of examples) some.add(one);
    return some;
  };

  it("gives as many examples as a run can use, the same ones in whatever order they come", () => {
    const kept = choose(all, 40);
    expect(kept.count).toBe(500);
    expect(kept.examples()).toHaveLength(40);
    const turned = choose([...all].reverse(), 40).examples();
    expect(turned.map(({ input }) => input).sort()).toEqual(
      kept
        .examples()
        .map(({ input }) => input)
        .sort(),
    );
  });

  it("that is not too large gives all, in their order", () => {
    expect(choose(all, 500).examples()).toEqual(all);
  });
});
