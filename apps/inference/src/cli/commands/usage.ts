import { Command, Option } from "commander";
import { dollars, toMicroUsd } from "../../domain/billing/money.ts";
import { reconciliation } from "../../domain/billing/reconciliation.ts";
import { groupNames } from "../../domain/usage/names.ts";
import { wholeHours } from "../../domain/usage/range.ts";
import { type Sums, type UsageGroup, usageGroups, usageReport } from "../../domain/usage/report.ts";
import { contextOf, homeScope, withDatabase } from "../context.ts";
import { moment } from "../options.ts";
import { printJson, table } from "../output.ts";

interface RangeOptions {
  readonly from?: Date;
  readonly to?: Date;
}

export function usageCommand(): Command {
  return new Command("usage")
    .description("what was used and what it cost; whole hours, UTC")
    .option("--from <moment>", "a day or an ISO 8601 moment; 30 days before the end by default", moment)
    .option("--to <moment>", "exclusive; now by default", moment)
    .addOption(new Option("--by <what>", "what to group by").choices(usageGroups).default("model"))
    .action(async ({ by, from, to }: RangeOptions & { by: UsageGroup }, command: Command) => {
      const context = contextOf(command);
      const span = wholeHours(from, to, new Date());
      const { report, nameOf } = await withDatabase(context, async (database) => {
        const scope = homeScope(database);
        const made = usageReport(await scope.usage.sums(span), { ...span, by });
        const ids = made.groups.map(({ id }) => id);
        return { report: made, nameOf: await groupNames(by, ids, scope, (wanted) => database.people.names(wanted)) };
      });
      if (context.json) {
        return printJson({
          from: span.from.toISOString(),
          to: span.to.toISOString(),
          ...sums(report.total),
          by: report.groups.map((group) => ({ id: group.id, name: nameOf(group.id), ...sums(group) })),
        });
      }
      const rows = [
        ...report.groups.map((group) => [nameOf(group.id), ...cells(group)]),
        ["total", ...cells(report.total)],
      ];
      process.stdout.write(table([by, "requests", "input", "cached", "output", "cost", "TTFT p50 ms", "p95 ms"], rows));
    });
}

export function reconcileCommand(): Command {
  return new Command("reconcile")
    .description("compare finished requests, usage events, their sums, invoices and upstreams' bills")
    .option("--from <moment>", "a day or an ISO 8601 moment; 30 days before the end by default", moment)
    .option("--to <moment>", "exclusive; now by default", moment)
    .action(async ({ from, to }: RangeOptions, command: Command) => {
      const context = contextOf(command);
      const span = wholeHours(from, to, new Date());
      const found = await withDatabase(context, (database) => reconciliation(homeScope(database), span));
      const { billLines, days, differences, invoiceLines, stages } = found;
      const told = {
        requests: stages.requests.requests ?? 0,
        events: stages.events.requests ?? 0,
        rollups: stages.rollups.requests ?? 0,
        ...{ days, invoiceLines, invoiced: stages.invoiced.requests ?? 0, billLines },
      };
      if (context.json) {
        const shown = differences.map(({ amountPicoUsd, at, ...rest }) => ({
          ...rest,
          at: at.toISOString(),
          costPicoUsd: String(amountPicoUsd),
        }));
        return printJson({ from: span.from.toISOString(), to: span.to.toISOString(), ...told, differences: shown });
      }
      process.stdout.write(table(Object.keys(told), [Object.values(told)]));
      if (differences.length === 0) process.stdout.write("No differences.\n");
      else {
        const rows = differences.map(({ kind, says, tokens, where }) => [kind, where, says, tokens]);
        process.stdout.write(table(["of", "where", "what each says", "tokens off"], rows));
      }
    });
}

function sums({ costPicoUsd, ...rest }: Sums) {
  const { requests, failed, aborted, inputTokens, cachedTokens, outputTokens, latency } = rest;
  const costMicroUsd = Number(toMicroUsd(costPicoUsd));
  return { requests, failed, aborted, inputTokens, cachedTokens, outputTokens, costMicroUsd, latency };
}

function cells({ costPicoUsd, inputTokens, cachedTokens, outputTokens, requests, latency }: Sums): (string | number)[] {
  const { ttft } = latency;
  return [
    requests,
    inputTokens,
    cachedTokens,
    outputTokens,
    dollars(toMicroUsd(costPicoUsd)),
    ttft?.p50 ?? "–",
    ttft?.p95 ?? "–",
  ];
}
