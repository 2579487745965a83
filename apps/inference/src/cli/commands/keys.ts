import type { ApiKeyInfo } from "@tugboat/db";
import { Command } from "commander";
import { contextOf, homeScope, withDatabase } from "../context.ts";
import { CliError, printJson, table } from "../output.ts";

export function keysCommand(): Command {
  const keys = new Command("keys").description("API keys: who may call the API");

  keys
    .command("create")
    .description("make a key; it is shown this once")
    .argument("[name]", "what it is for", "CLI")
    .option("--expires <days>", "days until it stops working", Number)
    .action(async (name: string, options: { expires?: number }, command: Command) => {
      const context = contextOf(command);
      if (options.expires !== undefined && !(options.expires > 0)) {
        throw new CliError("usage", "--expires must be a number of days above 0.", undefined, 2);
      }
      const expiresAt = options.expires === undefined ? undefined : new Date(Date.now() + options.expires * 86_400_000);
      const { key, secret } = await withDatabase(context, (database) =>
        homeScope(database).keys.create({
          projectId: database.home.projectId,
          name: name.slice(0, 100),
          ...(expiresAt && { expiresAt }),
        }),
      );
      if (context.json) printJson({ key: secret, ...keyJson(key) });
      else process.stdout.write(`${secret}\n`);
    });

  keys
    .command("list")
    .description("the keys, without their secrets")
    .action(async (_options: object, command: Command) => {
      const context = contextOf(command);
      const list = await withDatabase(context, (database) => homeScope(database).keys.list());
      if (context.json) return printJson({ keys: list.map(keyJson) });
      const rows = list.map((key) => [key.id, key.name, `${key.prefix}…`, stateOf(key), day(key.lastUsedAt)]);
      process.stdout.write(table(["id", "name", "key", "state", "last used"], rows));
    });

  keys
    .command("revoke")
    .description("end a key's validity")
    .argument("<id>", "its id, or the beginning of the key as the list shows it")
    .action(async (wanted: string, _options: object, command: Command) => {
      const context = contextOf(command);
      const revoked = await withDatabase(context, async (database) => {
        const scope = homeScope(database);
        const prefix = wanted.replace(/…$/, "");
        const matching = (await scope.keys.list()).filter((key) => key.id === wanted || key.prefix === prefix);
        const [key, another] = matching;
        if (key === undefined) {
          throw new CliError("not-found", `There is no key ${wanted}.`, "`tug keys list` shows them.");
        }
        if (another !== undefined) {
          throw new CliError("ambiguous", `${matching.length} keys begin with ${wanted}.`, "Name it by its id.");
        }
        return scope.keys.revoke(key.id);
      });
      if (context.json) printJson(keyJson(revoked));
      else process.stdout.write(`Revoked ${revoked.prefix}… (${revoked.name}). It is refused from now on.\n`);
    });
  return keys;
}

function keyJson(key: ApiKeyInfo) {
  const { createdAt, expiresAt, id, lastUsedAt, name, prefix, revokedAt, scopes } = key;
  return { id, name, prefix, scopes, state: stateOf(key), createdAt, expiresAt, lastUsedAt, revokedAt };
}

function stateOf({ expiresAt, revokedAt }: ApiKeyInfo): "valid" | "revoked" | "expired" {
  if (revokedAt !== null) return "revoked";
  return expiresAt !== null && expiresAt <= new Date() ? "expired" : "valid";
}

function day(date: Date | null): string {
  return date === null ? "never" : date.toISOString().slice(0, 16).replace("T", " ");
}
