/**
 * Money is exact until it is shown. Prices are whole micro-dollars per million tokens, so what one token costs is a whole
 * number of pico-dollars (10⁻¹² $), and sums of tokens stay whole. Only what is shown or invoiced is rounded, once, to
 * micro-dollars, half up.
 */
export const picoPerMicro = 1_000_000n;

/** @param picoUsd not negative */
export function toMicroUsd(picoUsd: bigint): bigint {
  return (picoUsd + picoPerMicro / 2n) / picoPerMicro;
}

/** Micro-dollars with all six places that they may have: `10.25`, exact. */
export function microUsdText(picoUsd: bigint): string {
  const fraction = (picoUsd % picoPerMicro).toString().padStart(6, "0").replace(/0+$/, "");
  return `${picoUsd / picoPerMicro}${fraction === "" ? "" : `.${fraction}`}`;
}

/** Micro-dollars as dollars for people: `$5.00`, `$0.000012`. */
export function dollars(microUsd: bigint): string {
  const fraction = (microUsd % 1_000_000n)
    .toString()
    .padStart(6, "0")
    .replace(/0{0,4}$/, "");
  return `$${microUsd / 1_000_000n}.${fraction}`;
}
