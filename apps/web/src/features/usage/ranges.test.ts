import { expect, it } from "vitest";
import { readView, spanOf } from "./ranges.ts";

const now = Date.parse("2026-03-01T00:30:00Z");

it("spans whole hours and days of UTC, also right after a month began", () => {
  expect(spanOf("24h", now)).toEqual({ from: "2026-02-28T01:00:00.000Z", to: "2026-03-01T01:00:00.000Z" });
  expect(spanOf("7d", now).from).toBe("2026-02-23T00:00:00.000Z");
  expect(spanOf("month", now).from).toBe("2026-03-01T00:00:00.000Z");
});

it("reads the address, and what it does not know as the usual", () => {
  expect(readView(new URLSearchParams("range=month&by=key"))).toEqual({ range: "month", by: "key" });
  expect(readView(new URLSearchParams("range=x&by=<script>"))).toEqual({ range: "7d", by: "model" });
});

it("yesterday is the whole day before, also in its first and last moment", () => {
  for (const now of ["2026-03-01T00:00:00.000Z", "2026-03-01T23:59:59.999Z"]) {
    expect(spanOf("yesterday", Date.parse(now))).toEqual({
      from: "2026-02-28T00:00:00.000Z",
      to: "2026-03-01T00:00:00.000Z",
    });
  }
});
