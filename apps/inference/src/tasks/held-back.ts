import type { TaskReleaseInfo } from "@tugboat/db";

/** The rule ships at most so often within a day. */
export const mostShippedADay = 3;
const dayMs = 86_400_000;

type Release = Pick<TaskReleaseInfo, "action" | "createdAt" | "createdBy" | "plan" | "share">;

/**
 * Why the rule does not ship a plan although it is better on the examples: then it waits for a person. Without it a rule
 * could ship in a circle: two plans as good as each other, each a little ahead on another day's measurements.
 * @param releases the newest first
 * @returns undefined where it may
 */
export function heldBack(releases: readonly Release[], plan: number, now = Date.now()): string | undefined {
  // What live traffic has shown to be worse, the rule, which knows no more than before, ships no more.
  if (releases.some(({ action }, i) => action === "stop" && releases[i + 1]?.plan === plan))
    return `live traffic stopped plan ${plan} before`;
  const today = releases.filter(
    ({ action, createdAt, createdBy }) =>
      action === "ship" && createdBy === "system" && now - createdAt.getTime() < dayMs,
  );
  // A canary that got all requests afterwards is one shipping.
  const begun = today.filter((one, i) => today[i + 1]?.plan !== one.plan);
  const left = releases.findIndex((one) => one.plan === plan);
  const since = left < 0 ? undefined : releases.slice(0, left).find(({ createdBy }) => createdBy === "system");
  if (since !== undefined && now - since.createdAt.getTime() < dayMs)
    return `the rule replaced plan ${plan} within the last day: it would ship in a circle`;
  if (begun.length >= mostShippedADay) return `the rule shipped ${begun.length} times within a day, which is the most`;
  return undefined;
}
