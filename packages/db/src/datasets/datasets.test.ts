import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect } from "../connection.ts";
import { type Database, openDatabase } from "../open.ts";
import type { OrganizationScope } from "../organization.ts";
import { temporaryHome } from "../testing/home.ts";
import { canonicalJson, ExampleSum, type NewExample, newExampleId } from "./example.ts";

let home: Awaited<ReturnType<typeof temporaryHome>>;
let database: Database;
let scope: OrganizationScope;
let others: OrganizationScope;
const by = { createdBy: "system" };

beforeAll(async () => {
  home = await temporaryHome();
  database = await openDatabase({ home: home.path });
  scope = database.organization(database.home.organizationId);
  const client = await connect({ connectionString: database.url });
  const { rows } = await client.query(
    "INSERT INTO organization (id, name, slug) VALUES (gen_random_uuid(), 'Other', 'other') RETURNING id",
  );
  others = database.organization(rows[0].id);
  await client.end();
});
afterAll(async () => {
  await database.close();
  await home.remove();
});

const ex = (input: string, expected: string, more: Partial<NewExample> = {}): NewExample => ({
  input,
  expected,
  ...more,
});

async function fresh(rows: NewExample[]): Promise<string> {
  const { id } = await scope.datasets.create({ name: `set-${newExampleId()}`, createdBy: "system" });
  await scope.datasets.append(id, rows, by);
  return id;
}

async function contents(id: string, number: number): Promise<string[]> {
  const { version } = await scope.datasets.resolve(`${id}@${number}`);
  const out: string[] = [];
  for await (const { input, expected } of scope.datasets.stream(version.id)) out.push(`${input}→${expected}`);
  return out;
}

describe("versions", () => {
  it("keep what they held, whatever comes after", async () => {
    const id = await fresh([ex("a", "1"), ex("b", "2"), ex("c", "3")]);
    const two = await scope.datasets.edit(
      id,
      [
        { kind: "replace", position: 2, example: ex("b", "22") },
        { kind: "remove", position: 1 },
        { kind: "add", example: ex("d", "4") },
      ],
      { ...by, seen: 1 },
    );
    expect(two).toMatchObject({ made: true, version: { number: 2, rows: 3, added: 1, changed: 1, removed: 1 } });
    expect(await contents(id, 1)).toEqual(["a→1", "b→2", "c→3"]);
    expect(await contents(id, 2)).toEqual(["b→22", "c→3", "d→4"]);
    await expect(scope.datasets.edit(id, [{ kind: "remove", position: 3 }], { ...by, seen: 1 })).rejects.toMatchObject({
      code: "conflict",
    });
    await expect(scope.datasets.edit(id, [{ kind: "remove", position: 1 }], by)).rejects.toMatchObject({
      code: "not-found",
    });
    expect(await scope.datasets.versions(id)).toHaveLength(2);
  });

  it("are not made of what is there already, in whichever order", async () => {
    const id = await fresh([ex("a", "1"), ex("a", "1"), ex("b", "2", { tags: ["x", "y"] })]);
    const again = await scope.datasets.replace(
      id,
      [ex("b", "2", { tags: ["y", "x"] }), ex("a", "1"), ex("a", "1")],
      by,
    );
    expect(again).toMatchObject({ made: false, version: { number: 1 } });
    const swapped = await scope.datasets.edit(
      id,
      [
        { kind: "remove", position: 1 },
        { kind: "add", example: ex("a", "1") },
      ],
      by,
    );
    expect(swapped.made).toBe(false);
    expect(await contents(id, 1)).toEqual(["a→1", "a→1", "b→2"]);
    expect((await scope.datasets.replace(id, [ex("a", "1")], by)).version).toMatchObject({ rows: 1, removed: 2 });
  });

  it("that replace all keep the rows that stay and pair those whose answer changed", async () => {
    const id = await fresh([ex("a", "1"), ex("b", "2"), ex("c", "3")]);
    const { version } = await scope.datasets.replace(id, [ex("c", "3"), ex("b", "two"), ex("e", "5")], by);
    expect(version).toMatchObject({ rows: 3, added: 1, changed: 1, removed: 1 });
    const { changes } = await scope.datasets.diff(id, 1, 2, { limit: 10 });
    expect(changes.map(({ position, before, after }) => [position, before?.expected, after?.expected])).toEqual([
      [1, "1", undefined],
      [2, "2", "two"],
      [4, undefined, "5"],
    ]);
    expect(await scope.datasets.diffCounts(id, 1, 2)).toEqual({ added: 1, changed: 1, removed: 1 });
    const back = await scope.datasets.diff(id, 2, 1, { limit: 10 });
    expect(back.changes.map(({ before, after }) => [before?.expected, after?.expected])).toEqual([
      [undefined, "1"],
      ["two", "2"],
      ["5", undefined],
    ]);
    const history = await scope.datasets.history(id, 2);
    expect(history.map(({ example, brought, gone }) => [example.expected, brought.number, gone?.number])).toEqual([
      ["two", 2, undefined],
      ["2", 1, 2],
    ]);
  });

  it("differ by what a model of them differs by, after any changes", async () => {
    const rows = fc.array(fc.record({ input: fc.constantFrom("a", "b", "c"), expected: fc.constantFrom("1", "2") }), {
      maxLength: 6,
    });
    await fc.assert(
      fc.asyncProperty(fc.array(rows, { minLength: 2, maxLength: 4 }), async (states) => {
        const { id } = await scope.datasets.create({ name: `set-${newExampleId()}`, createdBy: "system" });
        const numbers: number[] = [];
        for (const state of states) numbers.push((await scope.datasets.replace(id, state, by)).version.number);
        for (const [i, state] of states.entries()) {
          const expected = state.map(({ input, expected }) => `${input}→${expected}`).sort();
          expect((await contents(id, numbers[i]!)).sort()).toEqual(expected);
        }
        const digests = new Map<string, string>();
        for (const { digest, number } of await scope.datasets.versions(id)) {
          const content = JSON.stringify((await contents(id, number)).sort());
          expect(digests.get(content) ?? digest).toBe(digest);
          digests.set(content, digest);
        }
      }),
      { numRuns: 8 },
    );
  }, 60_000);

  it("are left as they were by an import that fails", async () => {
    const id = await fresh([ex("a", "1")]);
    async function* broken() {
      for (let i = 0; i < 2500; i++) yield ex(`n${i}`, "x");
      throw new Error("line 2501 is broken");
    }
    await expect(scope.datasets.append(id, broken(), by)).rejects.toThrow("line 2501");
    await expect(scope.datasets.replace(id, broken(), by)).rejects.toThrow("line 2501");
    expect(await scope.datasets.versions(id)).toHaveLength(1);
    expect(await contents(id, 1)).toEqual(["a→1"]);
  });

  it("can't be rewritten, not even by hand", async () => {
    const client = await connect({ connectionString: database.url });
    await expect(client.query("UPDATE dataset_version SET rows = 0")).rejects.toThrow("immutable");
    await expect(client.query("UPDATE example SET input = '1'")).rejects.toThrow("immutable");
    await client.end();
  });
});

describe("reading", () => {
  it("pages and filters by split, tag and text", async () => {
    const id = await fresh([
      ex("the first", "x", { split: "train", tags: ["hard"] }),
      ex('says "50%_off"\n', "y", { split: "test" }),
      ex("THE third", "z", { split: "train" }),
    ]);
    const { version } = await scope.datasets.resolve(id);
    const found = async (filter: object) =>
      (await scope.datasets.page(version.id, { ...filter, limit: 10 })).examples.map(({ position }) => position);
    expect(await found({ split: "train" })).toEqual([1, 3]);
    expect(await found({ tag: "hard" })).toEqual([1]);
    expect(await found({ text: "the " })).toEqual([1, 3]);
    expect(await found({ text: '"50%_off"\n' })).toEqual([2]);
    expect(await found({ text: "50__off" })).toEqual([]);
    expect(await scope.datasets.count(version.id, { text: "the " })).toBe(2);
    const page = await scope.datasets.page(version.id, { limit: 2 });
    expect(page.next).toBe(2);
    expect((await scope.datasets.page(version.id, { limit: 2, after: 2 })).next).toBeNull();
    expect(version.facts).toEqual({ splits: { train: 2, test: 1 }, tags: { hard: 1 } });
  });

  it("finds versions by name, number and digest, and no other organization's", async () => {
    const id = await fresh([ex("a", "1")]);
    const { name, latest } = await scope.datasets.get(id);
    for (const which of ["", "@latest", "@1", `@sha256:${latest?.digest.slice(0, 12)}`]) {
      expect((await scope.datasets.resolve(name + which)).version.id).toBe(latest?.id);
    }
    await expect(scope.datasets.resolve(`${name}@2`)).rejects.toMatchObject({ code: "not-found" });
    await expect(others.datasets.resolve(name)).rejects.toMatchObject({ code: "not-found" });
    await expect(others.datasets.page(latest?.id ?? "", { limit: 1 })).rejects.toMatchObject({ code: "not-found" });
    await expect(others.datasets.append(id, [ex("x", "y")], by)).rejects.toMatchObject({ code: "not-found" });
    await expect(others.datasets.remove(id)).rejects.toMatchObject({ code: "not-found" });
    await others.datasets.create({ name, createdBy: "system" });
    await expect(scope.datasets.create({ name, createdBy: "system" })).rejects.toMatchObject({ code: "exists" });
  });
});

describe("digests", () => {
  it("do not depend on the order of keys", () => {
    expect(canonicalJson({ b: [1, { d: null, c: "x" }], a: true })).toBe('{"a":true,"b":[1,{"c":"x","d":null}]}');
  });

  it("depend on the multiset of examples alone, and forget what was taken away", () => {
    const sealed = fc.record({
      digest: fc.constantFrom("00", "01", "02"),
      tags: fc.constantFrom<string[]>([], ["a"]),
      split: fc.constantFrom("train", null),
    });
    fc.assert(
      fc.property(fc.array(sealed), fc.array(sealed), (kept, gone) => {
        const one = new ExampleSum();
        for (const row of [...kept, ...gone]) one.add(row);
        const stored = new ExampleSum(one.bytes);
        for (const row of gone) stored.remove(row);
        const two = new ExampleSum();
        for (const row of [...kept].reverse()) two.add(row);
        expect(stored.digest(kept.length)).toBe(two.digest(kept.length));
      }),
    );
  });
});
