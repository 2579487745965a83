import { readFile } from "node:fs/promises";
import { Agreement, Month } from "@tugboat/db";
import { Command } from "commander";
import { agreeFrom, agreementsOf, monthOf } from "../../domain/billing/agreements.ts";
import { contextOf, homeScope, withDatabase } from "../context.ts";
import { CliError, printJson } from "../output.ts";

interface Options {
  readonly set?: string;
  readonly end?: boolean;
  readonly from?: string;
}

/** What was agreed on for whole months: shown, set from a file, ended. */
export function agreementCommand(): Command {
  return new Command("agreement")
    .description("free allowance, tiers, minimum and credits of whole months")
    .option("--set <file>", "JSON: {allowanceMicroUsd, tiers, minimumMicroUsd, credits}")
    .option("--end", "nothing is agreed on any more")
    .option("--from <month>", "such as 2026-12; by default this month")
    .action(async ({ end, from, set }: Options, made: Command) => {
      const context = contextOf(made);
      const month = Month.safeParse(from ?? monthOf(new Date()));
      if (!month.success || (set !== undefined && end)) {
        made.error("error: --from is a month such as 2026-12, and --set and --end exclude each other.", {
          exitCode: 2,
        });
        return;
      }
      const agreement = set === undefined ? null : await readAgreement(set);
      const versions = await withDatabase(context, async (database) => {
        const scope = homeScope(database);
        if (agreement === null && !end) return agreementsOf(scope);
        return scope.transaction((tx) => agreeFrom(tx, month.data, agreement));
      });
      if (context.json) return printJson({ versions });
      const lines = versions.map((one) => `${one.from}: ${JSON.stringify(one.agreement)}`);
      process.stdout.write(`${lines.length === 0 ? "Nothing is agreed on beyond the prices." : lines.join("\n")}\n`);
    });
}

async function readAgreement(file: string): Promise<Agreement> {
  const text = await readFile(file, "utf8").catch(() => {
    throw new CliError("not-found", `${file} can't be read.`);
  });
  try {
    return Agreement.parse(JSON.parse(text));
  } catch {
    const hint =
      "It holds allowanceMicroUsd, tiers, minimumMicroUsd and credits, as `tug invoices agreement --json` prints them.";
    throw new CliError("invalid", `${file} is no agreement.`, hint);
  }
}
