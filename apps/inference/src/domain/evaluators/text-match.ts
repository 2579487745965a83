import { createContext, Script } from "node:vm";
import { type Evaluate, expectedText, passed, unsaid } from "./judged.ts";

/** The same text but for white space around it. */
export const exact: Evaluate = ({ text }, expected) => {
  const wanted = expectedText(expected);
  return wanted === undefined ? unsaid : passed(text.trim() === wanted.trim());
};

/** The same words: without case, accents' forms, punctuation at the ends and runs of white space. */
export const normalised: Evaluate = ({ text }, expected) => {
  const wanted = expectedText(expected);
  return wanted === undefined ? unsaid : passed(normalise(text) === normalise(wanted));
};

export function normalise(text: string): string {
  const plain = text.normalize("NFKC").toLowerCase().replace(/\s+/gu, " ").trim();
  return plain.replace(/^[\p{P}\p{S}\s]+|[\p{P}\p{S}\s]+$/gu, "");
}

/** Holds the given text, or the expected answer, somewhere. */
export function contains(wanted: string | undefined, ignoreCase: boolean): Evaluate {
  const fold = (text: string) => (ignoreCase ? text.normalize("NFKC").toLowerCase() : text);
  return ({ text }, expected) => {
    const sought = wanted ?? expectedText(expected);
    return sought === undefined ? unsaid : passed(fold(text).includes(fold(sought.trim())));
  };
}

/** Longer answers are cut before they are matched, so that a pattern that backtracks has an end. */
const mostMatched = 20_000;

/** In milliseconds: a pattern that backtracks for longer has judged nothing. */
const mostMatching = 100;

/** @throws SyntaxError for a pattern that is none */
export function regex(pattern: string, flags: string): Evaluate {
  const expression = new RegExp(pattern, flags.replace(/[gy]/g, ""));
  if (isQuick(pattern)) return ({ text }) => passed(expression.test(text.slice(0, mostMatched)));
  // Only a context of its own can be stopped in the middle of a match.
  const context = createContext({ expression, text: "" });
  const script = new Script("expression.test(text)");
  return ({ text }) => {
    context.text = text.slice(0, mostMatched);
    try {
      return passed(script.runInContext(context, { timeout: mostMatching }) === true);
    } catch {
      return { value: null, reason: `The pattern tried for longer than ${mostMatching} ms.` };
    }
  };
}

/** With one open repetition at most, none of a group, and nothing that looks back, matching takes the square of a text's length at worst. */
function isQuick(pattern: string): boolean {
  const plain = pattern.replace(/\\[^\dk]/g, "").replace(/\[[^\]]*\]/g, "");
  return !/\\[\dk]|\)[*+{]/.test(plain) && (plain.match(/[*+]|\{\d+,\}|\{\d{3,}|\{\d+,\d{3,}/g)?.length ?? 0) <= 1;
}

/** Beyond this many characters a side is cut: the work grows with their product. */
const mostCompared = 4000;

/** 1 − Levenshtein's distance (1966) over the longer one's length, by characters. */
export const editSimilarity: Evaluate = ({ text }, expected) => {
  const wanted = expectedText(expected);
  if (wanted === undefined) return unsaid;
  const [a, b] = [[...text.trim()].slice(0, mostCompared), [...wanted.trim()].slice(0, mostCompared)];
  const longer = Math.max(a.length, b.length);
  return { value: longer === 0 ? 1 : 1 - editDistance(a, b) / longer };
};

/** Insertions, deletions and replacements that make one of the other. */
export function editDistance(a: readonly string[], b: readonly string[]): number {
  let row = Uint32Array.from({ length: b.length + 1 }, (_, j) => j);
  a.forEach((one, i) => {
    const next = new Uint32Array(b.length + 1);
    next[0] = i + 1;
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (one === b[j - 1] ? 0 : 1);
      next[j] = Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1);
    }
    row = next;
  });
  return row[b.length] ?? 0;
}
