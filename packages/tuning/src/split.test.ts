import fc from "fast-check";
import { expect, it } from "vitest";
import { dividedAgain, splitExamples } from "./split.ts";

const examples = fc.uniqueArray(
  fc.record({ input: fc.string({ minLength: 1 }), output: fc.constantFrom("a", "b", "c") }),
  { minLength: 10, maxLength: 120, selector: ({ input }) => input.trim().toLowerCase() },
);
const byLabel = ({ output }: { output: string }) => output;

it("asks each of few examples once or chooses with it, never after it was learnt, whatever their order", () => {
  fc.assert(
    fc.property(examples, (list) => {
      const { heldOut, parts, train, validation } = splitExamples(list, byLabel);
      expect([...validation, ...heldOut].sort((a, b) => a - b)).toEqual(list.map((_, i) => i));
      expect([...validation, ...train].sort((a, b) => a - b)).toEqual(list.map((_, i) => i));
      expect(parts.flatMap(({ test }) => test).sort((a, b) => a - b)).toEqual(heldOut);
      for (const part of parts) {
        expect([...part.train, ...part.test].sort((a, b) => a - b)).toEqual(list.map((_, i) => i));
      }
      const turned = [...list].reverse();
      const again = splitExamples(turned, byLabel);
      const inputs = (of: readonly { input: string }[], rows: readonly number[]) =>
        rows.map((i) => of[i]?.input).sort();
      expect(inputs(turned, again.heldOut)).toEqual(inputs(list, heldOut));
      expect(inputs(turned, again.validation)).toEqual(inputs(list, validation));
    }),
  );
});

/** Texts that share hardly a run of characters. */
function messages(count: number): { input: string; output: string }[] {
  return Array.from({ length: count }, (_, i) => ({
    input: `${(i * 7919 + 13).toString(36).repeat(3)} ${i}`,
    output: "abcd"[i % 4]!,
  }));
}

it("gives each label its share in every fold", () => {
  const list = messages(60);
  const { parts, validation } = splitExamples(list, byLabel);
  expect(parts).toHaveLength(4);
  for (const rows of [validation, ...parts.map(({ test }) => test)]) {
    expect(rows).toHaveLength(12);
    for (const label of "abcd") expect(rows.filter((i) => list[i]?.output === label)).toHaveLength(3);
  }
});

it("divides the held-out examples otherwise, each asked once and of none that learnt it", () => {
  const list = messages(60);
  const split = splitExamples(list, byLabel);
  const tests = [split.parts, dividedAgain(list, split, byLabel, 1), dividedAgain(list, split, byLabel, 2)].map(
    (parts) => {
      for (const { test, train } of parts) {
        expect([...test, ...train].sort((a, b) => a - b)).toEqual(list.map((_, i) => i));
        for (const label of "abcd") expect(test.filter((i) => list[i]?.output === label)).toHaveLength(3);
      }
      expect(parts.flatMap(({ test }) => test).sort((a, b) => a - b)).toEqual(split.heldOut);
      return JSON.stringify(parts.map(({ test }) => test));
    },
  );
  expect(new Set(tests).size).toBe(3);
});

it("holds some of many examples out once", () => {
  const list = messages(600);
  const { heldOut, parts, train, validation } = splitExamples(list, byLabel);
  expect([train.length, validation.length, heldOut.length]).toEqual([300, 90, 210]);
  expect([...train, ...validation, ...heldOut].sort((a, b) => a - b)).toEqual(list.map((_, i) => i));
  expect(parts).toEqual([{ train, test: heldOut }]);
});

it("keeps texts that say almost the same together", () => {
  const list = Array.from({ length: 60 }, (_, i) => ({
    input: `${messages(20)[i % 20]!.input} and a long end that all of its copies share${i < 20 ? "." : i < 40 ? "!" : ""}`,
    output: "ab"[i % 2]!,
  }));
  for (const { test, train } of splitExamples(list, byLabel).parts) {
    expect(test.filter((i) => train.some((j) => j % 20 === i % 20))).toEqual([]);
  }
});
