import { expect, it } from "vitest";
import { usageEvent } from "../../testing/usage.ts";
import { beforeAndAfter, namesOf } from "./before-after.ts";
import { foldEvents } from "./rollup.ts";

const organizationId = "018f0000-0000-7000-8000-000000000001";

it("compares the day before a change with the day after it, without the hour in which it happened", () => {
  const change = new Date("2026-05-10T14:20:00Z");
  const at = (text: string, ttftUs: number) => usageEvent(organizationId, { at: new Date(text), ttftUs });
  const hours = foldEvents([
    at("2026-05-09T13:59:00Z", 9_000_000),
    at("2026-05-09T14:30:00Z", 200_000),
    at("2026-05-10T13:59:00Z", 200_000),
    at("2026-05-10T14:05:00Z", 9_000_000),
    at("2026-05-10T14:50:00Z", 9_000_000),
    at("2026-05-10T15:00:00Z", 100_000),
    at("2026-05-11T14:59:00Z", 100_000),
    at("2026-05-11T15:00:00Z", 9_000_000),
  ]);
  const { after, before } = beforeAndAfter(hours, change);
  expect([before.requests, after.requests]).toEqual([2, 2]);
  expect(before.latency.ttft?.p95).toBeCloseTo(200, -1);
  expect(after.latency.ttft?.p95).toBeCloseTo(100, -1);
  expect(beforeAndAfter([], change).before).toMatchObject({ requests: 0, latency: { ttft: null } });
});

it("knows by which names a prompt, a task and an alias are asked for", () => {
  expect(namesOf({ kind: "alias", name: "support", what: "version 3" })).toEqual(["support"]);
  expect(namesOf({ kind: "task", name: "triage", what: "plan 2 to 100 %" })).toEqual(["task:triage"]);
  expect(namesOf({ kind: "prompt", name: "reply", what: "production: version 4" })).toContain(
    "prompt:reply@production",
  );
});
