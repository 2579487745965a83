import type { TaskLiveInfo } from "@tugboat/db";
import { logEvidenceOfShare } from "@tugboat/statistics";
import { latencyClass, latencyQuantile } from "../domain/tasks/live.ts";

/** What a plan's live traffic did. */
export interface LiveSum {
  readonly requests: number;
  readonly failed: number;
  readonly cached: number;
  readonly p95: number | null;
  /** Requests that took more than half as long again as was measured of the slowest twentieth. */
  readonly slow: number;
  readonly judged: number;
  /** Of those judged; each counts from 0 to 1. */
  readonly right: number;
}

const slowFactor = 1.5;

/** @param promisedMs the p95 that was measured when the plan was made */
export function sumOf(hours: readonly TaskLiveInfo[], promisedMs: number | undefined): LiveSum {
  const sum = (of: (one: TaskLiveInfo) => number) => hours.reduce((total, one) => total + of(one), 0);
  const counts = hours.reduce<number[]>((all, { latency }) => latency.map((count, i) => count + (all[i] ?? 0)), []);
  const bar = promisedMs === undefined ? Number.POSITIVE_INFINITY : latencyClass(promisedMs * slowFactor);
  return {
    requests: sum(({ requests }) => requests),
    failed: sum(({ failed }) => failed),
    cached: sum(({ cached }) => cached),
    p95: latencyQuantile(counts, 0.95),
    slow: counts.reduce((total, count, place) => total + (place > bar ? count : 0), 0),
    judged: sum(({ judged }) => judged),
    right: sum(({ right }) => right),
  };
}

/** Of a canary that is as good, one in a hundred is stopped, however often one looks; three things are looked at. */
const enough = Math.log(3 / 0.01);

/**
 * In what a canary is clearly worse. Were both plans alike, each failure, each answer that is slower than was promised and
 * each wrong one would fall on the canary with the chance that its share is: the evidence against that may be looked at
 * after every request (`logEvidenceOfShare`). Each plan is held against its own promise, and both run on the same machine
 * at the same time, so that load stops nobody.
 * @param share of the requests that the canary gets, from 0 to 1
 */
export function worseBy(canary: LiveSum, before: LiveSum, share: number): string | undefined {
  if (isClear(canary.failed, before.failed, share))
    return `failed ${part(canary.failed, canary.requests)} of its requests, against ${part(before.failed, before.requests)}`;
  const wrong = ({ judged, right }: LiveSum) => Math.round(judged - right);
  // How many are judged is people's choice: only among the judged is the canary's share known.
  const judgedShare = canary.judged / Math.max(1, canary.judged + before.judged);
  const isJudged = canary.judged > 0 && before.judged > 0;
  if (isJudged && isClear(wrong(canary), wrong(before), judgedShare))
    return `was judged wrong in ${part(wrong(canary), canary.judged)}, against ${part(wrong(before), before.judged)}`;
  if (isClear(canary.slow, before.slow, share))
    return `was slower than measured in ${part(canary.slow, canary.requests)} of its requests, against ${part(before.slow, before.requests)}`;
  return undefined;
}

function isClear(hits: number, others: number, share: number): boolean {
  return hits > (hits + others) * share && logEvidenceOfShare(hits, others, share) > enough;
}

function part(some: number, all: number): string {
  return `${Math.round((100 * some) / Math.max(1, all))} %`;
}
