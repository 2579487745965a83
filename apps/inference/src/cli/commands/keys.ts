import type { ApiKeyInfo, OrganizationScope } from "@tugboat/db";
import { Command, Option } from "commander";
import { dollars } from "../../domain/billing/money.ts";
import { recordedKey } from "../../domain/keys/recorded.ts";
import { keyPermissions } from "../../domain/permissions.ts";
import { changeHome, contextOf, homeScope, withDatabase } from "../context.ts";
import { integer, microDollars } from "../options.ts";
import { CliError, printJson, table } from "../output.ts";

export function keysCommand(): Command {
  const keys = new Command("keys").description("API keys: who may call the API");

  keys
    .command("create")
    .description("make a key; it is shown this once")
    .argument("[name]", "what it is for", "CLI")
    .option("--expires <days>", "days until it stops working", Number)
    .addOption(
      new Option("--scope <permission...>", "what it may do; by default all that a key may").choices(keyPermissions),
    )
    .option("--model <name...>", "the models it may use; by default all")
    .option("--requests <n>", "requests a minute", integer(1, 2_000_000_000))
    .option("--tokens <n>", "tokens a minute", integer(1, 2_000_000_000))
    .option("--budget <usd>", "what it may spend a month, in dollars; it is refused beyond that", microDollars)
    .option("--project <name>", "the project whose usage it is, by name or id; by default the first")
    .action(async (name: string, options: CreateOptions, command: Command) => {
      const context = contextOf(command);
      if (options.expires !== undefined && !(options.expires > 0)) {
        throw new CliError("usage", "--expires must be a number of days above 0.", undefined, 2);
      }
      const expiresAt = options.expires === undefined ? undefined : new Date(Date.now() + options.expires * 86_400_000);
      const { key, secret } = await withDatabase(context, (database) =>
        changeHome(database, "keys.create", async (scope) => {
          const made = await scope.keys.create({
            projectId: options.project ? await projectOf(scope, options.project) : database.home.projectId,
            name: name.slice(0, 100),
            ...(options.scope && { scopes: options.scope }),
            ...(options.model && { models: options.model }),
            requestsPerMinute: options.requests ?? null,
            tokensPerMinute: options.tokens ?? null,
            ...(expiresAt && { expiresAt }),
          });
          const { budget } = options;
          if (budget !== undefined) await scope.budgets.set("key", made.key.id, { amountMicroUsd: budget });
          const after = { ...recordedKey(made.key), ...(budget !== undefined && { budget: dollars(budget) }) };
          return { subject: made.key.id, after, result: made };
        }),
      );
      if (context.json) printJson({ key: secret, ...keyJson(key, options.budget) });
      else process.stdout.write(`${secret}\n`);
    });

  keys
    .command("list")
    .description("the keys, without their secrets")
    .action(async (_options: object, command: Command) => {
      const context = contextOf(command);
      const { budgets, list } = await withDatabase(context, async (database) => {
        const scope = homeScope(database);
        const all = (await scope.budgets.list()).filter(({ period, scope: of }) => of === "key" && period === "month");
        return {
          list: await scope.keys.list(),
          budgets: new Map(all.map((one) => [one.subjectId, one.amountMicroUsd])),
        };
      });
      const budgetOf = ({ id }: ApiKeyInfo) => budgets.get(id) ?? undefined;
      if (context.json) return printJson({ keys: list.map((key) => keyJson(key, budgetOf(key))) });
      const rows = list.map((key) => {
        const budget = budgetOf(key);
        const shown = budget === undefined ? "no limit" : dollars(budget);
        return [key.id, key.name, `${key.prefix}…`, stateOf(key), shown, day(key.lastUsedAt)];
      });
      process.stdout.write(table(["id", "name", "key", "state", "budget a month", "last used"], rows));
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
        return changeHome(database, "keys.revoke", async (tx) => {
          const after = await tx.keys.revoke(key.id);
          return { subject: key.id, before: recordedKey(key), after: recordedKey(after), result: after };
        });
      });
      if (context.json) printJson(keyJson(revoked, undefined));
      else process.stdout.write(`Revoked ${revoked.prefix}… (${revoked.name}). It is refused from now on.\n`);
    });
  return keys;
}

interface CreateOptions {
  readonly expires?: number;
  readonly scope?: readonly string[];
  readonly model?: readonly string[];
  readonly requests?: number;
  readonly tokens?: number;
  /** In micro-dollars. */
  readonly budget?: bigint;
  readonly project?: string;
}

/** @throws CliError `not-found`, `ambiguous` */
async function projectOf(scope: OrganizationScope, wanted: string): Promise<string> {
  const projects = await scope.projects.list();
  const [found, another] = projects.filter(({ id, name, slug }) => [id, name, slug].includes(wanted));
  if (found === undefined) {
    const names = projects.map(({ name }) => name).join(", ");
    throw new CliError("not-found", `There is no project ${wanted}.`, `There are: ${names}.`);
  }
  if (another !== undefined) throw new CliError("ambiguous", `Several projects are called ${wanted}.`, "Give its id.");
  return found.id;
}

function keyJson(key: ApiKeyInfo, budget: bigint | undefined) {
  const { createdAt, expiresAt, id, lastUsedAt, models, name, prefix, revokedAt, scopes } = key;
  const limits = { requestsPerMinute: key.requestsPerMinute, tokensPerMinute: key.tokensPerMinute };
  return {
    id,
    name,
    prefix,
    scopes,
    models,
    ...limits,
    budgetMicroUsd: budget === undefined ? null : Number(budget),
    state: stateOf(key),
    createdAt,
    expiresAt,
    lastUsedAt,
    revokedAt,
  };
}

function stateOf({ expiresAt, revokedAt }: ApiKeyInfo): "valid" | "revoked" | "expired" {
  if (revokedAt !== null) return "revoked";
  return expiresAt !== null && expiresAt <= new Date() ? "expired" : "valid";
}

function day(date: Date | null): string {
  return date === null ? "never" : date.toISOString().slice(0, 16).replace("T", " ");
}
