import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, expect, it } from "vitest";
import { usageEvent } from "../../testing/usage.ts";
import { decodeLine, encodeLine } from "./event-line.ts";
import { Journal } from "./journal.ts";

const organizationId = "018f0000-0000-7000-8000-000000000001";
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tug-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function readAll(journal: Journal, bytes = 1_000): Promise<string[]> {
  const lines: string[] = [];
  for (let part = await journal.next(bytes); part !== undefined; part = await journal.next(bytes)) {
    lines.push(...part.text.split("\n").filter((line) => line !== ""));
    await journal.shipped(part.segment, part.end);
  }
  return lines;
}

it("gives back each line once, in order, whatever the size of a reading", async () => {
  const journal = await Journal.open(folder);
  const lines = Array.from({ length: 500 }, (_, i) => `${i} ${"é".repeat(i % 70)}`);
  await Promise.all(lines.map((line) => journal.append(`${line}\n`)));
  expect(await readAll(journal, 16)).toEqual(lines);
  expect(journal.backlog).toBe(0);
  await journal.close();
  expect(await readdir(folder)).toEqual([]);
});

it("has a line on the disk when append resolves", async () => {
  const journal = await Journal.open(folder);
  await journal.append("one\n");
  const [name = ""] = await readdir(folder);
  expect(await readFile(join(folder, name), "utf8")).toBe("one\n");
  await journal.close();
});

it("keeps what is not shipped for the next start, once", async () => {
  const first = await Journal.open(folder);
  await first.append("a\n");
  await first.append("b\n");
  await first.close();
  const second = await Journal.open(folder);
  await second.append("c\n");
  expect(await readAll(second)).toEqual(["a", "b", "c"]);
  await second.close();
  const third = await Journal.open(folder);
  expect(await readAll(third)).toEqual([]);
  await third.close();
});

it("does not remove the file of a writer that may live", async () => {
  const theirs = "usage-another.host-1-1-0.wal";
  await writeFile(join(folder, theirs), "x\n");
  const journal = await Journal.open(folder);
  expect(await readAll(journal)).toEqual(["x"]);
  await journal.close();
  expect(await readdir(folder)).toEqual([theirs]);
});

it("gives out the cut off end of a crash as it is, without a line end", async () => {
  const event = usageEvent(organizationId);
  const journal = await Journal.open(folder);
  await journal.append(encodeLine(event));
  await journal.close();
  const [left = ""] = (await readdir(folder)).filter((file) => file.endsWith(".wal"));
  await appendFile(join(folder, left), encodeLine(usageEvent(organizationId)).slice(0, 100));
  const next = await Journal.open(folder);
  const read = (await readAll(next)).map(decodeLine);
  expect(read).toEqual([event, undefined]);
  await next.close();
});

it("lines survive the way through text, and any flipped character is noticed", () => {
  fc.assert(
    fc.property(
      fc.record({
        model: fc.string({ maxLength: 50, unit: "binary" }),
        inputTokens: fc.nat(2_000_000_000),
        amountPicoUsd: fc.bigInt({ min: 0n, max: 9_000_000_000_000_000_000n }),
        at: fc.date({ min: new Date(0), max: new Date("2100-01-01"), noInvalidDate: true }),
      }),
      fc.nat(),
      (given, where) => {
        const event = usageEvent(organizationId, given);
        const line = encodeLine(event).slice(0, -1);
        expect(decodeLine(line)).toEqual(event);
        const at = where % line.length;
        const flipped = line.slice(0, at) + String.fromCharCode(line.charCodeAt(at) ^ 1) + line.slice(at + 1);
        expect(decodeLine(flipped)).toBeUndefined();
      },
    ),
  );
});
