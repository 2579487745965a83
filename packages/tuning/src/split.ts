import { contentHash } from "./content-hash.ts";
import { nearGroups, plainKey } from "./near.ts";
import type { Example } from "./samples.ts";

/** What is asked of a model that learnt from the rest. Positions in the examples. */
export interface Part {
  readonly train: readonly number[];
  readonly test: readonly number[];
}

export interface Split {
  /** From these the ways of training learn, and on these the best is chosen. Positions in the examples. */
  readonly train: readonly number[];
  readonly validation: readonly number[];
  /** All that is asked for the report: the tests of the parts together. */
  readonly heldOut: readonly number[];
  /** One where examples are many; else each is trained for itself, which is cross-validation. */
  readonly parts: readonly Part[];
}

/** No more are held out: the interval is narrow enough, and each must be answered by every baseline. */
const mostHeldOut = 500;
const mostValidation = 200;
/** With fewer, a third held out would say little, and the rest teach less. */
export const crossValidatedBelow = 150;
/** One for choosing, the others for the report. */
export const folds = 5;

/**
 * Divides examples so that each label has its share everywhere, in an order made from their content: the same examples in
 * another order are divided the same way. Texts that say almost the same stay together, so that nothing that is asked was
 * learnt.
 *
 * Few examples are cross-validated (Stone 1974): one fold chooses the way of training, and each other fold is answered by a
 * model that learnt from all the rest. What chose is not measured on, so the choice does not flatter the score.
 * @param stratum of an example: its label, or "" where answers are free text
 */
export function splitExamples(examples: readonly Example[], stratum: (example: Example) => string, seed = 0): Split {
  const strata = strataOf(examples, stratum, seed);
  return examples.length < crossValidatedBelow
    ? crossValidated(strata, examples.length)
    : heldOutOnce(strata, examples);
}

interface Group {
  readonly hash: number;
  readonly members: readonly number[];
}

/** By label, in the order of their content's hash. */
function strataOf(examples: readonly Example[], stratum: (example: Example) => string, seed: number): Group[][] {
  const strata = new Map<string, Group[]>();
  for (const members of nearGroups(examples.map(({ input }) => input))) {
    const hashes = members.map((row) => contentHash(`${seed}\n${plainKey(examples[row]!.input)}`));
    const name = members.map((row) => stratum(examples[row]!)).sort()[0]!;
    strata.set(name, [...(strata.get(name) ?? []), { hash: Math.min(...hashes), members }]);
  }
  const named = [...strata].sort(([a], [b]) => (a < b ? -1 : 1));
  return named.map(([, groups]) => groups.sort((a, b) => a.hash - b.hash));
}

/** Each group goes to the fold that has least, of its label first. Positions as the groups have them. */
function dealt(strata: readonly (readonly Group[])[], into: number): number[][] {
  const sizes = Array.from({ length: into }, () => 0);
  const members = sizes.map((): number[] => []);
  for (const groups of strata) {
    const own = sizes.map(() => 0);
    for (const group of groups) {
      const fold = own.reduce((best, n, i) => ((n - own[best]! || sizes[i]! - sizes[best]!) < 0 ? i : best), 0);
      own[fold]! += group.members.length;
      sizes[fold]! += group.members.length;
      members[fold]!.push(...group.members);
    }
  }
  return members.map((rows) => rows.sort(ascending));
}

function partsOf(tests: readonly (readonly number[])[], count: number): Part[] {
  const all = Array.from({ length: count }, (_, i) => i);
  return tests
    .filter(({ length }) => length > 0)
    .map((test) => ({ train: all.filter((row) => !test.includes(row)), test }));
}

function crossValidated(strata: readonly (readonly Group[])[], count: number): Split {
  const [validation = [], ...tests] = dealt(strata, folds);
  const parts = partsOf(tests, count);
  const heldOut = parts.flatMap(({ test }) => test).sort(ascending);
  const train = Array.from({ length: count }, (_, i) => i).filter((row) => !validation.includes(row));
  return { train, validation, heldOut, parts };
}

/**
 * The held-out examples of a cross-validation in other parts: repeated, the score depends less on how they happened to be
 * divided (Kohavi 1995). What chose the way of training is asked in none of them.
 * @param round from 1
 */
export function dividedAgain(
  examples: readonly Example[],
  { heldOut }: Pick<Split, "heldOut">,
  stratum: (example: Example) => string,
  round: number,
): Part[] {
  const strata = strataOf(
    heldOut.map((row) => examples[row]!),
    stratum,
    round,
  );
  const tests = dealt(strata, folds - 1).map((rows) => rows.map((row) => heldOut[row]!).sort(ascending));
  return partsOf(tests, examples.length);
}

function heldOutOnce(strata: readonly (readonly Group[])[], examples: readonly Example[]): Split {
  const share = examples.length >= 1000 ? { heldOut: 0.2, validation: 0.1 } : { heldOut: 0.35, validation: 0.15 };
  const out = { train: [] as number[], validation: [] as number[], heldOut: [] as number[] };
  // Fractions that one label leaves over go to the next, so that the whole has the shares too.
  const owed = { heldOut: 0, validation: 0 };
  const heldOut = Math.min(share.heldOut, mostHeldOut / examples.length);
  const validation = Math.min(share.validation, mostValidation / examples.length);
  for (const rows of strata) {
    const size = rows.reduce((sum, { members }) => sum + members.length, 0);
    owed.heldOut += size * heldOut;
    owed.validation += size * validation;
    let left = rows.length;
    for (const { members } of rows) {
      // The last of a label is for learning, whatever is owed.
      const part =
        left <= 1 ? "train" : owed.heldOut >= 0.5 ? "heldOut" : owed.validation >= 0.5 ? "validation" : "train";
      if (part !== "train") owed[part] -= members.length;
      out[part].push(...members);
      left--;
    }
  }
  const train = out.train.sort(ascending);
  const test = out.heldOut.sort(ascending);
  return { train, validation: out.validation.sort(ascending), heldOut: test, parts: [{ train, test }] };
}

function ascending(a: number, b: number): number {
  return a - b;
}
