import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { timeOfRequestId } from "../usage/request-id.ts";
import { checkLines, lineRequestId, parseLine } from "./lines.ts";
import { ResultFile } from "./results.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tug-batch-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const url = "/v1/completions";

it("a results file, cut anywhere, keeps its whole lines and takes more", async () => {
  const results = Array.from({ length: 5 }, (_, i) => ({ custom_id: `r${i}`, text: "é\n" }));
  const whole = Buffer.from(results.map((one) => `${JSON.stringify(one)}\n`).join(""));
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: whole.length }), async (cut) => {
      const path = join(folder, "cut.jsonl");
      await writeFile(path, whole.subarray(0, cut));
      const done: string[] = [];
      const file = await ResultFile.open(path, (id) => done.push(id));
      expect(done).toEqual(results.slice(0, done.length).map(({ custom_id }) => custom_id));
      expect(file.count).toBe(done.length);
      await Promise.all(results.slice(done.length).map((one) => file.append(one)));
      expect(await file.close()).toEqual({ bytes: whole.length, count: 5 });
      expect(await readFile(path)).toEqual(whole);
    }),
    { numRuns: 60 },
  );
});

it("a line is a request or a fault with its number, whatever it is", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      const parsed = parseLine(text, 7, url);
      if ("code" in parsed) expect(parsed).toMatchObject({ line: 7, message: expect.stringMatching(/^Line 7: /) });
      else expect(parsed.customId).toBeTypeOf("string");
    }),
  );
});

it("a file is read past a byte order mark, blank lines and Windows' ends of lines", async () => {
  const path = join(folder, "windows.jsonl");
  const line = (custom_id: string) => JSON.stringify({ custom_id, method: "POST", url, body: { model: "m" } });
  await writeFile(path, `\uFEFF${line("a")}\r\n\r\n${line("b")}`);
  expect(await checkLines(path, url, new AbortController().signal)).toEqual({ total: 2, faults: [] });
  await appendFile(path, "\n[]");
  const { faults } = await checkLines(path, url, new AbortController().signal);
  expect(faults).toMatchObject([{ line: 4, code: "invalid_request" }]);
});

it("a line's usage has one id for ever, of the batch's time, and no other line's", () => {
  const batch = { id: "batch_1", createdAt: new Date("2026-03-01T10:00:00.123Z") };
  expect(lineRequestId(batch, 1)).toBe(lineRequestId({ ...batch }, 1));
  expect(timeOfRequestId(lineRequestId(batch, 1))).toEqual(batch.createdAt);
  const ids = Array.from({ length: 1000 }, (_, i) => lineRequestId(batch, i));
  expect(new Set([...ids, lineRequestId({ ...batch, id: "batch_2" }, 1)]).size).toBe(1001);
  expect(ids[0]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});
