import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkExamples, type FindingKind, findingKinds, masked, mendExamples } from "./checks.ts";
import { TuningError } from "./errors.ts";
import { checkReady } from "./prepare.ts";
import type { Example } from "./samples.ts";

const limits = { longest: 200 };
const words = (
  "parcel invoice crash thanks window garden printer ticket holiday kitchen engine letter " +
  "bridge camera dinner forest guitar hammer island jacket ladder mirror number orange"
).split(" ");
const good: Example[] = Array.from({ length: 24 }, (_, i) => ({
  input: `${words[i]} ${words[(i * 5 + 3) % 24]} and the ${words[(i * 7 + 1) % 24]} ${words[(i * 11 + 2) % 24]}`,
  output: ["a", "b"][i % 2]!,
}));
const kinds = (examples: readonly Example[]) => checkExamples(examples, limits).map(({ kind }) => kind);
const mend = (examples: readonly Example[], ...which: FindingKind[]) => mendExamples(examples, new Set(which), limits);

describe("checks", () => {
  it("find nothing wrong with good examples", () => {
    expect(kinds(good)).toEqual([]);
  });

  it.each<[FindingKind, Example[]]>([
    ["empty", [{ input: " ", output: "a" }]],
    ["formulas", [{ input: "=VLOOKUP(A7;Sheet2!B:C;2)", output: "a" }]],
    ["formatting", [{ input: "One more for the table", output: "A " }]],
    ["duplicates", [{ input: good[0]!.input, output: good[0]!.output }]],
    ["near-duplicates", [{ input: `${good[20]!.input}!`, output: good[20]!.output }]],
    ["conflicts", [{ input: good[0]!.input, output: "b" }]],
    ["personal-data", [{ input: "write to ada.l@example.org please", output: "a" }]],
    ["long-answer", [{ input: "tell me all of it", output: "and more ".repeat(20) }]],
    ["length", [{ input: "long words ".repeat(30), output: "a" }]],
    ["rare-label", [{ input: "the only one of its kind", output: "c" }]],
  ])("find %s, and mend it", (kind, added) => {
    const examples = [...good, ...added];
    const found = checkExamples(examples, limits).find((one) => one.kind === kind);
    expect(found?.rows).toContain(24);
    expect(found?.mend).not.toBeNull();
    expect(kinds(mend(examples, kind))).not.toContain(kind);
  });

  it("take what only begins like a formula for a text", () => {
    const texts = [
      "= what does this sign mean?",
      "=) thanks for the quick help",
      "=== cut here === the rest is quoted",
    ];
    expect(kinds([...good, ...texts.map((input) => ({ input, output: "a" }))])).toEqual([]);
  });

  it("say from where on a column may be called otherwise", () => {
    const renamed = good.map((one, i) => (i < 14 ? one : { ...one, input: "" }));
    const [found] = checkExamples(renamed, limits);
    expect(found).toMatchObject({ kind: "empty", weight: "stop", mend: "Leave them out" });
    expect(found?.sentence).toMatch(/^10 examples lack a text or an answer, all from row 15 on. If a column/);
  });

  it("find what is in another language than most, and leave it out", () => {
    const english = good.map(({ input, output }) => ({ input: `is it that you have a ${input}`, output }));
    const examples = [...english, { input: "wo ist das Paket und wie ist es mit der Rechnung", output: "a" }];
    expect(checkExamples(examples, limits)).toMatchObject([{ kind: "language", weight: "warn", rows: [24] }]);
    expect(mend(examples, "language")).toEqual(english);
  });

  it("stop what can't be learnt from", () => {
    const stops = (examples: Example[]) => checkExamples(examples, limits).filter(({ weight }) => weight === "stop");
    const same = Array.from({ length: 30 }, () => good[0]!);
    expect(stops(same).map(({ kind }) => kind)).toEqual(["one-label"]);
    expect(stops(mend(same, "duplicates")).map(({ kind }) => kind)).toContain("too-few");
    expect(stops(good.slice(0, 2)).map(({ kind }) => kind)).toEqual(["too-few"]);
    expect(stops(good.map(({ input }) => ({ input, output: "a" }))).map(({ kind }) => kind)).toEqual(["one-label"]);
    expect(stops([]).map(({ kind }) => kind)).toEqual(["too-few"]);
  });

  it.each<[string, Example[], string]>([
    ["nothing", [], "There are 0 usable examples; 10 is the least"],
    [
      "two examples",
      good.slice(0, 2),
      "There are 2 usable examples; 10 is the least that can be learnt and measured from. Add 8 or more. Then begin again.",
    ],
    [
      "all duplicates",
      mend(
        Array.from({ length: 30 }, () => good[0]!),
        "duplicates",
      ),
      "There is 1 usable example;",
    ],
    [
      "one class",
      good.map(({ input }) => ({ input, output: "a" })),
      'Every answer is "a": there is nothing to tell apart. Add examples that have another. Then begin again.',
    ],
    [
      "answers past the context",
      good.map(({ input }) => ({ input, output: "and more ".repeat(40) })),
      "answer longer than the model can write",
    ],
    [
      "a renamed column",
      good.map((one, i) => (i < 14 ? one : { ...one, output: "" })),
      "If a column has another name there, give it the first one's and send the file again. Leave them out: in the console with a click, by `tug tune` without --no-mend, or in the file.",
    ],
  ])("refuse to begin with %s, and say the way forward", (_, examples, says) => {
    const begin = () => {
      try {
        checkReady({ examples, findings: checkExamples(examples, limits) });
      } catch (error) {
        if (error instanceof TuningError) return `${error.message} ${error.hint}`;
        throw error;
      }
      return "begun";
    };
    expect(begin()).toContain(says);
  });

  it("keep the answer that most gave", () => {
    const [one] = good;
    const examples = [...good, { ...one!, output: "b" }, { ...one!, output: "a" }];
    const left = mend(examples, "conflicts", "duplicates").filter(({ input }) => input === one!.input);
    expect(left).toEqual([one]);
  });

  it("tell of few of one and many of another", () => {
    const many = Array.from({ length: 30 }, (_, i) => ({
      input: `${words[(i * 13) % 24]} for ${words[((i * 17 + i / 24) % 24) | 0]}, ${i ** 3 * 104729} ${words[(i * 3) % 23]}`,
      output: "many",
    }));
    expect(kinds([...many, ...good.slice(0, 8)])).toContain("imbalance");
  });

  it("are content after all mends, and mending twice changes nothing more", () => {
    const text = fc.constantFrom("", " a", "Hello there", "hello there ", "Call +44 20 7946 0958", "x".repeat(300));
    const label = fc.constantFrom("yes", "Yes ", "no", "perhaps");
    fc.assert(
      fc.property(fc.array(fc.record({ input: text, output: label }), { maxLength: 40 }), (examples) => {
        const all = new Set(findingKinds);
        const once = mendExamples(examples, all, limits);
        expect(mendExamples(once, all, limits)).toEqual(once);
        const left = checkExamples(once, limits).filter((finding) => finding.mend !== null);
        expect(left.map(({ kind }) => kind)).toEqual([]);
      }),
    );
  });
});

describe("what is personal", () => {
  it.each([
    ["mail a.b+c@x.example.com now", "mail [email] now"],
    ["call +49 30 901820 today", "call [phone] today"],
    ["call (020) 7946 0958", "call [phone]"],
    ["card 4111 1111 1111 1111 was", "card [card] was"],
    ["order 1234567890123456 of 2024-05-06", "order 1234567890123456 of 2024-05-06"],
    ["version 1.22.333 cost 12.50", "version 1.22.333 cost 12.50"],
  ])("%s", (text, expected) => {
    expect(masked(text)).toBe(expected);
  });
});
