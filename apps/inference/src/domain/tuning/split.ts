import { contentHash } from "./content-hash.ts";
import type { Example } from "./samples.ts";

export interface Split {
  /** Positions in the examples. */
  readonly train: readonly number[];
  readonly validation: readonly number[];
  readonly heldOut: readonly number[];
}

/** No more are held out: the interval is narrow enough, and each must be answered by every baseline. */
const mostHeldOut = 500;
const mostValidation = 200;

/**
 * Divides examples so that each label has its share everywhere, in an order made from their content: the same examples in
 * another order are divided the same way. Equal inputs stay together, so that nothing that is asked was learnt.
 * @param stratum of an example: its label, or "" where answers are free text
 */
export function splitExamples(examples: readonly Example[], stratum: (example: Example) => string, seed = 0): Split {
  const share = examples.length >= 1000 ? { heldOut: 0.2, validation: 0.1 } : { heldOut: 0.35, validation: 0.15 };
  const groups = new Map<string, number[]>();
  for (const [index, { input }] of examples.entries()) {
    const key = input.trim().toLowerCase();
    groups.set(key, [...(groups.get(key) ?? []), index]);
  }
  const strata = new Map<string, { hash: number; members: number[] }[]>();
  for (const [key, members] of groups) {
    const name = stratum(examples[members[0]!]!);
    strata.set(name, [...(strata.get(name) ?? []), { hash: contentHash(`${seed}\n${key}`), members }]);
  }
  const out = { train: [] as number[], validation: [] as number[], heldOut: [] as number[] };
  // Fractions that one label leaves over go to the next, so that the whole has the shares too.
  const owed = { heldOut: 0, validation: 0 };
  const heldOut = Math.min(share.heldOut, mostHeldOut / examples.length);
  const validation = Math.min(share.validation, mostValidation / examples.length);
  for (const [, rows] of [...strata].sort(([a], [b]) => (a < b ? -1 : 1))) {
    rows.sort((a, b) => a.hash - b.hash);
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
  const ascending = (a: number, b: number) => a - b;
  return {
    train: out.train.sort(ascending),
    validation: out.validation.sort(ascending),
    heldOut: out.heldOut.sort(ascending),
  };
}
