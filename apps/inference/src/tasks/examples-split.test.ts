import fc from "fast-check";
import { expect, it } from "vitest";
import { parseTaskYaml } from "../domain/tasks/document.ts";
import { examplesOfRecords } from "../domain/tasks/examples.ts";
import { splitTask } from "./examples-split.ts";

const document = parseTaskYaml(
  "task: t\ninstruction: Sort it.\ninput: { text: string }\noutput: { label: { enum: [a, b, c] } }\nexamples: t.csv\n",
);

it("shares nothing between what is learnt, what sets thresholds and what is measured on", () => {
  const record = fc.record({
    input: fc.string({ minLength: 8, maxLength: 40 }),
    expected: fc.constantFrom("a", "b", "c"),
  });
  fc.assert(
    fc.property(fc.uniqueArray(record, { minLength: 10, maxLength: 90, selector: ({ input }) => input }), (records) => {
      const examples = examplesOfRecords(records, document);
      const split = splitTask(examples, document);
      const parts = [split.learnt, split.calibration, split.heldOut];
      const digests = parts.flat().map(({ digest }) => digest);
      expect(new Set(digests).size).toBe(examples.length);
      expect(digests.length).toBe(examples.length);
      expect(splitTask([...examples].reverse(), document)).toEqual(split);
    }),
    { numRuns: 200 },
  );
});

it("divides the same examples alike in any order, also texts that say the same and are answered differently", () => {
  const records = Array.from({ length: 40 }, (_, i) => ({
    input: `the order with the number ${Math.floor(i / 2) * 7919} ${"xyz".repeat(i % 4)} is late${i % 2 === 0 ? "" : "."}`,
    expected: "abc"[i % 3]!,
  }));
  const examples = examplesOfRecords(records, document);
  expect(splitTask([...examples].reverse(), document)).toEqual(splitTask(examples, document));
});

it("gives each part its share, and keeps texts together that say almost the same", () => {
  const text = (i: number) => `message number ${i} about something else entirely ${"xyz".repeat(i % 5)} ${i * 7919}`;
  const records = Array.from({ length: 60 }, (_, i) => ({ input: text(i), expected: "abc"[i % 3]! }));
  const { calibration, heldOut, learnt } = splitTask(examplesOfRecords(records, document), document);
  expect(learnt.length + calibration.length + heldOut.length).toBe(60);
  expect(heldOut.length).toBeGreaterThan(12);
  expect(learnt.length).toBeGreaterThan(20);
  const doubled = [...records, ...records.map((one) => ({ ...one, input: `${one.input}.` }))];
  const split = splitTask(examplesOfRecords(doubled, document), document);
  const inputs = (part: typeof learnt) => new Set(part.map(({ input }) => String(input.text).replace(/[.]$/, "")));
  for (const one of inputs(split.heldOut)) expect(inputs(split.learnt).has(one)).toBe(false);
});
