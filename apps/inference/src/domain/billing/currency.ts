import type { DisplayCurrency } from "@tugboat/db";

/** Currencies whose smallest coin is no hundredth (ISO 4217, table A.1, column "minor unit"). */
const minorUnits: Readonly<Record<string, number>> = {
  ...{ BIF: 0, CLP: 0, DJF: 0, GNF: 0, ISK: 0, JPY: 0, KMF: 0, KRW: 0, PYG: 0, RWF: 0, UGX: 0, UYI: 0, VND: 0, VUV: 0 },
  ...{ XAF: 0, XOF: 0, XPF: 0, BHD: 3, IQD: 3, JOD: 3, KWD: 3, LYD: 3, OMR: 3, TND: 3, CLF: 4, UYW: 4 },
};

/** How many places the amounts of a currency have: 2 of most, 0 of the yen, 3 of the dinar of Kuwait. */
export function minorDigits(code: string): number {
  return minorUnits[code] ?? 2;
}

const rateDigits = 8;

/**
 * Micro-dollars in another currency's smallest unit: exact integers, rounded once, half up and away from zero.
 * @param microUsd may be negative
 */
export function inMinorUnits(microUsd: bigint, { code, perUsd }: DisplayCurrency): bigint {
  const [whole = "0", fraction = ""] = perUsd.split(".");
  const rate = BigInt(whole + fraction.padEnd(rateDigits, "0"));
  const unit = 10n ** BigInt(6 + rateDigits);
  const magnitude = (microUsd < 0n ? -microUsd : microUsd) * rate * 10n ** BigInt(minorDigits(code));
  const rounded = (2n * magnitude + unit) / (2n * unit);
  return microUsd < 0n ? -rounded : rounded;
}

/** The same as text, with the places that the currency has: `JPY 1513`, `KWD 3.070`, `EUR -0.92`. */
export function inCurrency(microUsd: bigint, currency: DisplayCurrency): string {
  const minor = inMinorUnits(microUsd, currency);
  const digits = minorDigits(currency.code);
  const text = String(minor < 0n ? -minor : minor).padStart(digits + 1, "0");
  const amount = digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`;
  return `${currency.code} ${minor < 0n ? "-" : ""}${amount}`;
}
