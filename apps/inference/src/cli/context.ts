import type { Database, OrganizationScope } from "@tugboat/db";
import type { Command } from "commander";
import { type Env, readEnv } from "../env.ts";

/** What a command works with. */
export interface CliContext {
  readonly env: Env;
  /** `--json` was given. */
  readonly json: boolean;
}

export function contextOf(command: Command): CliContext {
  const { json } = command.optsWithGlobals<{ json?: boolean }>();
  return { env: readEnv(), json: json === true };
}

/** Opens the database, joining the running service's, and closes it afterwards. */
export async function withDatabase<T>({ env }: CliContext, use: (database: Database) => Promise<T>): Promise<T> {
  // Imported here: most commands need no database, and loading its client takes longer than they do.
  const { openDatabase } = await import("@tugboat/db");
  const database = await openDatabase({
    home: env.TUGBOAT_HOME,
    url: env.DATABASE_URL,
    onWarning: (message) => process.stderr.write(`${message}\n`),
  });
  try {
    return await use(database);
  } finally {
    await database.close();
  }
}

/** Makes a change on this machine's behalf and writes it into the audit log, both or neither. */
export function changeHome<T>(
  database: Database,
  action: string,
  run: (scope: OrganizationScope) => Promise<{ subject: string; before?: unknown; after?: unknown; result: T }>,
): Promise<T> {
  return homeScope(database).transaction(async (scope) => {
    const { result, ...what } = await run(scope);
    await scope.audit.append({ actor: "system", action, ...what });
    return result;
  });
}

export function homeScope(database: Database) {
  return database.organization(database.home.organizationId);
}
