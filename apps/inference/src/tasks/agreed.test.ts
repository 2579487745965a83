import { expect, it } from "vitest";
import { mostAgreed } from "./agreed.ts";

it("gives what most say, and says how far they agree", () => {
  const total = (value: number) => ({ total: value });
  expect(mostAgreed([total(3), total(7), total(7), undefined, total(7)], "accuracy")).toEqual({
    at: 1,
    agreement: 0.5,
  });
  expect(mostAgreed([undefined, total(2)], "accuracy")).toEqual({ at: 1, agreement: 0 });
  expect(mostAgreed([undefined, undefined], "accuracy")).toBeUndefined();
});

it("gives of texts the one that shares most with the others", () => {
  const text = (words: string) => ({ summary: words });
  const drawn = [
    text("a cat sat"),
    text("the old cat sat on the mat"),
    text("the cat sat on the mat"),
    text("dogs bark"),
  ];
  expect(mostAgreed(drawn, "overlap")?.at).toBe(2);
});
