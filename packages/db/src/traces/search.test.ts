import { expect, test } from "vitest";
import { slicesOf, wordsOf } from "./search.ts";

test("words are beginnings of words, and signs are none", () => {
  expect(wordsOf("Refund, 42 büro!")).toBe("Refund:* & 42:* & büro:*");
  expect([wordsOf(undefined), wordsOf(""), wordsOf(" :&!* ")]).toEqual([undefined, undefined, undefined]);
});

test("slices cover a time without gap or overlap, the newest first, and few of them a long one", () => {
  const from = new Date("2027-12-25T07:00:00Z");
  for (const to of [
    "2027-12-25T07:00:00.001Z",
    "2027-12-26T00:00:00Z",
    "2028-03-01T11:30:00Z",
    "2029-01-01T00:00:00Z",
  ]) {
    const slices = slicesOf(from, new Date(to));
    expect([slices[0]?.to, slices.at(-1)?.from]).toEqual([new Date(to), from]);
    for (const [index, slice] of slices.entries()) {
      expect(slice.from < slice.to).toBe(true);
      if (index > 0) expect(slice.to).toEqual(slices[index - 1]?.from);
    }
    expect(slices.length).toBeLessThan(12);
  }
  expect(slicesOf(from, from)).toEqual([]);
});
