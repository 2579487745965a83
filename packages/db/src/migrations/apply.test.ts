import type { Client } from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { connect, serverConnection } from "../connection.ts";
import { type EmbeddedServer, startEmbedded } from "../embedded/server.ts";
import { temporaryHome } from "../testing/home.ts";
import { applyMigrations } from "./apply.ts";
import { type Migration, readMigrations } from "./files.ts";
import { diagnoseHistory, draftMigration } from "./schema-engine.ts";

const extra: Migration = { name: "29990101000000_later", sql: "CREATE TABLE later (id int)", checksum: "0".repeat(64) };
const broken: Migration = {
  name: "29990102000000_broken",
  sql: "CREATE TABLE half (id int); SELECT nonsense",
  checksum: "1",
};

describe("migrations", () => {
  let home: Awaited<ReturnType<typeof temporaryHome>>;
  let server: EmbeddedServer;
  let migrations: Migration[];
  let count = 0;
  let client: Client;

  beforeAll(async () => {
    home = await temporaryHome();
    server = await startEmbedded(home.path, () => {});
    migrations = await readMigrations();
  });
  afterAll(async () => {
    await client.end();
    await server.stop();
    await home.remove();
  });
  beforeEach(async () => {
    await client?.end();
    count += 1;
    const admin = await connect(serverConnection(server, "postgres"));
    await admin.query(`CREATE DATABASE test_${count}`);
    await admin.end();
    client = await connect(serverConnection(server, `test_${count}`));
  });

  const hasTable = async (name: string): Promise<boolean> =>
    (await client.query("SELECT to_regclass($1) IS NOT NULL AS found", [name])).rows[0].found;

  test("are applied in order once, and a second time does nothing", async () => {
    expect(await applyMigrations(client, migrations)).toEqual(migrations.map(({ name }) => name));
    expect(await hasTable("organization")).toBe(true);
    expect(await applyMigrations(client, migrations)).toEqual([]);
    expect(await applyMigrations(client, [...migrations, extra])).toEqual([extra.name]);
  });

  test("bring a database of the first version along with what it holds", async () => {
    await applyMigrations(client, migrations.slice(0, 1));
    await client.query(`
      INSERT INTO organization (id, name, slug) VALUES ('00000000-0000-7000-8000-000000000001', 'Home', 'home');
      INSERT INTO project (id, organization_id, name, slug)
      VALUES ('00000000-0000-7000-8000-000000000002', '00000000-0000-7000-8000-000000000001', 'Default', 'default');
      INSERT INTO api_key (id, organization_id, project_id, name, prefix, hash, scopes)
      VALUES ('00000000-0000-7000-8000-000000000003', '00000000-0000-7000-8000-000000000001',
              '00000000-0000-7000-8000-000000000002', 'First key', 'tug_x', '\\x00', '{*}')`);
    expect(await applyMigrations(client, migrations)).toEqual(migrations.slice(1).map(({ name }) => name));
    const { rows } = await client.query(
      "SELECT name, scopes, models, requests_per_minute, created_by, updated_at IS NOT NULL AS versioned FROM api_key",
    );
    expect(rows).toEqual([
      {
        name: "First key",
        scopes: ["*"],
        models: [],
        requests_per_minute: null,
        created_by: "system",
        versioned: true,
      },
    ]);
  });

  test("are applied once when two processes start together", async () => {
    const other = await connect(serverConnection(server, `test_${count}`));
    const [a, b] = await Promise.all([applyMigrations(client, migrations), applyMigrations(other, migrations)]);
    await other.end();
    expect([...a, ...b]).toEqual(migrations.map(({ name }) => name));
  });

  test("leave nothing of one that fails, and go on when it is mended", async () => {
    await expect(applyMigrations(client, [...migrations, extra, broken])).rejects.toMatchObject({
      code: "migration-failed",
      message: expect.stringContaining(broken.name),
    });
    expect(await hasTable("later")).toBe(true);
    expect(await hasTable("half")).toBe(false);
    const mended = { ...broken, sql: "CREATE TABLE half (id int)" };
    expect(await applyMigrations(client, [...migrations, extra, mended])).toEqual([broken.name]);
  });

  test("refuse a database that is newer than the code, and leave it as it is", async () => {
    await applyMigrations(client, [...migrations, extra]);
    await expect(applyMigrations(client, migrations)).rejects.toMatchObject({
      code: "database-newer",
      message: expect.stringContaining(extra.name),
      hint: expect.stringContaining("Update Tugboat"),
    });
    expect(await hasTable("later")).toBe(true);
  });

  test("refuse a migration that was edited after it was applied", async () => {
    await applyMigrations(client, [...migrations, extra]);
    const edited = { ...extra, sql: `${extra.sql} -- edited`, checksum: "2".repeat(64) };
    await expect(applyMigrations(client, [...migrations, edited])).rejects.toMatchObject({ code: "migration-edited" });
  });

  test("leave a history that Prisma's own tools agree with", async () => {
    await applyMigrations(client, migrations);
    expect(await diagnoseHistory(serverConnection(server, `test_${count}`), migrations)).toBeNull();
    expect(await diagnoseHistory(serverConnection(server, `test_${count}`), [...migrations, extra])).toContain(
      extra.name,
    );
  });

  test("make exactly what schema.prisma says", async () => {
    const connection = serverConnection(server, "postgres");
    expect(await draftMigration(connection, migrations)).toBeNull();
    const shifted = { ...extra, sql: 'ALTER TABLE "model" DROP COLUMN "licence"' };
    expect(await draftMigration(connection, [...migrations, shifted])).toContain('ADD COLUMN     "licence" TEXT');
  });
});
