import type { TaskDocument } from "../tasks/document.ts";
import { latencyText, usdText } from "../tasks/requirements.ts";
import { normalQuantile, shareBounds } from "./bounds.ts";
import type { Figures } from "./figures.ts";

/** What would have to change for the nearest plan to meet everything, as sentences that a person can act on. */
export function adviceFor(
  nearest: Figures,
  all: readonly Figures[],
  document: Pick<TaskDocument, "measure" | "confidence">,
): string[] {
  const { costPer1kUsd: cost, latencyP95Ms: latency, quality } = nearest.requirements;
  const out: string[] = [];
  if (quality && !quality.holds) {
    const more = examplesNeeded(quality.value, quality.wanted, nearest.n, document.confidence);
    if (more !== undefined) {
      out.push(
        `${document.measure} ${quality.wanted} needs about ${more} more held-out examples: ${quality.value.toFixed(2)} was measured, but on ${nearest.n} it may as well be ${quality.bound.toFixed(2)}.`,
      );
    }
    const slower = all.filter((one) => one.requirements.quality?.holds);
    const fastest = slower.reduce<Figures | undefined>(
      (best, one) => (best && best.latencyP95Ms <= one.latencyP95Ms ? best : one),
      undefined,
    );
    const cheapest = slower.reduce<Figures | undefined>(
      (best, one) => (best && best.costPer1kUsd <= one.costPer1kUsd ? best : one),
      undefined,
    );
    if (fastest && latency) {
      const bound = fastest.requirements.latencyP95Ms?.bound ?? fastest.latencyP95Ms;
      if (bound > latency.wanted)
        out.push(`${document.measure} ${quality.wanted} is met if a request may take ${latencyText(roundUp(bound))}.`);
    }
    if (cheapest && cost) {
      const bound = cheapest.requirements.costPer1kUsd?.bound ?? cheapest.costPer1kUsd;
      if (bound > cost.wanted)
        out.push(`${document.measure} ${quality.wanted} is met if 1,000 requests may cost $${usdText(bound)}.`);
    }
    if (slower.length === 0) {
      out.push(
        `What was found meets ${document.measure} ${Math.floor(quality.bound * 100) / 100}; a larger model, a tuning run or more examples may reach ${quality.wanted}.`,
      );
    }
  }
  if (latency && !latency.holds)
    out.push(
      `It is met if a request may take ${latencyText(roundUp(latency.bound))} (p95); ${latencyText(latency.wanted)} are required.`,
    );
  if (cost && !cost.holds)
    out.push(`It is met if 1,000 requests may cost $${usdText(cost.bound)}; $${usdText(cost.wanted)} are required.`);
  return out;
}

/**
 * How many more examples would put the lower bound at the floor, if the score stayed what it is: by
 * Wilson's bound.
 * @returns undefined where the score itself is not above the floor
 */
export function examplesNeeded(score: number, floor: number, n: number, confidence: number): number | undefined {
  if (score <= floor) return undefined;
  const z = normalQuantile(confidence);
  const holds = (size: number) => shareBounds(score, size, z).low >= floor;
  let size = Math.max(n, 1);
  while (!holds(size)) {
    size = Math.ceil(size * 1.15) + 1;
    if (size > 20_000) return undefined;
  }
  const more = size - n;
  return more <= 0 ? undefined : more < 20 ? more : Math.ceil(more / 10) * 10;
}

/** To a figure that a person would write. */
function roundUp(ms: number): number {
  const digits = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(ms, 1))) - 1);
  return Math.ceil(ms / digits) * digits;
}
