import fc from "fast-check";
import { expect, it } from "vitest";
import { splitExamples } from "./split.ts";

const examples = fc.uniqueArray(
  fc.record({ input: fc.string({ minLength: 1 }), output: fc.constantFrom("a", "b", "c") }),
  { minLength: 10, maxLength: 120, selector: ({ input }) => input.trim().toLowerCase() },
);
const byLabel = ({ output }: { output: string }) => output;

it("puts every example into one part, the same whatever their order", () => {
  fc.assert(
    fc.property(examples, (list) => {
      const { heldOut, train, validation } = splitExamples(list, byLabel);
      expect([...train, ...validation, ...heldOut].sort((a, b) => a - b)).toEqual(list.map((_, i) => i));
      const turned = [...list].reverse();
      const again = splitExamples(turned, byLabel);
      const inputs = (of: readonly { input: string }[], rows: readonly number[]) =>
        rows.map((i) => of[i]?.input).sort();
      expect(inputs(turned, again.heldOut)).toEqual(inputs(list, heldOut));
      expect(inputs(turned, again.validation)).toEqual(inputs(list, validation));
    }),
  );
});

it("gives each label its share everywhere", () => {
  const list = Array.from({ length: 60 }, (_, i) => ({ input: `text ${i}`, output: "abcd"[i % 4]! }));
  const { heldOut, train, validation } = splitExamples(list, byLabel);
  expect([train.length, validation.length, heldOut.length]).toEqual([30, 9, 21]);
  for (const label of "abcd") {
    const count = heldOut.filter((i) => list[i]?.output === label).length;
    expect(Math.abs(count - 21 / 4)).toBeLessThan(1.01);
    expect(train.filter((i) => list[i]?.output === label).length).toBeGreaterThanOrEqual(6);
  }
});

it("keeps equal texts together", () => {
  const list = Array.from({ length: 60 }, (_, i) => ({ input: `Text ${i % 20}`, output: "ab"[i % 2]! }));
  const { heldOut, train, validation } = splitExamples(list, byLabel);
  const texts = [train, validation, heldOut].map((rows) => new Set(rows.map((i) => list[i]!.input)));
  expect([...texts[0]!].filter((text) => texts[2]!.has(text) || texts[1]!.has(text))).toEqual([]);
});
