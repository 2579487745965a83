// npm run db:diff -- NAME: writes the migration from prisma/migrations to prisma/schema.prisma, on a server of its own.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serverConnection } from "../src/connection.ts";
import { startEmbedded } from "../src/embedded/server.ts";
import { prismaFolder, readMigrations } from "../src/migrations/files.ts";
import { draftMigration } from "../src/migrations/schema-engine.ts";

const name = process.argv[2];
if (name === undefined || !/^[a-z0-9_]+$/.test(name)) {
  console.error("Say what the migration does, in lower case: npm run db:diff -- add_datasets");
  process.exit(2);
}
const home = await mkdtemp(join(tmpdir(), "tugboat-diff-"));
const server = await startEmbedded(home, console.error);
try {
  const connection = serverConnection(server, "postgres");
  const sql = await draftMigration(connection, await readMigrations());
  if (sql === null) {
    console.log("The migrations already make what prisma/schema.prisma says.");
  } else {
    const time = new Date().toISOString().replace(/\D/g, "").slice(0, 14);
    const folder = join(prismaFolder, "migrations", `${time}_${name}`);
    await mkdir(folder);
    await writeFile(join(folder, "migration.sql"), sql);
    console.log(`Wrote prisma/migrations/${time}_${name}/migration.sql. Read it before you commit it.`);
  }
} finally {
  await server.stop();
  await rm(home, { recursive: true, force: true });
}
