import type { NewAlert, UsageHour } from "@tugboat/db";
import { dollars, toMicroUsd } from "../billing/money.ts";

const hourMs = 3_600_000;
/** Of hours before, of which so many must have cost something before one of them can be unusual. */
const leastHours = 12;
const deviations = 6;
const leastTimes = 3n;
/** A cent: below it nothing is worth a message. */
const leastPicoUsd = 10_000_000_000n;

/**
 * Whether an hour cost far more than hours usually do: more than the median and six scaled median absolute deviations of
 * the hours before that cost anything (Iglewicz and Hoaglin, 1993, with a wider bound than their 3.5 because spend is
 * skewed), and at least three times the median. It names the key and the model that most of it went to.
 */
export function spendAnomaly(
  hours: readonly UsageHour[],
  hour: Date,
  nameOfKey: (id: string | null) => string,
  consoleUrl: string,
): NewAlert | undefined {
  const sums = new Map<number, bigint>();
  for (const one of hours) sums.set(one.hour.getTime(), (sums.get(one.hour.getTime()) ?? 0n) + one.amountPicoUsd);
  const spent = sums.get(hour.getTime()) ?? 0n;
  const usual = [...sums].flatMap(([at, sum]) => (at < hour.getTime() && sum > 0n ? [sum] : []));
  if (usual.length < leastHours || spent < leastPicoUsd) return undefined;
  const middle = median(usual);
  const deviation = median(usual.map((sum) => (sum > middle ? sum - middle : middle - sum)));
  // 1.4826 makes the median deviation comparable to a standard deviation.
  const bound = middle + (deviation * BigInt(deviations) * 14_826n) / 10_000n;
  if (spent <= bound || spent < middle * leastTimes) return undefined;
  const now = hours.filter((one) => one.hour.getTime() === hour.getTime());
  const key = largest(now, ({ apiKeyId }) => apiKeyId);
  const model = largest(now, (one) => one.model);
  const amount = dollars(toMicroUsd(spent));
  return {
    key: `anomaly:${hour.toISOString()}`,
    kind: "anomaly",
    title: `Unusual spend: ${amount} in an hour, ${nameOfKey(key.id)} with ${model.id}`,
    text: `Between ${hour.toISOString().slice(11, 16)} and ${new Date(hour.getTime() + hourMs).toISOString().slice(11, 16)} UTC ${amount} were spent; an hour usually costs ${dollars(toMicroUsd(middle))}. Most of it: ${nameOfKey(key.id)} (${dollars(toMicroUsd(key.sum))}), ${model.id} (${dollars(toMicroUsd(model.sum))}). ${consoleUrl}/usage?range=24h&by=key`,
    facts: {
      ...{
        hour: hour.toISOString(),
        spentMicroUsd: Number(toMicroUsd(spent)),
        usualMicroUsd: Number(toMicroUsd(middle)),
      },
      ...{ keyId: key.id, key: nameOfKey(key.id), model: model.id },
    },
  };
}

function median(values: readonly bigint[]): bigint {
  const sorted = [...values].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0n;
}

function largest<T extends string | null>(hours: readonly UsageHour[], of: (hour: UsageHour) => T) {
  const sums = new Map<T, bigint>();
  for (const hour of hours) sums.set(of(hour), (sums.get(of(hour)) ?? 0n) + hour.amountPicoUsd);
  const [first] = [...sums].sort(([, a], [, b]) => (a > b ? -1 : a < b ? 1 : 0));
  return { id: first?.[0] ?? null, sum: first?.[1] ?? 0n };
}
