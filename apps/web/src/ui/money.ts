/** Micro-dollars as dollars: two places at least, and three significant digits of a small amount: `$0.0042`, `$0.125`. */
export function money(microUsd: number): string {
  const dollars = microUsd / 1e6;
  const magnitude = Math.abs(dollars);
  const places = dollars === 0 || magnitude >= 1 ? 2 : Math.min(6, 2 - Math.floor(Math.log10(magnitude)));
  return `$${dollars.toLocaleString("en", { minimumFractionDigits: 2, maximumFractionDigits: places })}`;
}

/** What a person typed as dollars, as whole micro-dollars: exact, no fraction of a micro-dollar; undefined for no amount. */
export function microUsdOf(text: string): number | undefined {
  const [, whole, fraction = ""] = /^\s*\$?\s*(\d{1,9})(?:[.,](\d{1,6}))?\s*$/.exec(text) ?? [];
  return whole === undefined ? undefined : Number(whole) * 1_000_000 + Number(fraction.padEnd(6, "0"));
}

/** The same back for a field: `0.15`. */
export function dollarsText(microUsd: number): string {
  const fraction = String(microUsd % 1_000_000)
    .padStart(6, "0")
    .replace(/0+$/, "");
  return `${Math.floor(microUsd / 1_000_000)}${fraction === "" ? "" : `.${fraction}`}`;
}
