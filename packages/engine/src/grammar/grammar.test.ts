import { describe, expect, it } from "vitest";
import { buildAutomaton } from "./automaton.ts";
import { type Constraint, grammarFor } from "./constraint.ts";
import { GrammarError } from "./errors.ts";
import { Matcher } from "./matcher.ts";

const encoder = new TextEncoder();

/** Whether a whole text satisfies a constraint. */
function accepts(constraint: Constraint, text: string): boolean {
  const matcher = new Matcher(buildAutomaton(grammarFor(constraint)));
  return matcher.run(matcher.start, encoder.encode(text))?.complete ?? false;
}

function fault(constraint: Constraint): GrammarError {
  try {
    new Matcher(buildAutomaton(grammarFor(constraint)));
  } catch (error) {
    if (error instanceof GrammarError) return error;
    throw error;
  }
  throw new Error("it was accepted");
}

describe("regular expressions", () => {
  const patterns = [
    "abc",
    "a|bc|",
    "(a|b)*c",
    "a+b?c{2}",
    "x{2,4}y{1,}",
    "[a-f0-9]{3}",
    "[^a-z]x",
    "\\d{2}:\\d{2}",
    "\\w+\\s\\S",
    ".é.",
    "[\\u4e00-\\u9fff]+",
    "(?:ab)+?",
    "(?<year>\\d{4})-x",
    "^a$",
    "\\x41\\u{1F600}",
    "[-a]",
    "[a\\]]",
    "a\\.b",
  ];
  const texts = [
    "",
    "a",
    "abc",
    "bc",
    "ababc",
    "c",
    "aacc",
    "abcc",
    "xxy",
    "xxxxyyy",
    "xxxxxy",
    "a0f",
    "A0f",
    "1x",
    "ax",
  ];
  texts.push(
    "12:30",
    "1:30",
    "ab c",
    "ab  ",
    "xéy",
    "é",
    "\né\n",
    "中文",
    "ab",
    "abab",
    "2024-x",
    "A😀",
    "-",
    "]",
    "a.b",
    "axb",
  );

  it.each(patterns)("%s accepts what the platform's own engine accepts", (pattern) => {
    const oracle = new RegExp(`^(?:${pattern})$`, "u");
    for (const text of texts) {
      expect([text, accepts({ kind: "regex", pattern }, text)]).toEqual([text, oracle.test(text)]);
    }
  });

  it.each([
    ["(a", "syntax"],
    ["a)", "syntax"],
    ["[a", "syntax"],
    ["*a", "syntax"],
    ["a{3,2}", "syntax"],
    ["[z-a]", "syntax"],
    ["\\", "syntax"],
    ["(a)\\1", "unsupported"],
    ["(?=a)", "unsupported"],
    ["(?<!a)b", "unsupported"],
    ["\\bword", "unsupported"],
    ["a^b", "unsupported"],
    ["((a{1000}){1000}){1000}", "too-complex"],
    ["(a?){9999}", "too-complex"],
    ["a{99999}", "too-complex"],
    [`${"(".repeat(2000)}a${")".repeat(2000)}`, "too-complex"],
    ["[^\\s\\S]", "unsatisfiable"],
  ])("%# refuses %s", (pattern, code) => {
    expect(fault({ kind: "regex", pattern }).code).toBe(code);
  });
});

describe("EBNF", () => {
  const sums = `
    root ::= term ("+" term)*   # left to right
    term ::= number | "(" root ")"
    number ::= [0-9]+ ("." [0-9]{1,2})?
  `;

  it.each([
    ["1", true],
    ["1+2.50+(3+4)", true],
    ["((((7))))", true],
    ["(1", false],
    ["1+", false],
    ["1.234", false],
    ["", false],
  ])("recursion: %s is %s", (text, right) => {
    expect(accepts({ kind: "ebnf", grammar: sums }, text)).toBe(right);
  });

  it("knows escapes, inverted sets and other roots", () => {
    const grammar = 'line ::= [^\\n"]+ "\\n" | "\\u00e9\\x41" . \nroot ::= line{2}';
    expect(accepts({ kind: "ebnf", grammar }, "a\néA中")).toBe(true);
    expect(accepts({ kind: "ebnf", grammar, root: "line" }, "no quote\n")).toBe(true);
    expect(accepts({ kind: "ebnf", grammar, root: "line" }, 'a"\n')).toBe(false);
  });

  it("repeats to the right without end", () => {
    const grammar = 'root ::= "x" root | "y"';
    expect(accepts({ kind: "ebnf", grammar }, `${"x".repeat(50_000)}y`)).toBe(true);
  });

  it("nests deeply", () => {
    const grammar = 'root ::= "[" root "]" | ""';
    expect(accepts({ kind: "ebnf", grammar }, "[".repeat(500) + "]".repeat(500))).toBe(true);
    expect(accepts({ kind: "ebnf", grammar }, "[".repeat(500) + "]".repeat(499))).toBe(false);
  });

  it.each([
    ['root ::= root "a" | "b"', "unsupported", "root → root"],
    ['root ::= a "x"\na ::= ""? root', "unsupported", "begins with itself"],
    ['root ::= "a" root', "unsatisfiable", "no text"],
    ['root ::= other "a"', "syntax", "no rule `other`"],
    ['start ::= "a"', "syntax", "no rule `root`"],
    ['root ::= "a\n', "syntax", "line 1"],
    ['root ::= "a"\nroot ::= "b"', "syntax", "twice"],
    ['root "a"', "syntax", "::="],
    ["root ::= (a", "syntax", "bracket"],
  ])("%# refuses %s", (grammar, code, message) => {
    const error = fault({ kind: "ebnf", grammar });
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
  });
});

describe("text without a stop", () => {
  const grammarOfText = (stops: string[]): Constraint => ({
    kind: "grammar",
    key: stops.join(),
    grammar: { root: "root", rules: new Map([["root", { kind: "without", stops }]]) },
  });

  it.each([
    ["", true],
    ["plain", true],
    ["<tool", true],
    ["<tool>", false],
    ["a <<tool> b", false],
    ["<tool <tool", true],
    ["abab", true],
    ["ababc", false],
  ])("%s: %s", (text, right) => {
    expect(accepts(grammarOfText(["<tool>", "babc"]), text)).toBe(right);
  });
});
