import { expect, it } from "vitest";
import { correctedPairs } from "./corrections.ts";

const examples = [
  { input: "a", output: "x" },
  { input: "b", output: "y" },
  { input: "c", output: "z" },
  { input: "d", output: "x" },
];
const report = {
  labels: ["x", "y", "z"],
  confusion: [
    [2, 0, 1],
    [1, 0, 0],
    [0, 0, 1],
  ],
  wrong: [
    { input: "b", expected: "y", answer: "x", score: 0 },
    { input: "d", expected: "x", answer: "z", score: 0 },
  ],
};

it("prefers what is right to what was said, the person's word before the file's", () => {
  const pairs = correctedPairs(examples, report, [
    { input: "d", right: "z" },
    { input: "a", right: "y" },
  ]);
  expect(pairs).toEqual([
    // The file said x.
    { input: "a", output: "y", rejected: "x" },
    // The model said x.
    { input: "b", output: "y", rejected: "x" },
    { input: "c", output: "z", rejected: expect.stringMatching(/^[xy]$/) },
    // The model was right and the file wrong.
    { input: "d", output: "z", rejected: "x" },
  ]);
  const [first] = correctedPairs(examples, { ...report, wrong: [] }, []);
  expect(first).toEqual({ input: "a", output: "x", rejected: "z" });
});

it("of free text takes another text's answer", () => {
  const pairs = correctedPairs(examples, { labels: [], confusion: [], wrong: [] }, []);
  expect(pairs.map(({ rejected }) => rejected)).toEqual(["y", "z", "x", "y"]);
});

it("says which text it does not know", () => {
  expect(() => correctedPairs(examples, report, [{ input: "q", right: "x" }])).toThrow(/"q" is none/);
});
