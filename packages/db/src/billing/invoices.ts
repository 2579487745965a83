import { type Db, inTransaction } from "../client.ts";
import { DatabaseError } from "../errors.ts";
import { Prisma } from "../generated/client.ts";
import { isId } from "../id.ts";
import { lockOrganization } from "../projects.ts";
import { settingsOf } from "../settings.ts";
import type { UsageRange } from "../usage/queries.ts";
import { checkVersion, nextVersion } from "../versions.ts";
import { currencySetting, DisplayCurrency } from "./display-currency.ts";
import { type InvoiceInfo, type InvoiceLine, invoiceInfo, invoiceTotals } from "./invoice.ts";
import { compareInvoices, type InvoiceComparison } from "./invoice-comparison.ts";
import { checkReconciled, linesFor, linesOf, writeLines } from "./invoice-lines.ts";
import { type InvoiceState, invoiceMayBecome } from "./invoice-states.ts";

export interface NewInvoice {
  readonly from: Date;
  /** Exclusive. */
  readonly to: Date;
  readonly billTo: string;
  readonly note: string;
  readonly taxName: string;
  readonly taxBasisPoints: number;
  readonly createdBy: string;
}

/** An organization's invoices and credit notes. */
export interface Invoices {
  /** The newest first. */
  list(): Promise<InvoiceInfo[]>;
  /** @throws DatabaseError `not-found` */
  get(id: string): Promise<{ readonly invoice: InvoiceInfo; readonly lines: readonly InvoiceLine[] }>;
  /**
   * Makes a draft of what was used in a time, less what earlier invoices over the same time have billed.
   * @throws DatabaseError `conflict` for a time that overlaps another invoice's without being the same
   */
  draft(invoice: NewInvoice): Promise<InvoiceInfo>;
  /**
   * Makes a draft final: its lines are made anew, it gets the next number, and never changes again.
   * @throws DatabaseError `conflict` for one that is no draft, whose time is not over, or whose usage does not reconcile
   */
  finalize(id: string, seen: Date): Promise<InvoiceInfo>;
  /** @throws DatabaseError `conflict` for a move that there is not */
  move(id: string, to: InvoiceState, seen: Date): Promise<InvoiceInfo>;
  /** Deletes a draft. @throws DatabaseError `conflict` */
  discard(id: string): Promise<InvoiceInfo>;
  /** What was final is paid now. @returns the state it had, `final` where that was so */
  markPaid(id: string): Promise<InvoiceState>;
  /**
   * Gives back a part of a final or paid invoice.
   * @throws DatabaseError `conflict` for more than what is left of it
   */
  credit(id: string, netMicroUsd: bigint, reason: string, createdBy: string): Promise<InvoiceInfo>;
  /** What of an agreement's credits final invoices have used, in pico-dollars, those over one time left out. */
  creditsUsed(besides: UsageRange): Promise<bigint>;
  /** The final invoices of times within a range, beside their own lines and the sums of their times. */
  compare(range: UsageRange): Promise<InvoiceComparison[]>;
}

type Row = Prisma.InvoiceGetPayload<object>;
const mayCredit: readonly string[] = ["final", "paid"];

export function invoicesOf(db: Db, organizationId: string): Invoices {
  const find = async (client: Db, id: string): Promise<Row> => {
    const row = isId(id) ? await client.invoice.findFirst({ where: { id, organizationId } }) : null;
    if (row === null) throw new DatabaseError("not-found", `There is no invoice ${id}.`);
    return row;
  };
  const change = <T>(id: string, run: (tx: Prisma.TransactionClient, row: Row) => Promise<T>) =>
    inTransaction(db, async (tx) => {
      await lockOrganization(tx, organizationId);
      return run(tx, await find(tx, id));
    });
  const info = (row: Row): InvoiceInfo => invoiceInfo(row);
  const nextNumber = async (tx: Db) => {
    const last = await tx.invoice.aggregate({ where: { organizationId }, _max: { number: true } });
    return (last._max.number ?? 0) + 1;
  };
  return {
    async list() {
      return (await db.invoice.findMany({ where: { organizationId }, orderBy: { id: "desc" }, take: 500 })).map(info);
    },

    async get(id) {
      const invoice = info(await find(db, id));
      return { invoice, lines: await linesOf(db, id) };
    },

    draft: ({ from, to, ...rest }) =>
      inTransaction(db, async (tx) => {
        await lockOrganization(tx, organizationId);
        const others = await tx.invoice.findMany({
          where: { organizationId, kind: "invoice", state: { not: "void" }, from: { lt: to }, to: { gt: from } },
        });
        const crossing = others.find(
          (one) => one.from.getTime() !== from.getTime() || one.to.getTime() !== to.getTime() || one.state === "draft",
        );
        if (crossing !== undefined) {
          const which = crossing.number === null ? "A draft" : `Invoice ${crossing.number}`;
          throw new DatabaseError("conflict", `${which} is over a part of this time already.`, {
            hint: crossing.number === null ? "Discard that draft first." : "Bill the time that it leaves out.",
          });
        }
        const lines = await linesFor(tx, organizationId, from, to);
        const row = await tx.invoice.create({
          data: {
            organizationId,
            kind: "invoice",
            state: "draft",
            from,
            to,
            ...rest,
            shownIn: await shownIn(tx, organizationId),
            ...stored(invoiceTotals(lines, rest.taxBasisPoints)),
          },
        });
        await writeLines(tx, row.id, lines);
        return info(row);
      }),

    finalize: (id, seen) =>
      change(id, async (tx, row) => {
        checkVersion(row, seen, "The invoice", id);
        if (!invoiceMayBecome(info(row).state, "final")) throw moved(row, "final");
        if (row.to > new Date()) {
          throw new DatabaseError("conflict", "The invoice's time is not over yet, so more may be used in it.", {
            hint: `It can become final after ${row.to.toISOString()}.`,
          });
        }
        await checkReconciled(tx, organizationId, row.from, row.to);
        const lines = await linesFor(tx, organizationId, row.from, row.to);
        await tx.invoiceLine.deleteMany({ where: { invoiceId: id } });
        await writeLines(tx, id, lines);
        const final = await tx.invoice.update({
          where: { id },
          data: {
            state: "final",
            number: await nextNumber(tx),
            finalAt: new Date(),
            updatedAt: nextVersion(row),
            shownIn: await shownIn(tx, organizationId),
            ...stored(invoiceTotals(lines, row.taxBasisPoints)),
          },
        });
        return info(final);
      }),

    move: (id, to, seen) =>
      change(id, async (tx, row) => {
        checkVersion(row, seen, "The invoice", id);
        if (to === "final" || !invoiceMayBecome(info(row).state, to)) throw moved(row, to);
        return info(await tx.invoice.update({ where: { id }, data: { state: to, updatedAt: nextVersion(row) } }));
      }),

    markPaid: (id) =>
      change(id, async (tx, row) => {
        const { state } = info(row);
        if (state !== "final" || row.kind !== "invoice") return state;
        await tx.invoice.update({ where: { id }, data: { state: "paid", updatedAt: nextVersion(row) } });
        return state;
      }),

    discard: (id) =>
      change(id, async (tx, row) => {
        if (row.state !== "draft") {
          throw new DatabaseError("conflict", "What is final is never deleted.", { hint: "Void it, or credit it." });
        }
        await tx.invoice.delete({ where: { id } });
        return info(row);
      }),

    credit: (id, netMicroUsd, reason, createdBy) =>
      change(id, async (tx, row) => {
        if (row.kind !== "invoice" || !mayCredit.includes(row.state)) throw moved(row, "credited");
        const before = await tx.invoice.aggregate({
          where: { organizationId, creditsId: id, kind: "credit-note" },
          _sum: { netMicroUsd: true },
        });
        const left = row.netMicroUsd + (before._sum.netMicroUsd ?? 0n);
        if (netMicroUsd <= 0n || netMicroUsd > left) {
          throw new DatabaseError("conflict", `Of this invoice ${left} micro-dollars are left to be credited.`);
        }
        const line = {
          ...{ text: reason, kind: "credit", model: "", target: "", requests: 0 },
          ...{ inputTokens: 0, cachedTokens: 0, outputTokens: 0, amountPicoUsd: -netMicroUsd * 1_000_000n },
        };
        const { billTo, from, taxBasisPoints, taxName, to } = row;
        const note = await tx.invoice.create({
          data: {
            ...{ organizationId, kind: "credit-note", creditsId: id, state: "draft", from, to, billTo, createdBy },
            ...{ note: reason, taxName, taxBasisPoints, ...stored(invoiceTotals([line], taxBasisPoints)) },
            shownIn: row.shownIn ?? Prisma.DbNull,
          },
        });
        await writeLines(tx, note.id, [line]);
        const data = { state: "final", number: await nextNumber(tx), finalAt: new Date() };
        return info(await tx.invoice.update({ where: { id: note.id }, data }));
      }),

    async creditsUsed({ from, to }) {
      const state = { in: [...mayCredit] };
      const { _sum } = await db.invoiceLine.aggregate({
        where: { kind: "credit-used", invoice: { organizationId, kind: "invoice", state, NOT: { from, to } } },
        _sum: { amountPicoUsd: true },
      });
      return -BigInt(_sum.amountPicoUsd?.toFixed() ?? 0);
    },

    compare: (range) => compareInvoices(db, organizationId, range),
  };
}

function moved({ state }: Row, to: string): DatabaseError {
  return new DatabaseError("conflict", `An invoice that is ${state} can't become ${to}.`);
}

async function shownIn(tx: Db, organizationId: string) {
  return (await settingsOf(tx, organizationId).get(currencySetting, DisplayCurrency)) ?? Prisma.DbNull;
}

function stored(totals: ReturnType<typeof invoiceTotals>) {
  return { ...totals, amountPicoUsd: String(totals.amountPicoUsd) };
}
