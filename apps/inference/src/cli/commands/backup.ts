import { createReadStream, createWriteStream, existsSync } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { resolve } from "node:path";
import { Command, Option } from "commander";
import { contextOf } from "../context.ts";
import { CliError, printJson } from "../output.ts";

export function backupCommand(): Command {
  return new Command("backup")
    .description("write everything of the database to a file, while Tugboat runs or not")
    .argument("<file>", "where to; it must not exist yet")
    .addOption(
      new Option("--as <way>", "how; pg_dump where there is one for this server, else a copy").choices([
        "pg_dump",
        "copy",
      ]),
    )
    .action(async (file: string, options: { as?: "pg_dump" | "copy" }, command: Command) => {
      const { env, json } = contextOf(command);
      const path = resolve(file);
      if (existsSync(path)) {
        throw new CliError("exists", `${path} exists already.`, "Name another file, or remove this one first.");
      }
      const { backupDatabase } = await import("@tugboat/db");
      // A backup that was interrupted must not look like one. Passwords' hashes are in it: it is its owner's alone.
      const partial = `${path}.partial`;
      try {
        const target = createWriteStream(partial, { mode: 0o600 });
        const which = { home: env.TUGBOAT_HOME, url: env.DATABASE_URL };
        const summary = await backupDatabase(which, target, { way: options.as });
        await flush(partial);
        await rename(partial, path);
        if (json) return printJson({ file: path, ...summary });
        const how = summary.way === "pg_dump" ? ", by pg_dump" : "";
        process.stdout.write(`${summary.rows} rows of ${summary.tables} tables are in ${path}${how}.\n`);
      } catch (error) {
        await rm(partial, { force: true });
        throw error;
      }
    });
}

export function restoreCommand(): Command {
  return new Command("restore")
    .description("make the database what a backup says; Tugboat must not run")
    .argument("<file>", "a file that `tug backup` wrote")
    .option("--force", "replace what is in the database")
    .action(async (file: string, { force = false }: { force?: boolean }, command: Command) => {
      const { env, json } = contextOf(command);
      const path = resolve(file);
      if (!existsSync(path)) throw new CliError("not-found", `There is no file ${path}.`);
      const { restoreDatabase } = await import("@tugboat/db");
      const which = { home: env.TUGBOAT_HOME, url: env.DATABASE_URL };
      const summary = await restoreDatabase(which, () => createReadStream(path), { force });
      if (json) return printJson({ file: path, ...summary });
      process.stdout.write(
        `${summary.rows} rows of ${summary.tables} tables were restored. Start Tugboat to use them.\n`,
      );
    });
}

/** So that a power cut after the command leaves a whole file. */
async function flush(path: string): Promise<void> {
  const file = await open(path, "r+");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
