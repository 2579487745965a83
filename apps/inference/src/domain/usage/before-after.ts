import type { ServingChange, UsageHour } from "@tugboat/db";
import { type Latencies, usageReport } from "./report.ts";

const hourMs = 3_600_000;
/** So long before a change, and so long after it. */
export const comparedHours = 24;

export interface BeforeAfter {
  readonly requests: number;
  readonly latency: Latencies;
}

/** By which names requests ask for what a change is about. */
export function namesOf({ kind, name, what }: Pick<ServingChange, "kind" | "name" | "what">): readonly string[] {
  switch (kind) {
    case "alias":
      return [name];
    case "task":
      return [`task:${name}`];
    case "prompt":
      return [`prompt:${name}`, `prompt:${name}@${what.split(":")[0]}`];
  }
}

/**
 * How long answers took in the day before a change and in the day after it. The hour in which it happened belongs to
 * neither: sums are by the hour.
 */
export function beforeAndAfter(
  hours: readonly UsageHour[],
  at: Date,
): { readonly before: BeforeAfter; readonly after: BeforeAfter } {
  const hour = Math.floor(at.getTime() / hourMs) * hourMs;
  const of = (from: number, to: number): BeforeAfter => {
    const span = { from: new Date(from), to: new Date(to) };
    const some = hours.filter((one) => one.hour.getTime() >= from && one.hour.getTime() < to);
    const { latency, requests } = usageReport(some, { ...span, by: "model" }).total;
    return { requests, latency };
  };
  return {
    before: of(hour - comparedHours * hourMs, hour),
    after: of(hour + hourMs, hour + (comparedHours + 1) * hourMs),
  };
}
