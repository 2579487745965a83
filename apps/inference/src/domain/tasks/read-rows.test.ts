import { expect, it } from "vitest";
import { draftFields } from "./draft.ts";
import { readRowsOf, rowsOfExamples } from "./read-rows.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

it("reads what people have: cells, lines of JSON, conversations", async () => {
  const csv = await readRowsOf(bytes('message;queue\n"a; b";billing\nc;bug\n'));
  expect(csv).toMatchObject({
    asked: ["message"],
    answered: ["queue"],
    rows: [
      ["a; b", "billing"],
      ["c", "bug"],
    ],
  });
  const lines = await readRowsOf(bytes('{"text":"a","label":1}\n{"text":"b","label":2}\n'));
  expect(lines).toMatchObject({
    asked: ["text"],
    answered: ["label"],
    rows: [
      ["a", "1"],
      ["b", "2"],
    ],
  });
  const turn = (role: string, content: string) => ({ role, content });
  const chat = JSON.stringify({ messages: [turn("user", "a"), turn("assistant", "b")] });
  expect(await readRowsOf(bytes(`${chat}\n${chat}\n`))).toMatchObject({
    asked: ["input"],
    answered: ["output"],
    rows: [
      ["a", "b"],
      ["a", "b"],
    ],
  });
  await expect(readRowsOf(bytes(""))).rejects.toMatchObject({ name: "TaskError", code: "bad-examples" });
});

it("makes rows of a dataset's examples, also where both sides have a field of one name", () => {
  const plain = rowsOfExamples([{ input: "a", expected: "x" }]);
  expect(plain).toMatchObject({
    columns: ["input", "output"],
    rows: [["a", "x"]],
    asked: ["input"],
    answered: ["output"],
  });
  const fields = rowsOfExamples([
    { input: { text: "a", language: "en" }, expected: { text: "b", score: 2 } },
    { input: { text: "c" }, expected: { text: "d", score: 3 } },
  ]);
  expect(fields.asked).toEqual(["text", "language"]);
  expect(fields.answered).toEqual(["text (right)", "score"]);
  expect(fields.rows[1]).toEqual(["c", "", "d", "3"]);
  expect(draftFields(fields, fields.answered, fields.asked).output).toEqual({ text: "string", score: "number" });
});
