import type { InvoiceInfo, InvoiceLine } from "@tugboat/db";
import PDFDocument from "pdfkit";
import { csvLine } from "../audit/csv.ts";
import { inCurrency } from "./currency.ts";

/** What an invoice is called: `INV-000012`, `CN-000013`; a draft has no number yet. */
export function invoiceName({ kind, number }: Pick<InvoiceInfo, "kind" | "number">): string {
  if (number === null) return "Draft";
  return `${kind === "invoice" ? "INV" : "CN"}-${String(number).padStart(6, "0")}`;
}

/** Pico-dollars as dollars, exact, with two places at least: `0.00001025`, `-1.50`. */
export function exactDollars(pico: bigint): string {
  const magnitude = pico < 0n ? -pico : pico;
  const fraction = (magnitude % 1_000_000_000_000n)
    .toString()
    .padStart(12, "0")
    .replace(/0{0,10}$/, "");
  return `${pico < 0n ? "-" : ""}${magnitude / 1_000_000_000_000n}.${fraction}`;
}

/** One line each, then the totals; amounts in dollars, exact. */
export function invoiceCsv(invoice: InvoiceInfo, lines: readonly InvoiceLine[]): string {
  const head = ["invoice", "from", "to", "text", "kind", "model", "served_by", "requests", "input_tokens"];
  const rows = lines.map((line) => [
    ...[invoiceName(invoice), invoice.from.toISOString(), invoice.to.toISOString(), line.text, line.kind, line.model],
    ...[line.target, line.requests, line.inputTokens, line.cachedTokens, line.outputTokens],
    exactDollars(line.amountPicoUsd),
  ]);
  const total = (text: string, micro: bigint) => [
    ...[invoiceName(invoice), invoice.from.toISOString(), invoice.to.toISOString(), text, "", "", "", "", "", "", ""],
    exactDollars(micro * 1_000_000n),
  ];
  return (
    [
      [...head, "cached_tokens", "output_tokens", "amount_usd"],
      ...rows,
      total("Net", invoice.netMicroUsd),
      ...(invoice.taxBasisPoints > 0 ? [total(taxName(invoice), invoice.taxMicroUsd)] : []),
      total("Total", invoice.netMicroUsd + invoice.taxMicroUsd),
    ]
      .map((row) => row.map(String))
      // A number is no formula, also below nothing: the amount stays as it is.
      .map((row) => csvLine(row.slice(0, -1)).replace(/\r\n$/, `,${row.at(-1)}\r\n`))
      .join("")
  );
}

/** The total in the currency that it is also shown in, by the rate that held when the invoice became final. */
function otherCurrency({ netMicroUsd, shownIn, taxMicroUsd }: InvoiceInfo) {
  if (shownIn === null) return undefined;
  const text = `For information, at ${shownIn.perUsd} ${shownIn.code} a dollar (${shownIn.day})`;
  return { text, amount: inCurrency(netMicroUsd + taxMicroUsd, shownIn) };
}

function taxName({ taxBasisPoints, taxName }: InvoiceInfo): string {
  return `${taxName || "Tax"} ${taxBasisPoints / 100} %`;
}

const page = { size: "A4", margin: 56 } as const;
const columns = { text: 56, requests: 300, tokens: 380, amount: 450, right: 539 } as const;

/** The invoice on paper: A4, the PDF standard fonts. */
export async function invoicePdf(
  organization: string,
  invoice: InvoiceInfo,
  lines: readonly InvoiceLine[],
  creditsNumber: number | null,
): Promise<Uint8Array> {
  const title = invoice.kind === "invoice" ? "Invoice" : "Credit note";
  const document = new PDFDocument({
    ...page,
    bufferPages: true,
    info: {
      Title: `${title} ${invoiceName(invoice)}`,
      Author: organization,
      CreationDate: invoice.finalAt ?? invoice.createdAt,
    },
  });
  const pieces: Uint8Array[] = [];
  const done = new Promise<Uint8Array>((resolve, reject) => {
    document.on("data", (piece: Uint8Array) => pieces.push(piece));
    document.on("end", () => resolve(Buffer.concat(pieces)));
    document.on("error", reject);
  });
  const day = (at: Date) => at.toISOString().slice(0, 10);
  document
    .font("Helvetica-Bold")
    .fontSize(20)
    .text(`${title} ${invoiceName(invoice)}`);
  document.font("Helvetica").fontSize(10).fillColor("#555555");
  document.text(latin(organization));
  if (invoice.finalAt) document.text(`Date ${day(invoice.finalAt)}`);
  // The last day is inside the time; its end is not.
  document.text(`Usage from ${day(invoice.from)} to ${day(new Date(invoice.to.getTime() - 1))} (UTC)`);
  if (creditsNumber !== null)
    document.text(`Credits invoice ${invoiceName({ kind: "invoice", number: creditsNumber })}`);
  if (invoice.state !== "final") document.text(`State: ${invoice.state}`);
  if (invoice.billTo !== "") document.moveDown().fillColor("#000000").text("Bill to").text(latin(invoice.billTo));
  document.moveDown(2).fillColor("#000000");
  row(document, ["Usage", "Requests", "Tokens in / out", "US dollars"], "Helvetica-Bold");
  for (const line of lines) {
    const tokens = invoice.kind === "invoice" ? `${line.inputTokens} / ${line.outputTokens}` : "";
    const requests = invoice.kind === "invoice" ? String(line.requests) : "";
    row(document, [latin(line.text), requests, tokens, exactDollars(line.amountPicoUsd)], "Helvetica");
  }
  document.moveDown();
  row(document, ["Net", "", "", exactDollars(invoice.netMicroUsd * 1_000_000n)], "Helvetica");
  if (invoice.taxBasisPoints > 0) {
    row(document, [latin(taxName(invoice)), "", "", exactDollars(invoice.taxMicroUsd * 1_000_000n)], "Helvetica");
  }
  const total = exactDollars((invoice.netMicroUsd + invoice.taxMicroUsd) * 1_000_000n);
  row(document, ["Total", "", "", total], "Helvetica-Bold");
  const other = otherCurrency(invoice);
  if (other !== undefined) row(document, [other.text, "", "", other.amount], "Helvetica");
  document.moveDown().font("Helvetica").fontSize(8).fillColor("#555555");
  if (invoice.note !== "") document.text(latin(invoice.note), columns.text);
  document.text(
    "Lines are exact. Their sum, and the tax on it, are each rounded half up to a millionth of a dollar, once.",
    columns.text,
  );
  document.end();
  return done;
}

function row(
  document: PDFKit.PDFDocument,
  [text, requests, tokens, amount]: readonly [string, string, string, string],
  font: string,
) {
  document.font(font).fontSize(9).fillColor("#000000");
  const height = Math.max(14, document.heightOfString(text, { width: columns.requests - columns.text - 10 }) + 4);
  if (document.y + height > document.page.height - page.margin) document.addPage();
  const { y } = document;
  const right = (value: string, from: number, to: number) =>
    document.text(value, from, y, { width: to - from, align: "right", lineBreak: false });
  document.text(text, columns.text, y, { width: columns.requests - columns.text - 10 });
  right(requests, columns.requests - 10, columns.requests + 40);
  right(tokens, columns.requests + 40, columns.amount - 5);
  right(amount, columns.amount, columns.right);
  document.x = columns.text;
  document.y = y + height;
}

/** The standard fonts know Latin-1 alone; other characters are told as a question mark rather than as a wrong one. */
function latin(text: string): string {
  return text.replace(/[^\n\u0020-\u007e\u00a0-\u00ff\u20ac]/gu, "?");
}
