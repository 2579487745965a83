import { normalise } from "./text-match.ts";

export interface ClassFigures {
  readonly label: string;
  readonly count: number;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

export interface Classification {
  readonly accuracy: number;
  /** The mean of the classes' F1, each counting the same. */
  readonly macroF1: number;
  readonly classes: readonly ClassFigures[];
}

/** Figures of sorting into classes (Sokolova and Lapalme 2009). What is none of the classes is wrong and no class. */
export function classify(pairs: readonly { readonly expected: string; readonly said: string }[]): Classification {
  const named = new Map(pairs.map(({ expected }) => [normalise(expected), expected.trim()]));
  const keys = pairs.map(({ expected, said }) => ({ expected: normalise(expected), said: normalise(said) }));
  const classes = [...named].map(([key, label]): ClassFigures => {
    const right = keys.filter((one) => one.expected === key && one.said === key).length;
    const said = keys.filter((one) => one.said === key).length;
    const count = keys.filter((one) => one.expected === key).length;
    const [precision, recall] = [said === 0 ? 0 : right / said, right / count];
    return { label, count, precision, recall, f1: right === 0 ? 0 : (2 * precision * recall) / (precision + recall) };
  });
  const right = keys.filter(({ expected, said }) => expected === said).length;
  return {
    accuracy: right / Math.max(1, pairs.length),
    macroF1: classes.reduce((sum, { f1 }) => sum + f1, 0) / Math.max(1, classes.length),
    classes: classes.sort((a, b) => b.count - a.count),
  };
}
