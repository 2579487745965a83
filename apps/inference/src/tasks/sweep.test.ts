import { seededRandom } from "@tugboat/statistics";
import { expect, it } from "vitest";
import { type LiveSum, worseBy } from "./live-sums.ts";

const sum = (requests: number, more: Partial<LiveSum> = {}): LiveSum => ({
  requests,
  failed: 0,
  cached: 0,
  p95: 100,
  slow: 0,
  judged: 0,
  right: 0,
  ...more,
});

it("stops a canary for what is clear, and for nothing else", () => {
  const before = sum(900, { failed: 9, slow: 45, judged: 90, right: 81 });
  expect(worseBy(sum(100, { failed: 1, slow: 5, judged: 10, right: 9 }), before, 0.1)).toBeUndefined();
  expect(worseBy(sum(100, { failed: 3, slow: 9, judged: 10, right: 7 }), before, 0.1)).toBeUndefined();
  expect(worseBy(sum(100, { failed: 20 }), before, 0.1)).toBe("failed 20 % of its requests, against 1 %");
  expect(worseBy(sum(100, { slow: 60 }), before, 0.1)).toBe(
    "was slower than measured in 60 % of its requests, against 5 %",
  );
  expect(worseBy(sum(100, { judged: 60, right: 20 }), before, 0.1)).toBe("was judged wrong in 67 %, against 10 %");
  expect(worseBy(sum(0), sum(0), 0.1)).toBeUndefined();
});

it("seldom stops a canary that is as good, though it looks after every request", () => {
  const random = seededRandom(7);
  let stopped = 0;
  for (let trial = 0; trial < 200; trial++) {
    const failed = { canary: 0, before: 0 };
    for (let request = 1; request <= 1500; request++) {
      const side = random() < 0.1 ? "canary" : "before";
      if (random() < 0.05) failed[side]++;
      const seen = (one: number) => sum(request, { failed: one });
      if (worseBy(seen(failed.canary), seen(failed.before), 0.1) === undefined) continue;
      stopped++;
      break;
    }
  }
  expect(stopped).toBeLessThanOrEqual(2);
});
