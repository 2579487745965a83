import { PassThrough, Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { gunzipSync, gzipSync } from "node:zlib";
import type { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connect } from "../connection.ts";
import { type Database, openDatabase } from "../open.ts";
import { temporaryHome } from "../testing/home.ts";
import { backupDatabase } from "./backup.ts";
import { quoted } from "./format.ts";
import { restoreDatabase } from "./restore.ts";
import { parentsFirst, readTables } from "./schema.ts";

let home: Awaited<ReturnType<typeof temporaryHome>>;
let database: Database;
let copy: Buffer;

beforeAll(async () => {
  home = await temporaryHome();
  database = await openDatabase({ home: home.path });
  const scope = database.organization(database.home.organizationId);
  // What a line-based copy could stumble over.
  await scope.settings.set("awkward", { text: 'a\tb\nc\\.\r\n\\N "quoted" \u2028 ü 💙', list: [1, null, 1e21] });
  await scope.keys.create({ projectId: database.home.projectId, name: "\\.\n", models: ["a,b", '"', "{}", ""] });
  await scope.models.upsert({
    name: "one",
    sourcePath: "/m",
    architecture: "llama",
    parameters: 2 ** 50,
    contextLength: 1,
    quantisation: "f32",
    licence: null,
    bytes: 0,
    files: [{ path: "", bytes: 0, sha256: null }],
  });
  await scope.models.recordSpeed("one", {
    device: "cpu",
    decodeTokensPerSecond: 0.1 + 0.2,
    prefillTokensPerSecond: 1 / 3,
    measuredAt: new Date(),
  });
  const { job } = await scope.jobs.enqueue({ kind: "k", input: null, maxFailures: 1, createdBy: "s", dedupeKey: "d" });
  await scope.jobs.cancel(job.id);
  await scope.jobs.enqueue({ kind: "k", input: {}, maxFailures: 1, createdBy: "s", dedupeKey: "d" });
  for (let n = 0; n < 500; n++)
    await scope.audit.append({ actor: "system", action: "a", subject: `${n}`, after: { n } });
  copy = await backup();
});
afterAll(async () => {
  await database.close();
  await home.remove();
});

async function backup(): Promise<Buffer> {
  const target = new PassThrough();
  const [bytes] = await Promise.all([buffer(target), backupDatabase({ home: home.path }, target, { way: "copy" })]);
  return bytes;
}

/** An empty database beside the other one, on the same server. */
async function emptyDatabase(name: string): Promise<string> {
  const client = await connect({ connectionString: database.url });
  await client.query(`CREATE DATABASE ${quoted(name)}`);
  await client.end();
  const url = new URL(database.url);
  url.pathname = `/${name}`;
  return url.href;
}

const restore = (url: string, bytes: Buffer, force = false) =>
  restoreDatabase({ home: home.path, url }, () => Readable.from([bytes]), { force });

/** Every row of every table, as text in a fixed order. */
async function everything(url: string): Promise<Record<string, unknown[]>> {
  const client: Client = await connect({ connectionString: url });
  const all: Record<string, unknown[]> = {};
  for (const { table } of await readTables(client)) {
    const { rows } = await client.query({
      text: `SELECT t::text FROM ${quoted(table)} t ORDER BY 1`,
      rowMode: "array",
    });
    all[table] = rows.flat();
  }
  await client.end();
  return all;
}

test("what is restored is what was backed up, table by table, and it opens and goes on", async () => {
  const url = await emptyDatabase("restored");
  const summary = await restore(url, copy);
  const before = await everything(database.url);
  expect(await everything(url)).toEqual(before);
  expect(summary).toEqual({
    way: "copy",
    tables: Object.keys(before).length,
    rows: Object.values(before).flat().length,
  });
  const again = await openDatabase({ home: home.path, url });
  expect(again.migrated).toEqual([]);
  expect(again.home).toEqual(database.home);
  const jobs = await again.organization(again.home.organizationId).jobs.list();
  expect(jobs.map(({ state }) => state)).toEqual(["queued", "cancelled"]);
  // The guards came back too.
  const client = await connect({ connectionString: url });
  await expect(client.query("UPDATE audit_log SET actor = 'x'")).rejects.toThrow();
  await client.end();
  await again.close();
});

test("a database with something in it is replaced only when that is said", async () => {
  const url = await emptyDatabase("used");
  const used = await openDatabase({ home: home.path, url });
  await expect(restore(url, copy, true)).rejects.toMatchObject({ code: "in-use" });
  await used.close();
  const before = await everything(url);
  await expect(restore(url, copy)).rejects.toMatchObject({ code: "not-empty", message: /rows in organization/ });
  expect(await everything(url)).toEqual(before);
  await restore(url, copy, true);
  expect(await everything(url)).toEqual(await everything(database.url));
});

test("a cut, changed or foreign file changes nothing", async () => {
  const url = await emptyDatabase("spared");
  const text = gunzipSync(copy).toString();
  const newer = text.replace(/"migrations":\[/, '"migrations":[{"name":"29990101000000_later","checksum":"x"},');
  const changed = text.replace("\tsystem\ta\t7\t", "\tsystem\ta\t8\t");
  expect(changed).not.toBe(text);
  const cases: [Buffer, string][] = [
    [Buffer.from("hello"), "bad-backup"],
    [gzipSync("hello\n"), "bad-backup"],
    [copy.subarray(0, copy.length / 2), "bad-backup"],
    [gzipSync(text.slice(0, text.lastIndexOf("\n", text.length - 2) + 1)), "bad-backup"],
    [gzipSync(changed), "bad-backup"],
    [gzipSync(newer), "database-newer"],
  ];
  for (const [bytes, code] of cases) await expect(restore(url, bytes)).rejects.toMatchObject({ code });
  expect(await everything(url)).toEqual({});
});

test("tables come after those they refer to", () => {
  const tables = ["a", "b", "c"].map((table) => ({ table }));
  const order = (references: { child: string; parent: string }[]) =>
    parentsFirst(tables, references).map(({ table }) => table);
  expect(
    order([
      { child: "a", parent: "b" },
      { child: "b", parent: "c" },
    ]),
  ).toEqual(["c", "b", "a"]);
  expect(() =>
    order([
      { child: "a", parent: "b" },
      { child: "b", parent: "a" },
    ]),
  ).toThrow("a, b");
});
