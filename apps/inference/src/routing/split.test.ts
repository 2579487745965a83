import fc from "fast-check";
import { expect, it } from "vitest";
import { pick, type Share } from "./split.ts";

const shares = (parts: Readonly<Record<string, number>>): Share<string>[] =>
  Object.entries(parts).map(([key, share]) => ({ key, share, target: key }));
const users = Array.from({ length: 4000 }, (_, i) => `user-${i}`);

it("sends each target about its share, and a user always to the same one", () => {
  const split = shares({ old: 70, canary: 25, third: 5 });
  const count: Record<string, number> = {};
  for (const user of users) {
    const target = pick(split, user) ?? "";
    expect(pick([...split].reverse(), user)).toBe(target);
    count[target] = (count[target] ?? 0) + 1;
  }
  // Five standard deviations of a binomial at n = 4000 are at most 0.04; the users are fixed, so this never flickers.
  for (const { share, target } of split) {
    expect(Math.abs((count[target] ?? 0) / users.length - share / 100)).toBeLessThan(0.04);
  }
});

it("moves nobody away from a target whose share grows", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 98 }), fc.integer({ min: 1, max: 99 }), fc.string(), (small, more, user) => {
      const large = Math.min(99, small + more);
      const before = pick(shares({ old: 100 - small, canary: small }), user);
      const after = pick(shares({ old: 100 - large, canary: large }), user);
      if (before === "canary") expect(after).toBe("canary");
    }),
  );
});

it("has one answer where there is one target, and none where there is none", () => {
  expect(pick(shares({ only: 100 }), "anyone")).toBe("only");
  expect(pick([], "anyone")).toBeUndefined();
});
