import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { StopMatcher, type StopResult } from "./stop-matcher.ts";

/** Every prefix, every stop string: the definition. */
function naive(text: string, stops: readonly string[]): StopResult {
  for (let end = 1; end <= text.length; end++) {
    const found = stops
      .filter((stop) => stop !== "" && text.slice(0, end).endsWith(stop))
      .sort((a, b) => b.length - a.length)[0];
    if (found !== undefined) return { text: text.slice(0, end - found.length), stop: found };
  }
  return { text };
}

/** How much of the end of `text` could be the start of a stop string. */
function naiveHold(text: string, stops: readonly string[]): number {
  for (let length = text.length; length > 0; length--) {
    const end = text.slice(text.length - length);
    if (stops.some((stop) => stop.startsWith(end))) return length;
  }
  return 0;
}

const letters = fc.string({ unit: fc.constantFrom("a", "b", "\n", "🚀"), maxLength: 6 });

describe("StopMatcher", () => {
  it("finds what a scan of every prefix finds, however the text is cut", () => {
    fc.assert(
      fc.property(fc.array(letters, { maxLength: 6 }), fc.array(letters, { maxLength: 12 }), (stops, pieces) => {
        const matcher = new StopMatcher(stops);
        let text = "";
        let stop: string | undefined;
        for (const piece of pieces) {
          const result = matcher.push(piece);
          text += result.text;
          stop ??= result.stop;
        }
        text += matcher.flush();
        expect({ text, stop }).toEqual({ stop: undefined, ...naive(pieces.join(""), stops) });
      }),
      { numRuns: 2000 },
    );
  });

  it("holds back what may start a stop string, and nothing more", () => {
    fc.assert(
      fc.property(
        fc.array(letters, { minLength: 1, maxLength: 6 }),
        fc.array(letters, { maxLength: 12 }),
        (stops, pieces) => {
          const matcher = new StopMatcher(stops);
          let [seen, shown] = ["", ""];
          for (const piece of pieces) {
            const result = matcher.push(piece);
            if (result.stop !== undefined) return;
            seen += piece;
            shown += result.text;
            expect(seen.length - shown.length).toBe(naiveHold(seen, stops));
            expect(seen.startsWith(shown)).toBe(true);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });

  it("reports the stop string, and drops what comes after it", () => {
    const matcher = new StopMatcher(["\nUser:", "###"]);
    expect(matcher.push("Yes.\nUs")).toEqual({ text: "Yes." });
    expect(matcher.push("er: and")).toEqual({ text: "", stop: "\nUser:" });
    expect(matcher.push("more")).toEqual({ text: "" });
    expect(matcher.flush()).toBe("");
  });

  it("prefers the longest of those that end together, and never waits for a longer one", () => {
    expect(new StopMatcher(["b", "ab"]).push("xabc")).toEqual({ text: "x", stop: "ab" });
    expect(new StopMatcher(["a", "abc"]).push("xabc")).toEqual({ text: "x", stop: "a" });
  });

  it("releases what was held when the text ends", () => {
    const matcher = new StopMatcher(["stop"]);
    expect(matcher.push("sto")).toEqual({ text: "" });
    expect(matcher.flush()).toBe("sto");
  });

  it("handles thousands of stop strings over long text", () => {
    const stops = Array.from({ length: 5000 }, (_, i) => `<stop number ${i}>`);
    const text = "<stop number ".repeat(20_000);
    const matcher = new StopMatcher(stops);
    const again = new StopMatcher(matcher.automaton);
    let shown = "";
    for (let i = 0; i < text.length; i += 7) shown += matcher.push(text.slice(i, i + 7)).text;
    expect(shown + matcher.flush()).toBe(text);
    expect(again.push(`${text}4999>!`)).toEqual({ text: text.slice(0, -13), stop: "<stop number 4999>" });
  });
});
