import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Example, Json } from "@tugboat/db";
import type { FileRecord } from "@tugboat/records";
import { DatasetError } from "@tugboat/records";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ExportFormat, exportExamples } from "./export.ts";
import { inspectFile } from "./inspect.ts";
import { checkMapping, guessMapping, mapper } from "./mapping.ts";
import { openRecords } from "./open-file.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tugboat-reading-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function file(content: string | Uint8Array): Promise<string> {
  const path = join(folder, "file");
  await writeFile(path, content);
  return path;
}

async function read(content: string | Uint8Array) {
  const source = await openRecords(await file(content));
  const records: FileRecord[] = [];
  for await (const record of source.records()) records.push(record);
  const mapping = guessMapping(source.columns, records);
  const map = mapper(mapping, "file");
  const examples = records.map((record) => {
    const mapped = map(record);
    if (!mapped.ok) throw new Error(`row ${record.row}: ${mapped.why}`);
    return mapped.example;
  });
  return { ...source, mapping, examples, said: examples.map(({ expected, input }) => [input, expected]) };
}

const lines = (...rows: unknown[]) => rows.map((row) => JSON.stringify(row)).join("\n");

describe("reading files", () => {
  it.each([
    ["UTF-8", (text: string) => Buffer.from(text)],
    ["UTF-8 with a mark", (text: string) => Buffer.from(`\uFEFF${text}`)],
    ["UTF-16 LE with a mark", (text: string) => Buffer.from(`\uFEFF${text}`, "utf16le")],
    ["UTF-16 LE without", (text: string) => Buffer.from(text, "utf16le")],
    ["UTF-16 BE", (text: string) => Buffer.from(`\uFEFF${text}`, "utf16le").swap16()],
    ["Windows-1252", (text: string) => Buffer.from(text, "latin1")],
  ])("takes %s", async (_, bytes) => {
    const { said } = await read(bytes("message,queue\r\nWo ist mein Päckchen?,delivery\r\n"));
    expect(said).toEqual([["Wo ist mein Päckchen?", "delivery"]]);
  });

  it("finds what is wrong and says where", async () => {
    const wrong = async (content: string | Uint8Array) => read(content).catch((error: unknown) => error);
    for (const [content, message] of [
      ["", /nothing in it/],
      ['{"input": "a"}\n{oops', /Line 2 is not JSON/],
      ['{"input": "a"}\n[1]', /Line 2 is not an object/],
      ["input,output\na,b\nc,d,e\n", /Row 3 .* has 3 cells, the heading names 2/],
      [`input,output\na,"b\n${"x,y\n".repeat(1_200_000)}`, /never ends/],
      [Buffer.from([0x50, 0x4b, 3, 4, 1, 2, 3]), /spreadsheet is damaged/],
      [Buffer.from([0x1f, 0x8b, 8]), /compressed/],
      [Buffer.from("PAR1xxxx"), /Parquet/],
      [Buffer.from([1, 0, 0, 2, 3, 0, 0, 9]), /not text/],
    ] as const) {
      const error = await wrong(content);
      expect(error).toBeInstanceOf(DatasetError);
      expect(String(error)).toMatch(message);
    }
  });

  it("knows the shapes of other tools", async () => {
    const question = { role: "user", content: "hi" };
    const answer = { role: "assistant", content: "hello" };
    const system = { role: "system", content: "be kind" };
    expect(
      (await read(lines({ messages: [question, answer] }, { messages: [system, question, answer] }))).said,
    ).toEqual([
      ["hi", "hello"],
      [{ messages: [system, question] }, "hello"],
    ]);
    const sharegpt = {
      conversations: [
        { from: "human", value: "hi" },
        { from: "gpt", value: "hello" },
      ],
    };
    expect((await read(lines(sharegpt))).said).toEqual([["hi", "hello"]]);
    expect((await read(lines({ instruction: "add", input: "1 2", output: "3" }))).said).toEqual([["add\n\n1 2", "3"]]);
    expect((await read(JSON.stringify([{ prompt: "p", chosen: "good", rejected: "bad" }]))).said).toEqual([
      ["p", { chosen: "good", rejected: "bad" }],
    ]);
    const openai = { input: { messages: [question] }, preferred_output: [answer], non_preferred_output: [system] };
    expect((await read(lines(openai))).said).toEqual([
      [{ messages: [question] }, { chosen: "hello", rejected: "be kind" }],
    ]);
    const calls = { role: "assistant", content: null, tool_calls: [{ id: "1", function: { name: "f" } }] };
    expect((await read(lines({ messages: [question, calls], tools: [{ type: "function" }] }))).said).toEqual([
      [
        { messages: [question], tools: [{ type: "function" }] },
        { ...calls, content: "" },
      ],
    ]);
  });

  it("guesses columns, splits and tags, and takes corrections", async () => {
    const csv = "id,body,queue,tags,split\n1,Where is it?,delivery,a;b,dev\n2,Pay twice,billing,,train\n";
    const { examples, mapping } = await read(csv);
    expect(mapping).toEqual({
      shape: "columns",
      columns: { id: "ignore", body: "input", queue: "expected", tags: "tag", split: "split" },
    });
    expect(examples[0]).toMatchObject({
      input: "Where is it?",
      expected: "delivery",
      tags: ["a", "b"],
      split: "validation",
    });
    expect(examples[0]?.origin).toEqual({ kind: "file", file: "file", row: 2 });
    const path = await file(csv);
    const renamed = {
      shape: "columns",
      columns: { id: "input", body: "input", queue: "expected" },
      names: { body: "message" },
    } as const;
    const { preview } = await inspectFile(path, "x.csv", renamed);
    expect(preview[0]?.example?.input).toEqual({ id: "1", message: "Where is it?" });
    expect(() => checkMapping({ shape: "columns", columns: { nope: "input" } }, ["a"])).toThrow(/no column "nope"/);
    expect(() => checkMapping({ shape: "columns", columns: { a: "ignore" } }, ["a"])).toThrow(/shown/);
    const twice = { shape: "columns", columns: { a: "input", b: "input" }, names: { b: "a" } } as const;
    expect(() => checkMapping(twice, ["a", "b"])).toThrow(/both be input: a/);
  });
});

describe("what was exported comes back", () => {
  const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 30 }).filter((one) => one.trim() !== "");
  const back = async (format: ExportFormat, said: readonly (readonly [Json, Json])[]) => {
    const examples = said.map(([input, expected], i): Example => {
      const place = { id: "x", position: i + 1, digest: "00", since: 1, origin: null };
      return { ...place, input, expected, tags: [], split: null };
    });
    async function* all() {
      yield* examples;
    }
    const pieces: Uint8Array[] = [];
    for await (const piece of exportExamples(format, all, said.length)) pieces.push(piece);
    return (await read(Buffer.concat(pieces))).said;
  };

  it.each(["jsonl", "csv", "xlsx"] as const)("as %s, whatever was written", async (format) => {
    // A carriage return alone is a line end to whoever reads text.
    const cell = text.filter((one) => format === "jsonl" || (!one.includes("\r") && !/^'[=+\-@]/.test(one)));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 20 }), async (said) => {
        expect(await back(format, said)).toEqual(said);
      }),
      { numRuns: 40 },
    );
  });

  it("with fields of their own", async () => {
    const said = [
      [
        { subject: "=1+1", body: "b" },
        { queue: "x", urgent: "-3" },
      ],
      [
        { subject: "@s", body: "c" },
        { queue: "y", urgent: "+4" },
      ],
    ] as const;
    expect(await back("csv", said)).toEqual(said);
    expect(await back("xlsx", said)).toEqual(said);
    expect(await back("jsonl", said)).toEqual(said);
  });

  it.each(["openai", "sharegpt", "alpaca"] as const)("as %s", async (format) => {
    expect(await back(format, [["hi", "hello"]])).toEqual([["hi", "hello"]]);
  });

  it("as preferences, which need pairs", async () => {
    const pair = [{ messages: [{ role: "user", content: "hi" }] }, { chosen: "a", rejected: "b" }] as const;
    expect(await back("openai-preference", [pair])).toEqual([pair]);
    await expect(back("openai-preference", [["hi", "hello"]])).rejects.toThrow(/no preference pair/);
  });
});
