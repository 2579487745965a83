import { foreignTexts } from "./language.ts";
import { isSimilar, plainKey as key, mostCompared, shingles } from "./near.ts";
import type { Example } from "./samples.ts";
import { fewestExamples } from "./samples.ts";
import { taskKind } from "./task-kind.ts";

/** What may be wrong with examples; each but the last few has a mend. */
export const findingKinds = [
  "empty",
  "same-answers",
  "formulas",
  "formatting",
  "duplicates",
  "near-duplicates",
  "conflicts",
  "language",
  "personal-data",
  "long-answer",
  "length",
  "rare-label",
  "imbalance",
  "one-label",
  "too-few",
] as const;
export type FindingKind = (typeof findingKinds)[number];

export interface Finding {
  readonly kind: FindingKind;
  /** `stop`: a run can't begin with it. */
  readonly weight: "stop" | "warn";
  readonly sentence: string;
  /** What the one click does; null where only more examples help. */
  readonly mend: string | null;
  /** Positions in the examples, from 0. */
  readonly rows: readonly number[];
}

export interface CheckOptions {
  /** In characters: about what the model's context holds of an example. */
  readonly longest: number;
}

/** Everything worth saying about the examples before a run, what is worst first. */
export function checkExamples(examples: readonly Example[], { longest }: CheckOptions): Finding[] {
  const findings: Finding[] = [];
  const add = (
    kind: FindingKind,
    weight: Finding["weight"],
    rows: readonly number[],
    say: string,
    mend: string | null,
  ) => {
    findings.push({ kind, weight, sentence: say, mend, rows });
  };
  const empty = indices(examples, ({ input, output }) => input.trim() === "" || output.trim() === "");
  if (empty.length > 0) {
    const message = `${examplesText(empty)} ${empty.length === 1 ? "lacks" : "lack"} a text or an answer${fromThereOn(empty)}.`;
    add("empty", "stop", empty, message, "Leave them out");
  }
  const same = indices(examples, ({ output, rejected }) => rejected !== undefined && key(rejected) === key(output));
  if (same.length > 0)
    add("same-answers", "stop", same, `${examplesText(same)} prefer an answer to itself.`, "Leave them out");
  const usable = examples.length - empty.length;
  if (usable < fewestExamples) {
    const message = `${usable === 1 ? "There is 1 usable example" : `There are ${usable} usable examples`}; ${fewestExamples} is the least that can be learnt and measured from. Add ${fewestExamples - usable} or more.`;
    add("too-few", "stop", [], message, null);
  }
  const formulas = indices(examples, hasFormula);
  if (formulas.length > 0) {
    const message = `${examplesText(formulas)} ${formulas.length === 1 ? "has" : "have"} a spreadsheet's formula where its result should be. In the spreadsheet, copy the column and paste it as values.`;
    add("formulas", "warn", formulas, message, "Leave them out");
  }
  const formatted = formattingOf(examples);
  if (formatted.length > 0) {
    const message = `${examplesText(formatted)} have spaces around, or write an answer differently ("Billing", "billing ").`;
    add("formatting", "warn", formatted, message, "Write them alike");
  }
  const { conflicts, exact, near } = repeated(examples);
  if (exact.length > 0) add("duplicates", "warn", exact, `${examplesText(exact)} repeat another.`, "Keep one of each");
  if (near.length > 0) {
    add("near-duplicates", "warn", near, `${examplesText(near)} say almost the same as another.`, "Keep one of each");
  }
  // Preferences of one text may well prefer different answers.
  if (conflicts.length > 0 && examples.some(({ rejected }) => rejected === undefined)) {
    const message = `${examplesText(conflicts)} have the same text and different answers.`;
    add("conflicts", "warn", conflicts, message, "Keep the answer that most gave; leave out the undecided");
  }
  const foreign = foreignTexts(examples.map(({ input }) => input));
  if (foreign !== undefined) {
    const { rows, usual } = foreign;
    const message = `${examplesText(rows)} seem to be in another language than ${usual}, in which most are.`;
    add("language", "warn", rows, message, "Leave them out");
  }
  const personal = indices(examples, ({ input, output }) => masked(input) !== input || masked(output) !== output);
  if (personal.length > 0) {
    const message = `${examplesText(personal)} hold an e-mail address, a phone or a card number.`;
    add("personal-data", "warn", personal, message, "Put [email], [phone], [card] in their place");
  }
  const endless = indices(examples, isTooLongAn(longest));
  if (endless.length > 0) {
    const message = `${examplesText(endless)} have an answer longer than the model can write (about ${lettersText(longest * answerShare)}).`;
    add("long-answer", "stop", endless, message, "Leave them out");
  }
  const isEndless = new Set(endless);
  const long = indices(examples, ({ input, output }) => input.length + output.length > longest).filter(
    (row) => !isEndless.has(row),
  );
  if (long.length > 0) {
    const message = `${examplesText(long)} may be longer than the model can read (about ${lettersText(longest)}).`;
    add("length", "warn", long, message, "Shorten their texts at the end");
  }
  if (usable > 0 && taskKind(examples) === "labels") findings.push(...balanceOf(examples));
  return findings.sort((a, b) => Number(b.weight === "stop") - Number(a.weight === "stop"));
}

/** `=SUM(A1:A9)`, `=B2`, `=IF(…`: as spreadsheets write out what they were told to show formulas of. */
const formula = /^\s*=\s*(?:[A-Z][A-Z0-9.]*\(|\$?[A-Z]{1,3}\$?\d+\b)/;

function hasFormula({ input, output }: Example): boolean {
  return formula.test(input) || formula.test(output);
}

/** Fewer in a row may be chance. */
const longRun = 3;

/** Says so where all of several rows follow one another: most likely their columns are called otherwise from there on. */
function fromThereOn(rows: readonly number[]): string {
  const [first = 0] = rows;
  const isRun = rows.length >= longRun && rows.every((row, i) => row === first + i);
  return isRun && first > 0
    ? `, all from row ${first + 1} on. If a column has another name there, give it the first one's and send the file again`
    : "";
}

/** Of what the context holds: the rest is for the instruction and the text. */
const answerShare = 0.75;

function isTooLongAn(longest: number): (example: Example) => boolean {
  return ({ output, rejected = "" }) => Math.max(output.length, rejected.length) > longest * answerShare;
}

function lettersText(count: number): string {
  return `${Math.floor(count).toLocaleString("en")} characters`;
}

function balanceOf(examples: readonly Example[]): Finding[] {
  const rows = new Map<string, number[]>();
  for (const [index, { output }] of examples.entries()) {
    const label = output.trim();
    if (label !== "") rows.set(label, [...(rows.get(label) ?? []), index]);
  }
  if (rows.size === 1) {
    const sentence = `Every answer is "${[...rows.keys()][0]}": there is nothing to tell apart. Add examples that have another.`;
    return [{ kind: "one-label", weight: "stop", sentence, mend: null, rows: [] }];
  }
  const findings: Finding[] = [];
  const rare = [...rows].filter(([, members]) => members.length < 3);
  if (rare.length > 0) {
    const names = rare.map(([label]) => `"${label}"`).join(", ");
    const sentence = `${names}: fewer than 3 examples, too few to learn and to measure.`;
    const members = rare.flatMap(([, one]) => one);
    findings.push({ kind: "rare-label", weight: "warn", sentence, mend: "Leave these answers out", rows: members });
  }
  const most = [...rows].reduce((best, one) => (one[1].length > best[1].length ? one : best));
  const least = [...rows].reduce((best, one) => (one[1].length < best[1].length ? one : best));
  if (most[1].length >= 5 * least[1].length) {
    const sentence = `"${most[0]}" has ${most[1].length} examples, "${least[0]}" ${least[1].length}. More of the rare ones help most.`;
    findings.push({ kind: "imbalance", weight: "warn", sentence, mend: null, rows: least[1] });
  }
  return findings;
}

/** One mend may bring another's work about, such as a label that becomes rare. */
const mostRounds = 10;

/** The examples without what a finding found. Mends are applied in the order of `findingKinds`. */
export function mendExamples(
  examples: readonly Example[],
  kinds: ReadonlySet<FindingKind>,
  { longest }: CheckOptions,
): Example[] {
  let out = [...examples];
  for (let round = 0; round < mostRounds; round++) {
    const next = mendOnce(out, kinds, longest);
    if (JSON.stringify(next) === JSON.stringify(out)) break;
    out = next;
  }
  return out;
}

function mendOnce(examples: readonly Example[], kinds: ReadonlySet<FindingKind>, longest: number): Example[] {
  let out = [...examples];
  if (kinds.has("empty")) out = out.filter(({ input, output }) => input.trim() !== "" && output.trim() !== "");
  if (kinds.has("same-answers"))
    out = out.filter(({ output, rejected }) => rejected === undefined || key(rejected) !== key(output));
  if (kinds.has("formulas")) out = out.filter((one) => !hasFormula(one));
  if (kinds.has("formatting")) out = alike(out);
  if (kinds.has("personal-data"))
    out = out.map(({ input, output, rejected }) => ({
      input: masked(input),
      output: masked(output),
      ...(rejected !== undefined && { rejected: masked(rejected) }),
    }));
  if (kinds.has("conflicts")) out = decided(out);
  if (kinds.has("duplicates")) out = without(out, repeated(out).exact);
  if (kinds.has("near-duplicates")) out = without(out, repeated(out).near);
  if (kinds.has("language")) out = without(out, foreignTexts(out.map(({ input }) => input))?.rows ?? []);
  if (kinds.has("long-answer")) out = without(out, indices(out, isTooLongAn(longest)));
  if (kinds.has("length")) {
    out = out.map((one) => ({ ...one, input: one.input.slice(0, Math.max(1, longest - one.output.length)) }));
  }
  if (kinds.has("rare-label") && taskKind(out) === "labels") {
    const counts = new Map<string, number>();
    for (const { output } of out) counts.set(output.trim(), (counts.get(output.trim()) ?? 0) + 1);
    out = out.filter(({ output }) => (counts.get(output.trim()) ?? 0) >= 3);
  }
  return out;
}

function indices(examples: readonly Example[], wrong: (example: Example) => boolean): number[] {
  return examples.flatMap((example, index) => (wrong(example) ? [index] : []));
}

function without(examples: readonly Example[], rows: readonly number[]): Example[] {
  const gone = new Set(rows);
  return examples.filter((_, index) => !gone.has(index));
}

function examplesText(rows: readonly number[]): string {
  return rows.length === 1 ? `1 example (row ${rows[0]! + 1})` : `${rows.length} examples`;
}

function formattingOf(examples: readonly Example[]): number[] {
  const mended = alike(examples);
  return examples.flatMap((one, i) => (one.input !== mended[i]!.input || one.output !== mended[i]!.output ? [i] : []));
}

/** Trimmed; and labels that differ in case and spaces alone are written as most write them. */
function alike(examples: readonly Example[]): Example[] {
  const trimmed = examples.map((one) => ({ ...one, input: one.input.trim(), output: one.output.trim() }));
  const spellings = new Map<string, Map<string, number>>();
  for (const { output } of trimmed) {
    const counts = spellings.get(key(output)) ?? new Map<string, number>();
    spellings.set(key(output), counts.set(output, (counts.get(output) ?? 0) + 1));
  }
  const keyed = trimmed.map(({ output }) => ({ output: key(output) }));
  if (taskKind(keyed) !== "labels") return trimmed;
  return trimmed.map(({ output, ...rest }) => {
    const [best = [output, 0] as const] = [...spellings.get(key(output))!].sort((a, b) => b[1] - a[1]);
    return { ...rest, output: best[0] };
  });
}

/** Exact and near repetitions, each but the first of its kind; and rows whose text is answered differently. */
function repeated(examples: readonly Example[]): { exact: number[]; near: number[]; conflicts: number[] } {
  const exact: number[] = [];
  const near: number[] = [];
  const seen = new Map<string, number[]>();
  const words: Set<string>[] = [];
  for (const [index, { input, output }] of examples.entries()) {
    const same = seen.get(key(input)) ?? [];
    words.push(shingles(input));
    if (same.some((other) => key(examples[other]!.output) === key(output))) exact.push(index);
    else if (same.length === 0 && examples.length <= mostCompared) {
      const close = words.slice(0, -1).some((other, at) => isSimilar(other, words[index]!) && !near.includes(at));
      if (close) near.push(index);
    }
    seen.set(key(input), [...same, index]);
  }
  const conflicts = [...seen.values()].filter(
    (rows) =>
      rows[0] !== undefined &&
      key(examples[rows[0]]!.input) !== "" &&
      new Set(rows.map((row) => key(examples[row]!.output))).size > 1,
  );
  return { exact, near, conflicts: conflicts.flat().sort((a, b) => a - b) };
}

/** Of texts that are answered differently, those with the answer that most gave; none where no answer has most. */
function decided(examples: readonly Example[]): Example[] {
  const votes = new Map<string, Map<string, number>>();
  for (const { input, output } of examples) {
    const counts = votes.get(key(input)) ?? new Map<string, number>();
    votes.set(key(input), counts.set(key(output), (counts.get(key(output)) ?? 0) + 1));
  }
  return examples.filter(({ input, output }) => {
    const counts = [...votes.get(key(input))!].sort((a, b) => b[1] - a[1]);
    if (counts.length < 2) return true;
    return counts[0]![1] > counts[1]![1] && counts[0]![0] === key(output);
  });
}

const email = /[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g;
const card = /\b(?:\d[ -]?){12,18}\d\b/g;
const phone = /(?<![\w.])(?:\+\d{1,3}[ ./-]?)?(?:\(\d{1,5}\)[ ./-]?)?\d{2,5}(?:[ ./-]\d{2,8}){1,4}(?![\w.])/g;

/** A text with addresses and numbers of people put out of sight. */
export function masked(text: string): string {
  return text
    .replaceAll(email, "[email]")
    .replaceAll(card, (digits) => (luhn(digits) ? "[card]" : digits))
    .replaceAll(phone, (digits) => (isPhone(digits) ? "[phone]" : digits));
}

function isPhone(text: string): boolean {
  const digits = text.replaceAll(/\D/g, "");
  if (/^\d{4}[-./]\d{2}[-./]\d{2}$|^\d{1,2}[-./]\d{1,2}[-./]\d{4}$/.test(text)) return false;
  return digits.length >= 9 && digits.length <= 15;
}

/** The check digit of card numbers (Luhn 1960). */
function luhn(text: string): boolean {
  const digits = [...text.replaceAll(/\D/g, "")].reverse().map(Number);
  if (digits.length < 13) return false;
  const sum = digits.reduce(
    (total, digit, i) => total + (i % 2 === 0 ? digit : digit > 4 ? digit * 2 - 9 : digit * 2),
    0,
  );
  return sum % 10 === 0;
}
