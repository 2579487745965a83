import { expect, it } from "vitest";
import type { Span } from "./types.ts";
import { extent, waterfallRows } from "./waterfall-rows.ts";

const span = (id: string, parentId: string | null, startMs: number, durationMs = 1): Span => ({
  id,
  parentId,
  name: id,
  service: "tugboat",
  startMs,
  durationMs,
  failed: false,
  attributes: {},
});
const shape = (spans: readonly Span[]) => waterfallRows(spans).map(({ depth, span: { id } }) => `${depth} ${id}`);

it("puts steps under what they belong to, in their order", () => {
  expect(
    shape([span("late", "root", 5), span("root", "client", 0, 9), span("early", "root", 1), span("in", "late", 6)]),
  ).toEqual(["0 root", "1 early", "1 late", "2 in"]);
});

it("loses no step, whatever the parents say", () => {
  const circle = [span("a", "b", 0), span("b", "a", 0), span("c", "c", 0)];
  expect(shape(circle).sort()).toEqual(["0 a", "0 b", "0 c"]);
});

it("reaches from the first beginning to the last end", () => {
  expect(extent([span("client", null, -5, 20), span("root", "client", 0, 9)])).toEqual({ from: -5, to: 15 });
});
