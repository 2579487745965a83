import { describe, expect, it } from "vitest";
import { bytes, compact, duration, formatCount, fromNow, plural, written } from "./format.ts";

describe("figures", () => {
  it("keep three significant digits and carry their unit", () => {
    expect([3_930_000, 15_740_000, 134_515_008, 1_000, 999, 999_600].map((n) => written(compact(n)))).toEqual(
      ["3.93 M", "15.7 M", "135 M", "1.00 k", "999", "1.00 M"].map((text) => text.replace(" ", "\u00a0")),
    );
    expect([0, 1023, 1024, 17 * 2 ** 20].map((n) => written(bytes(n)))).toEqual(
      ["0 B", "1,023 B", "1.00 KiB", "17.0 MiB"].map((text) => text.replace(" ", "\u00a0")),
    );
    expect([0.5, 12.34, 999.9, 1500, 90_000, 7_200_000].map((ms) => written(duration(ms)))).toEqual(
      ["500 µs", "12.3 ms", "1.00 s", "1.50 s", "1.50 min", "2.00 h"].map((text) => text.replace(" ", "\u00a0")),
    );
  });

  it("count in words", () => {
    expect([plural(0, "model"), plural(1, "model"), plural(1200, "reply", "replies")]).toEqual([
      "0 models",
      "1 model",
      "1,200 replies",
    ]);
    expect(formatCount(1234567)).toBe("1,234,567");
  });
});

describe("a moment seen from now", () => {
  it("is told in its largest unit, to the nearest, before and after", () => {
    const minute = 60_000;
    const told = [-3000, -40_000, -80_000, -119 * minute, 30 * 1440 * minute - 400].map((ms) => fromNow(ms, 0));
    expect(told).toEqual(["just now", "40 seconds ago", "1 minute ago", "2 hours ago", "next month"]);
  });
});
