import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { PrismaPg } from "@prisma/adapter-pg";
import {
  bindMigrationAwareSqlAdapterFactory,
  ColumnTypeEnum,
  type SqlDriverAdapter,
  type SqlMigrationAwareDriverAdapterFactory,
  type SqlQuery,
} from "@prisma/driver-adapter-utils";
import type { MigrationList } from "@prisma/schema-engine-wasm";
import * as glue from "@prisma/schema-engine-wasm/schema_engine_bg";
import { Pool, type PoolConfig, type QueryArrayConfig } from "pg";
import { type Migration, prismaFolder } from "./files.ts";

const CHAR_OID = 18;
const TIMETZ_OID = 1266;
const NO_FILTERS = { externalTables: [], externalEnums: [] };

/** Where a server is, in parts: a connection string would override the name of the shadow database. */
export interface ServerConnection {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

/**
 * Writes the SQL that takes a database from where `migrations` bring it to the shape of `prisma/schema.prisma`, with
 * Prisma's schema engine as WebAssembly (its command line would download a program instead).
 *
 * @param connection a server on which a shadow database may be created; it is left to be thrown away with the server
 * @returns null when the migrations already make that shape
 */
export async function draftMigration(
  connection: ServerConnection,
  migrations: readonly Migration[],
): Promise<string | null> {
  const path = join(prismaFolder, "schema.prisma");
  const file = { path, content: await readFile(path, "utf8") };
  const engine = await openSchemaEngine(connection, file);
  try {
    const { stdout, exitCode } = await engine.diff({
      from: migrations.length === 0 ? { tag: "empty" } : { tag: "migrations", ...listFor(migrations) },
      to: { tag: "schemaDatamodel", files: [file] },
      script: true,
      exitCode: true,
      filters: NO_FILTERS,
    });
    return exitCode === 0 ? null : stdout;
  } finally {
    engine.free();
  }
}

/** What Prisma's own tools think of a database that this package migrated: null when they agree that it is up to date. */
export async function diagnoseHistory(
  connection: ServerConnection,
  migrations: readonly Migration[],
): Promise<string | null> {
  const path = join(prismaFolder, "schema.prisma");
  const engine = await openSchemaEngine(connection, { path, content: await readFile(path, "utf8") });
  try {
    const diagnosis = await engine.diagnoseMigrationHistory({
      migrationsList: listFor(migrations),
      optInToShadowDatabase: false,
      filters: NO_FILTERS,
    });
    const { history, editedMigrationNames, failedMigrationNames, hasMigrationsTable } = diagnosis;
    const problems = [...editedMigrationNames, ...failedMigrationNames, ...(hasMigrationsTable ? [] : ["no table"])];
    return history === null && problems.length === 0 ? null : JSON.stringify(diagnosis);
  } finally {
    engine.free();
  }
}

async function openSchemaEngine(
  connection: ServerConnection,
  schema: { path: string; content: string },
): Promise<glue.SchemaEngine> {
  loading ??= loadEngine();
  await loading;
  const adapter = bindMigrationAwareSqlAdapterFactory(adapterFactory(connection));
  return glue.SchemaEngine.new({ datamodels: [[schema.path, schema.content]] }, () => {}, adapter);
}

/** The glue keeps views of one memory for good, so a process loads the engine once. */
let loading: Promise<void> | undefined;

async function loadEngine(): Promise<void> {
  const entry = createRequire(import.meta.url).resolve("@prisma/schema-engine-wasm/schema_engine_bg");
  const bytes = await readFile(join(entry, "..", "schema_engine_bg.wasm"));
  const { instance } = await WebAssembly.instantiate(bytes, { "./schema_engine_bg.js": { ...glue } });
  // Where the engine leaves the text of a panic before it throws.
  Object.assign(globalThis, { PRISMA_WASM_PANIC_REGISTRY: { set_message: (text: string) => console.error(text) } });
  Reflect.get(glue, "__wbg_set_wasm")(instance.exports);
  const start = instance.exports.__wbindgen_start;
  if (typeof start === "function") start();
}

function adapterFactory(connection: ServerConnection): SqlMigrationAwareDriverAdapterFactory {
  const connect = async (database: string): Promise<SqlDriverAdapter> => {
    const pool = new CatalogPool({ ...connection, database });
    pool.on("error", () => {});
    const adapter = await new PrismaPg(pool, { disposeExternalPool: true }).connect();
    // The adapter's own would cut a script at each semicolon, those inside a function's body too.
    const executeScript = async (script: string): Promise<void> => void (await pool.query(script));
    return Object.assign(readingCharacters(adapter), { executeScript });
  };
  return {
    provider: "postgres",
    adapterName: "@prisma/adapter-pg",
    connect: () => connect(connection.database),
    async connectToShadowDb() {
      const database = `shadow_${randomUUID()}`;
      const main = await connect(connection.database);
      await main.executeScript(`CREATE DATABASE "${database}"`);
      await main.dispose();
      return connect(database);
    },
  };
}

/**
 * The schema engine reads catalog columns of the type "char" (oid 18), which the adapter refuses. No catalog column is a
 * time of day, so its type carries them through the adapter and is turned into a character behind it.
 */
class CatalogPool extends Pool {
  constructor(config: PoolConfig) {
    super(config);
    const query = this.query.bind(this);
    Object.assign(this, {
      query: async (config: QueryArrayConfig | string) => {
        const result = typeof config === "string" ? await query(config) : await query(config);
        if (Array.isArray(result)) return result;
        for (const field of result.fields) if (field.dataTypeID === CHAR_OID) field.dataTypeID = TIMETZ_OID;
        return result;
      },
    });
  }
}

function readingCharacters(adapter: SqlDriverAdapter): SqlDriverAdapter {
  const queryRaw = adapter.queryRaw.bind(adapter);
  return Object.assign(adapter, {
    queryRaw: async (query: SqlQuery) => {
      const result = await queryRaw(query);
      const columnTypes = result.columnTypes.map((type) =>
        type === ColumnTypeEnum.Time ? ColumnTypeEnum.Character : type,
      );
      return { ...result, columnTypes };
    },
  });
}

function listFor(migrations: readonly Migration[]): MigrationList {
  return {
    baseDir: join(prismaFolder, "migrations"),
    lockfile: { path: "migration_lock.toml", content: 'provider = "postgresql"\n' },
    shadowDbInitScript: "",
    migrationDirectories: migrations.map(({ name, sql }) => ({
      path: name,
      migrationFile: { path: "migration.sql", content: { tag: "ok", value: sql } },
    })),
  };
}
