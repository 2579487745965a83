import { writeFile } from "node:fs/promises";
import type { InvoiceInfo } from "@tugboat/db";
import { Command, Option } from "commander";
import { exactDollars, invoiceCsv, invoiceName, invoicePdf } from "../../domain/billing/invoice-document.ts";
import { contextOf, homeScope, withDatabase } from "../context.ts";
import { moment } from "../options.ts";
import { printJson, table } from "../output.ts";
import { agreementCommand } from "./agreement.ts";

export function invoicesCommand(): Command {
  const command = new Command("invoices").description("bills over what was used, as drafts and for good");
  command
    .command("list", { isDefault: true })
    .description("invoices and credit notes, the newest first")
    .action(async (_: object, made: Command) => {
      const context = contextOf(made);
      const invoices = await withDatabase(context, (database) => homeScope(database).invoices.list());
      if (context.json) return printJson({ invoices: invoices.map(shown) });
      const rows = invoices.map((one) => [invoiceName(one), one.state, day(one.from), day(one.to), total(one), one.id]);
      process.stdout.write(table(["invoice", "state", "from", "to (excluded)", "total $", "id"], rows));
    });
  command
    .command("create")
    .description("a draft over a time, by default the last month that is over (UTC)")
    .option("--from <day>", "inclusive", moment)
    .option("--to <day>", "exclusive", moment)
    .option("--bill-to <text>", "name and address", "")
    .option("--tax <percent>", "such as 19", "0")
    .option("--tax-name <name>", "such as VAT", "")
    .option("--final", "make it final at once")
    .action(async (options: CreateOptions, made: Command) => {
      const context = contextOf(made);
      const now = new Date();
      const to = options.to ?? new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1));
      const last = new Date(to.getTime() - 1);
      const from = options.from ?? new Date(Date.UTC(last.getUTCFullYear(), last.getUTCMonth(), 1));
      const taxBasisPoints = Math.round(Number(options.tax) * 100);
      if (!(taxBasisPoints >= 0 && taxBasisPoints <= 10_000) || from >= to) {
        made.error("error: --tax is a percentage from 0 to 100, and --from lies before --to.", { exitCode: 2 });
      }
      const invoice = await withDatabase(context, async (database) => {
        const { invoices } = homeScope(database);
        const { billTo, taxName } = options;
        const draft = await invoices.draft({
          from,
          to,
          billTo,
          note: "",
          taxName,
          taxBasisPoints,
          createdBy: "system",
        });
        return options.final ? invoices.finalize(draft.id, draft.updatedAt) : draft;
      });
      if (context.json) return printJson({ invoice: shown(invoice) });
      process.stdout.write(`${invoiceName(invoice)}: $${total(invoice)}, ${invoice.state} (${invoice.id})\n`);
    });
  command
    .command("finalize <id>")
    .description("give a draft its number; it never changes again")
    .action(async (id: string, _: object, made: Command) => {
      const context = contextOf(made);
      const invoice = await withDatabase(context, async (database) => {
        const { invoices } = homeScope(database);
        const found = await invoices.get(id);
        return invoices.finalize(id, found.invoice.updatedAt);
      });
      if (context.json) return printJson({ invoice: shown(invoice) });
      process.stdout.write(`${invoiceName(invoice)}: $${total(invoice)}\n`);
    });
  command
    .command("export <id>")
    .description("write an invoice to a file")
    .addOption(new Option("--format <format>", "of the file").choices(["pdf", "csv"]).default("pdf"))
    .option("--output <file>", "by default the invoice's name here")
    .action(async (id: string, { format, output }: { format: "pdf" | "csv"; output?: string }, made: Command) => {
      const context = contextOf(made);
      const file = await withDatabase(context, async (database) => {
        const scope = homeScope(database);
        const { invoice, lines } = await scope.invoices.get(id);
        const credits =
          invoice.creditsId === null ? null : (await scope.invoices.get(invoice.creditsId)).invoice.number;
        const { name } = await scope.info();
        const content = format === "csv" ? invoiceCsv(invoice, lines) : await invoicePdf(name, invoice, lines, credits);
        return { path: output ?? `${invoiceName(invoice)}.${format}`, content };
      });
      await writeFile(file.path, file.content);
      if (context.json) return printJson({ file: file.path });
      process.stdout.write(`${file.path}\n`);
    });
  return command.addCommand(agreementCommand());
}

interface CreateOptions {
  readonly from?: Date;
  readonly to?: Date;
  readonly billTo: string;
  readonly tax: string;
  readonly taxName: string;
  readonly final?: boolean;
}

const day = (at: Date) => at.toISOString().slice(0, 10);

function total({ netMicroUsd, taxMicroUsd }: InvoiceInfo): string {
  return exactDollars((netMicroUsd + taxMicroUsd) * 1_000_000n);
}

function shown(one: InvoiceInfo) {
  return {
    id: one.id,
    name: invoiceName(one),
    kind: one.kind,
    number: one.number,
    state: one.state,
    from: one.from.toISOString(),
    to: one.to.toISOString(),
    amountUsd: exactDollars(one.amountPicoUsd),
    netMicroUsd: Number(one.netMicroUsd),
    taxMicroUsd: Number(one.taxMicroUsd),
    totalMicroUsd: Number(one.netMicroUsd + one.taxMicroUsd),
  };
}
