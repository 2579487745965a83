/** A currency with what of it one US dollar is, and the places of its amounts. */
export interface ShownCurrency {
  readonly code: string;
  readonly perUsd: string;
  readonly digits: number;
}

/** Micro-dollars as people write them in another currency, with as many places as it has: `¥1,513`, `KWD 3.070`. */
export function inCurrency(microUsd: number, { code, digits, perUsd }: ShownCurrency): string {
  const places = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  const amount = (microUsd / 1e6) * Number(perUsd);
  try {
    return amount.toLocaleString("en", { style: "currency", currency: code, ...places });
  } catch {
    return `${code} ${amount.toLocaleString("en", places)}`;
  }
}
