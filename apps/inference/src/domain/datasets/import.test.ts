import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Database, openDatabase } from "@tugboat/db";
import { afterAll, beforeAll, expect, it } from "vitest";
import { importedAs, importFile } from "./import.ts";
import type { Mapping } from "./mapping.ts";

let home: string;
let database: Database;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "tugboat-import-"));
  database = await openDatabase({ home });
}, 60_000);
afterAll(async () => {
  await database.close();
  await rm(home, { recursive: true, force: true });
});

const mapping: Mapping = { shape: "columns", columns: { message: "input", queue: "expected", part: "split" } };
const watch = { signal: new AbortController().signal, progress: () => {} };

async function bring(name: string, csv: string, mode: "append" | "replace", importId = name) {
  const scope = database.organization(database.home.organizationId);
  const known = (await scope.datasets.list()).find((one) => one.name === name);
  const dataset = known ?? (await scope.datasets.create({ name, createdBy: "system" }));
  const path = join(home, "file.csv");
  await writeFile(path, csv);
  const wanted = {
    path,
    file: "file.csv",
    dataset: dataset.id,
    mapping,
    mode,
    note: "",
    createdBy: "system",
    importId,
  };
  const result = await importFile(scope, wanted, watch);
  return { result, scope, dataset };
}

const subjects = ["invoice", "parcel", "password", "refund", "delivery", "account"];
const words = (i: number) =>
  `My ${subjects[i % 6]} number ${i * 7919} of the ${i % 28}th is about ${subjects[(i * 5) % 6]} ${i * 104_729}.`;
const csv = (rows: readonly string[]) => `message,queue,part\n${rows.join("\n")}\n`;

it("brings a file in as one version, twice as none, with likes in one split", async () => {
  const rows = Array.from({ length: 300 }, (_, i) => `${words(i)},q${i % 3},`);
  const doubled = [...rows, ...rows.slice(0, 50).map((row) => row.toUpperCase().replace(/Q(\d),$/, "q$1,")), ",q0,"];
  const { dataset, result, scope } = await bring("triage", csv(doubled), "replace");
  expect(result).toEqual({ version: 1, made: true, rows: 350, skipped: 1, leaks: 0 });
  const { version } = await scope.datasets.resolve("triage");
  const splits = new Map<string, Set<string | null>>();
  for await (const { input, split } of scope.datasets.stream(version.id)) {
    const text = String(input).toLowerCase();
    splits.set(text, (splits.get(text) ?? new Set()).add(split));
  }
  expect([...splits.values()].every((found) => found.size === 1)).toBe(true);
  const again = await bring("triage", csv(doubled.reverse()), "replace", "second");
  expect(again.result).toMatchObject({ version: 1, made: false });
  const more = await bring("triage", csv([`${words(1)} Yes,q1,`]), "append", "third");
  expect(more.result).toMatchObject({ version: 2, rows: 1 });
  const versions = await scope.datasets.versions(dataset.id);
  expect(importedAs("third", versions)?.number).toBe(2);
  expect(importedAs("triage", versions)?.number).toBe(1);
}, 30_000);

it("takes the file's own splits and counts what leaks between them", async () => {
  const { result, scope } = await bring("own", csv([`${words(1)},a,train`, `${words(1)} !,a,test`]), "append");
  expect(result).toMatchObject({ rows: 2, leaks: 2 });
  const { version } = await scope.datasets.resolve("own");
  expect(version.facts.splits).toEqual({ train: 1, test: 1 });
});

it("leaves nothing behind of a file that is wrong, and holds rows to the schema", async () => {
  await expect(bring("broken", "message,queue,part\na,b,\nc,d,e,f,g\n", "append")).rejects.toThrow(/Row 3/);
  const scope = database.organization(database.home.organizationId);
  expect((await scope.datasets.get("broken")).latest).toBeNull();
  const { id, updatedAt } = await scope.datasets.get("broken");
  const schema = { input: { type: "string" }, expected: { enum: ["b"] } };
  await scope.datasets.update(id, { schema }, updatedAt);
  await expect(bring("broken", csv(["one,b,", "two,d,"]), "append")).rejects.toThrow(/Row 3: expected must be .*"b"/);
  await expect(bring("broken", csv([",b,"]), "append")).rejects.toThrow(/None of the file's rows/);
  expect((await bring("broken", csv(["one,b,"]), "append")).result.version).toBe(1);
});
