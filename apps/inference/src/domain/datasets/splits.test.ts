import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SplitGroups, splitAmong } from "./groups.ts";
import { exampleChecker, inferSchema } from "./schema.ts";
import { contentKey, sketchOf } from "./sketch.ts";

const sentence = fc
  .array(fc.string({ unit: fc.constantFrom(..."abcdefghijklmnopqrstuvwxyz"), minLength: 3, maxLength: 9 }), {
    minLength: 25,
    maxLength: 40,
  })
  .map((words) => words.join(" "));

function splits(texts: readonly string[]): (string | null)[] {
  const groups = new SplitGroups();
  for (const text of texts) groups.add(sketchOf(text), contentKey(text));
  return texts.map((_, id) => groups.splitOf(id));
}

describe("splits", () => {
  it("keep texts together that differ in case, marks and a word", () => {
    fc.assert(
      fc.property(fc.array(sentence, { minLength: 1, maxLength: 20 }), (texts) => {
        const shouted = texts.map((text) => `${text.toUpperCase()} !`);
        const edited = texts.map((text) => `${text} ok`);
        const found = splits([...texts, ...shouted, ...edited]);
        for (const [i] of texts.entries()) {
          expect(found[i + texts.length]).toBe(found[i]);
          expect(found[i + 2 * texts.length]).toBe(found[i]);
        }
      }),
      { seed: 7, numRuns: 50 },
    );
  });

  it("do not depend on the order of the examples", () => {
    fc.assert(
      fc.property(fc.uniqueArray(sentence, { minLength: 1, maxLength: 30 }), (texts) => {
        const back = splits([...texts].reverse()).reverse();
        expect(splits(texts)).toEqual(back);
      }),
    );
  });

  it("have four fifths for training", () => {
    const texts = Array.from({ length: 4000 }, (_, i) => `${contentKey(`a${i}`)} ${contentKey(`b${i}`)} and ${i}`);
    const found = splits(texts);
    const share = (name: string) => found.filter((split) => split === name).length / texts.length;
    expect(share("train")).toBeGreaterThan(0.75);
    expect(share("train")).toBeLessThan(0.85);
    expect(share("validation")).toBeGreaterThan(0.07);
    expect(share("test")).toBeGreaterThan(0.07);
  });

  it("follow what is there, and leave out what resembles several", () => {
    const groups = new SplitGroups();
    groups.add([1, 2], 0, "test");
    groups.add([3], 0, "train");
    const like = groups.add([2, 9], 0);
    expect(groups.splitOf(like)).toBe("test");
    const both = groups.add([1, 3], 0);
    expect(groups.splitOf(both)).toBeNull();
    expect(splitAmong(0, ["test"])).toBe("test");
    expect(splitAmong(0, ["test", "train"])).toBeNull();
    expect(splitAmong(0, [])).toBe("train");
  });
});

describe("schemas", () => {
  it("are what the examples have in common, and every one of them satisfies it", () => {
    const value = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.record({ a: fc.string(), b: fc.integer() }));
    fc.assert(
      fc.property(fc.array(fc.record({ input: value, expected: fc.option(value) }), { minLength: 1 }), (examples) => {
        const checker = exampleChecker(inferSchema(examples));
        for (const example of examples) expect(checker.problem(example)).toBeUndefined();
      }),
    );
  });

  it("name labels, and what is none of them", () => {
    const examples = Array.from({ length: 30 }, (_, i) => ({
      input: { message: `m${i}` },
      expected: i % 2 ? "a" : "b",
    }));
    const schema = inferSchema(examples);
    expect(schema.expected).toEqual({ type: "string", enum: ["a", "b"] });
    const checker = exampleChecker(schema);
    expect(checker.problem({ input: { message: "x" }, expected: "c" })).toMatch(/^expected must be .*: "a", "b"$/);
    expect(checker.problem({ input: { text: "x" }, expected: "a" })).toMatch(/^input must have required property/);
    expect(() => exampleChecker({ input: { type: "nonsense" }, expected: {} })).toThrow(/no JSON Schema/);
  });
});
