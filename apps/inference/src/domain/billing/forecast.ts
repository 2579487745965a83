/** What a month will have cost, in pico-dollars, with an interval in which nine of ten such months end. */
export interface Forecast {
  readonly spent: bigint;
  readonly expected: bigint;
  readonly low: bigint;
  readonly high: bigint;
  /** How many whole days it is made from; below 3 there is no forecast but what is spent. */
  readonly days: number;
}

const dayMs = 86_400_000;
const usualDays = 28;
/** The 95th percentile of the standard normal distribution: 5 % at each end. */
const z = 1.645;

/**
 * What is spent, and for the days that are left the mean of the whole days before today, at most 28. Days are taken as
 * independent, so that the deviation of their sum is the daily one times the root of their number, and the mean's own
 * uncertainty is added. What is spent already can't become less.
 * @param days spend by the beginning of the day (UTC) in ms; days without spend may be left out
 */
export function forecastMonth(days: ReadonlyMap<number, bigint>, now: Date): Forecast {
  const begin = Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1);
  const end = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1);
  const today = Math.floor(now.getTime() / dayMs) * dayMs;
  let spent = 0n;
  for (const [at, amount] of days) if (at >= begin && at < end) spent += amount;
  const first = Math.min(...days.keys());
  const known: number[] = [];
  for (let at = Math.max(first, today - usualDays * dayMs); at < today; at += dayMs)
    known.push(Number(days.get(at) ?? 0n));
  if (known.length < 3) return { spent, expected: spent, low: spent, high: spent, days: known.length };
  const mean = known.reduce((sum, one) => sum + one, 0) / known.length;
  const variance = known.reduce((sum, one) => sum + (one - mean) ** 2, 0) / (known.length - 1);
  const left = (end - now.getTime()) / dayMs;
  const spread = z * Math.sqrt(variance * (left + left ** 2 / known.length));
  const more = (amount: number) => spent + BigInt(Math.round(Math.max(0, amount)));
  return {
    spent,
    expected: more(mean * left),
    low: more(mean * left - spread),
    high: more(mean * left + spread),
    days: known.length,
  };
}
