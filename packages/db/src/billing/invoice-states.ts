export const invoiceStates = ["draft", "final", "paid", "void"] as const;
export type InvoiceState = (typeof invoiceStates)[number];

/** The whole life of an invoice; the database refuses every other move. */
export const invoiceTransitions: Readonly<Record<InvoiceState, readonly InvoiceState[]>> = {
  draft: ["final"],
  final: ["paid", "void"],
  paid: [],
  void: [],
};

export function invoiceMayBecome(from: InvoiceState, to: InvoiceState): boolean {
  return invoiceTransitions[from].includes(to);
}
