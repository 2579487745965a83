import { PassThrough, Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { connect } from "../connection.ts";
import { openDatabase } from "../open.ts";
import { temporaryHome } from "../testing/home.ts";
import { type NativeServer, nativePostgres, startNative } from "../testing/native-server.ts";
import { backupDatabase } from "./backup.ts";
import { quoted } from "./format.ts";
import { restoreDatabase } from "./restore.ts";
import { readTables } from "./schema.ts";

const bin = await nativePostgres();
if (bin === undefined) {
  console.warn(
    "Backups by pg_dump are not tested here: no PostgreSQL with its client programs in /usr/lib/postgresql.",
  );
}

describe.skipIf(bin === undefined)("with PostgreSQL's own programs", () => {
  let server: NativeServer;
  let home: Awaited<ReturnType<typeof temporaryHome>>;
  let url: string;
  let dumped: Buffer;

  beforeAll(async () => {
    server = await startNative(bin ?? "");
    vi.stubEnv("PATH", `${server.bin}:${process.env.PATH}`);
    home = await temporaryHome();
    url = await emptyDatabase("original");
    const database = await openDatabase({ home: home.path, url });
    const scope = database.organization(database.home.organizationId);
    await scope.settings.set("awkward", { text: 'a\tb\nc\\.\r\n\\N "quoted" \u2028 ü 💙', list: [1, null, 1e21] });
    for (let n = 0; n < 20; n++) {
      await scope.audit.append({ actor: "system", action: "a", subject: `${n}`, after: { n } });
    }
    await database.close();
    dumped = await backup();
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await server?.stop();
    await home?.remove();
  });

  async function emptyDatabase(name: string): Promise<string> {
    const client = await connect({ connectionString: server.url });
    await client.query(`CREATE DATABASE ${quoted(name)}`);
    await client.end();
    return server.url.replace("/postgres?", `/${name}?`);
  }

  async function backup(way?: "copy"): Promise<Buffer> {
    const target = new PassThrough();
    const [bytes, summary] = await Promise.all([
      buffer(target),
      backupDatabase({ home: home.path, url }, target, { way }),
    ]);
    expect(summary.way).toBe(way ?? "pg_dump");
    return bytes;
  }

  const restore = (into: string, bytes: Buffer, force = false) =>
    restoreDatabase({ home: home.path, url: into }, () => Readable.from([bytes]), { force });

  async function everything(of: string): Promise<Record<string, unknown[]>> {
    const client = await connect({ connectionString: of });
    const all: Record<string, unknown[]> = {};
    for (const { table } of await readTables(client)) {
      const text = `SELECT t::text FROM ${quoted(table)} t ORDER BY 1`;
      all[table] = (await client.query({ text, rowMode: "array" })).rows.flat();
    }
    await client.end();
    return all;
  }

  test("a dump is restored row by row, opens, and keeps its guards", async () => {
    expect(dumped.subarray(0, 5).toString()).toBe("PGDMP");
    const into = await emptyDatabase("restored");
    const summary = await restore(into, dumped);
    const before = await everything(url);
    expect(await everything(into)).toEqual(before);
    const rows = Object.values(before).flat().length;
    expect(summary).toEqual({ way: "pg_dump", tables: Object.keys(before).length, rows });
    const again = await openDatabase({ home: home.path, url: into });
    expect(again.migrated).toEqual([]);
    await again.close();
    const client = await connect({ connectionString: into });
    await expect(client.query("UPDATE audit_log SET actor = 'x'")).rejects.toThrow();
    await client.end();
  });

  test("a copy goes to the same place, whichever way was taken", async () => {
    const into = await emptyDatabase("copied");
    expect(await restore(into, await backup("copy"))).toMatchObject({ way: "copy" });
    expect(await everything(into)).toEqual(await everything(url));
  });

  test("a cut or foreign dump changes nothing, and a used database is replaced only when that is said", async () => {
    const into = await emptyDatabase("spared");
    await expect(restore(into, dumped.subarray(0, dumped.length / 2))).rejects.toMatchObject({ code: "bad-backup" });
    await expect(restore(into, Buffer.from("PGDMP and then nothing"))).rejects.toMatchObject({ code: "bad-backup" });
    expect(await everything(into)).toEqual({});
    await restore(into, dumped);
    await expect(restore(into, dumped)).rejects.toMatchObject({ code: "not-empty" });
    const client = await connect({ connectionString: into });
    await client.query("CREATE TABLE a_leftover (id int)");
    await expect(restore(into, dumped, true)).rejects.toMatchObject({ code: "in-use" });
    await client.end();
    await restore(into, dumped, true);
    expect(await everything(into)).toEqual(await everything(url));
  });

  test("without the programs a dump is refused in words, and a backup is a copy", async () => {
    const into = await emptyDatabase("bare");
    vi.stubEnv("PATH", "/nowhere");
    try {
      await expect(restore(into, dumped)).rejects.toMatchObject({ code: "no-tools", message: /no pg_restore/ });
      const target = new PassThrough();
      target.resume();
      const taken = await backupDatabase({ home: home.path, url }, target);
      expect(taken.way).toBe("copy");
      const wanted = backupDatabase({ home: home.path, url }, new PassThrough(), { way: "pg_dump" });
      await expect(wanted).rejects.toMatchObject({ code: "no-tools" });
    } finally {
      vi.stubEnv("PATH", `${server.bin}:${process.env.PATH}`);
    }
  });
});
