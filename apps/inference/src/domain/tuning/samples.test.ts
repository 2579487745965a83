import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TuningError } from "./errors.ts";
import { sampleCsv } from "./sample-data.ts";
import { examplesOf, guessMapping, readTable } from "./samples.ts";
import { textOf } from "./text-bytes.ts";

const read = (text: string) => {
  const table = readTable(text);
  return examplesOf(table, guessMapping(table));
};

describe("reading examples", () => {
  it("takes CSV with quotes, line breaks and a heading", () => {
    const text = 'message,queue\n"Hello, ""you""\nthere",greeting\nWhere is it?,question\n';
    expect(read(text)).toEqual([
      { input: 'Hello, "you"\nthere', output: "greeting" },
      { input: "Where is it?", output: "question" },
    ]);
  });

  it("takes cells pasted from a spreadsheet, and semicolons", () => {
    expect(read('text\tlabel\nit is 5" wide\tsize\nred\tcolour')).toEqual([
      { input: 'it is 5" wide', output: "size" },
      { input: "red", output: "colour" },
    ]);
    expect(readTable("label;text\na;one, two\nb;three").columns).toEqual(["label", "text"]);
  });

  it("takes preferences, as OpenAI writes them too", () => {
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
    expect(read(lines.map((one) => JSON.stringify(one)).join("\n"))).toEqual(wanted);
    expect(read("prompt,better,worse\nWhere is it?,On its way.,No idea.\nIs it red?,Yes.,Perhaps.\n")).toEqual(wanted);
    expect(() => read('{"input": "a", "output": "b"}\n{"input": "a", "chosen": "b", "rejected": "c"}')).toThrow(
      /Line 2 is a preference/,
    );
  });

  it("takes JSON Lines of pairs and of messages", () => {
    const text = [
      { input: "a", output: "b" },
      {
        messages: [
          { role: "user", content: "c" },
          { role: "assistant", content: "d" },
        ],
      },
      { prompt: "e", completion: "f" },
      { text: "g", label: 1 },
    ];
    const pairs = read(text.map((line) => JSON.stringify(line)).join("\n"));
    expect(pairs.map(({ input, output }) => [input, output])).toEqual([
      ["a", "b"],
      ["c", "d"],
      ["e", "f"],
      ["g", "1"],
    ]);
  });

  it("finds the columns without a heading, and among others", () => {
    const rows = Array.from(
      { length: 20 },
      (_, i) => `${i},This is message number ${i} of many,${i % 2 ? "yes" : "no"}`,
    );
    const table = readTable(rows.join("\n"));
    expect(guessMapping(table)).toEqual({ input: "column 2", output: "column 3" });
    expect(table.rows).toHaveLength(20);
    const named = readTable(`id,body,queue\n${rows.join("\n")}`);
    expect(guessMapping(named)).toEqual({ input: "body", output: "queue" });
  });

  it.each([
    ["", /nothing in it/],
    ["one\ntwo\nthree", /only one column/],
    ['{"input": 1}', /Line 1/],
    ['{"input": "a", "output": "b"}\n{oops', /Line 2 is not JSON/],
  ])("says what is wrong with %j", (text, message) => {
    expect(() => readTable(text)).toThrow(message);
    expect(() => readTable(text)).toThrow(TuningError);
  });

  it("gives back whatever was written as CSV", () => {
    const cell = fc
      .string({ unit: "grapheme", minLength: 1 })
      .filter((text) => text.trim() !== "" && !text.includes("\r"));
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell), { minLength: 1 }), (rows) => {
        const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
        const csv = `input,output\n${rows.map((row) => row.map(quoted).join(",")).join("\n")}\n`;
        expect(read(csv)).toEqual(rows.map(([input, output]) => ({ input, output })));
      }),
    );
  });

  it("reads the sample data set: 60 messages in four queues", () => {
    const examples = read(sampleCsv());
    expect(examples).toHaveLength(60);
    expect(new Set(examples.map(({ output }) => output)).size).toBe(4);
  });
});

describe("a file's bytes", () => {
  const text = "message,queue\nWhere is my order?,delivery\n";
  const utf16 = (bom: boolean) => Buffer.concat([Buffer.from(bom ? [0xff, 0xfe] : []), Buffer.from(text, "utf16le")]);
  it.each([
    ["UTF-8", Buffer.from(text)],
    ["UTF-8 with a mark", Buffer.from(`\uFEFF${text}`)],
    ["UTF-16", utf16(true)],
    ["UTF-16 without a mark", utf16(false)],
    ["UTF-16, big end first", utf16(true).swap16()],
    ["lines of Windows", Buffer.from(text.replaceAll("\n", "\r\n"))],
  ])("are read as %s", (_, bytes) => {
    expect(textOf(bytes)).toBe(text);
  });

  it("may be Windows-1252", () => {
    expect(textOf(Buffer.from("caf\xe9", "latin1"))).toBe("café");
  });

  it("are refused when they are no text", () => {
    expect(() => textOf(Buffer.from("PK\x03\x04\0\0\0", "latin1"))).toThrow(/spreadsheet or an archive/);
  });
});
