import { expect, it } from "vitest";
import { onlineMonitor } from "../domain/evaluations/online.ts";
import { fallen } from "./judge.ts";

const alarm = (at: string, direction: "up" | "down", mean: number) => ({ at, direction, mean, usual: 0.9 });
const monitor = (alarms: ReturnType<typeof alarm>[]) => ({
  ...{ id: "m", model: "task:triage", evaluator: "helpful", share: 0.1, seen: { at: "2026-11-24T00:00:00Z", id: "" } },
  ...{ judged: 40, sum: 30, unjudged: 0, group: [], recent: [], alarms },
  learnt: { n: 0, mean: 0, squares: 0, sums: { up: 0, down: 0, upFor: 0, downFor: 0 } },
});

it("is a fall after the release alone that counts as drift", () => {
  const since = new Date("2026-11-20T00:00:00Z");
  const of = (...alarms: ReturnType<typeof alarm>[]) => fallen([onlineMonitor.parse(monitor(alarms))], since);
  expect(of()).toBeUndefined();
  expect(of(alarm("2026-11-19T00:00:00Z", "down", 0.6))).toBeUndefined();
  expect(of(alarm("2026-11-21T00:00:00Z", "up", 0.98))).toBeUndefined();
  expect(of(alarm("2026-11-21T00:00:00Z", "down", 0.8), alarm("2026-11-22T00:00:00Z", "down", 0.7))).toBe(
    "helpful judges live answers 0.70 instead of 0.90 since 2026-11-22",
  );
});
