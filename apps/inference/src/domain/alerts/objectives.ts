import type { NewAlert, UsageHour } from "@tugboat/db";
import { z } from "zod";
import { Sketch } from "../usage/sketch.ts";

/** "95 % of answers of `support` start within 300 ms": what share of requests must be good, and what good is. */
export const objective = z.object({
  id: z.string().min(1).max(64),
  name: z.string().trim().min(1).max(100),
  /** A model or alias as it is asked for; null is all of them. */
  model: z.string().min(1).max(300).nullable(),
  /** Time to the first token, to the end, or whether it was answered at all. */
  measure: z.enum(["ttft", "duration", "answered"]),
  /** Of no matter for `answered`. */
  withinMs: z.number().min(1).max(3_600_000),
  percent: z.number().min(50).max(99.99),
});
export type Objective = Readonly<z.output<typeof objective>>;
export const objectives = z.array(objective).max(50);
/** The key of the setting that holds them. */
export const objectivesSetting = "billing.objectives";

export interface ObjectiveState {
  readonly requests: number;
  readonly good: number;
  /** Percent that was good; null where nothing was asked. */
  readonly achieved: number | null;
  /** Of what may be bad, the share that is left: below 0 when more was bad. Null where nothing was asked. */
  readonly budgetLeft: number | null;
}

const hourMs = 3_600_000;
export const objectiveDays = 30;

/**
 * Windows and the burn rates at which they alert: a budget of 30 days gone in 2 days within an hour, or in 5 within six
 * (Google, The Site Reliability Workbook, chapter 5, table 5-2; its short windows are left out, as sums are by the hour).
 */
export const burnWindows = [
  { hours: 1, rate: 14.4 },
  { hours: 6, rate: 6 },
] as const;
/** Fewer requests say nothing. */
const leastRequests = 20;

export function objectiveState(hours: readonly UsageHour[], one: Objective): ObjectiveState {
  const mine = hours.filter(({ model }) => one.model === null || model === one.model);
  let requests = 0;
  let good = 0;
  const sketch = new Sketch();
  for (const hour of mine) {
    if (one.measure === "answered") {
      // Who went away was not failed by us.
      requests += hour.requests - hour.aborted;
      good += hour.requests - hour.aborted - hour.failed;
    } else sketch.mergeEncoded(one.measure === "ttft" ? hour.ttft : hour.duration);
  }
  if (one.measure !== "answered") {
    requests = sketch.count;
    good = Math.round(sketch.shareBelow(one.withinMs * 1000) * requests);
  }
  if (requests === 0) return { requests, good, achieved: null, budgetLeft: null };
  const allowed = (1 - one.percent / 100) * requests;
  return { requests, good, achieved: (100 * good) / requests, budgetLeft: 1 - (requests - good) / allowed };
}

/** How many times as fast as it may the budget of what may be bad is used: 1 uses it up in exactly the 30 days. */
export function burnRate(hours: readonly UsageHour[], one: Objective, now: Date, windowHours: number): number | null {
  const since = now.getTime() - windowHours * hourMs;
  // An hour counts with all of it once a part of it lies in the window.
  const recent = hours.filter(({ hour }) => hour.getTime() > since - hourMs);
  const { good, requests } = objectiveState(recent, one);
  if (requests < leastRequests) return null;
  return (requests - good) / requests / (1 - one.percent / 100);
}

export function objectiveInWords({ measure, model, percent, withinMs }: Objective): string {
  const what = model === null ? "answers" : `answers of ${model}`;
  if (measure === "answered") return `${percent} % of requests${model === null ? "" : ` of ${model}`} are answered`;
  return `${percent} % of ${what} ${measure === "ttft" ? "start" : "end"} within ${withinMs} ms`;
}

/** One alert a day and window while an objective's budget burns too fast. */
export function objectiveAlerts(
  all: readonly Objective[],
  hours: readonly UsageHour[],
  now: Date,
  consoleUrl: string,
): NewAlert[] {
  return all.flatMap((one) =>
    burnWindows.flatMap(({ hours: windowHours, rate }) => {
      const burn = burnRate(hours, one, now, windowHours);
      if (burn === null || burn < rate) return [];
      const { achieved } = objectiveState(hours, one);
      return [
        {
          key: `objective:${one.id}:${windowHours}h:${now.toISOString().slice(0, 10)}`,
          kind: "objective",
          title: `${one.name}: its error budget burns ${burn.toFixed(1)} times too fast`,
          text: `${objectiveInWords(one)}. In the last ${windowHours === 1 ? "hour" : `${windowHours} hours`} the budget of ${objectiveDays} days was used ${burn.toFixed(1)} times as fast as it may${achieved === null ? "" : `; over ${objectiveDays} days ${achieved.toFixed(2)} % were good`}. ${consoleUrl}/usage`,
          facts: { objective: one.name, model: one.model, windowHours, burnRate: burn, achieved },
        },
      ];
    }),
  );
}
