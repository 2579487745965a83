import { type Figure, fromNow } from "../../ui/format.ts";
import { lastSpeed, parametersFigure, sizeFigure, speedFigure, tokensFigure } from "./model-figures.tsx";
import type { Model } from "./types.ts";

export interface ComparedCell {
  readonly text?: string;
  readonly figure?: Figure;
  readonly note?: string;
  /** From 0 to 1 of the largest in the row; absent where no bar makes sense. */
  readonly share?: number;
  /** The best of the row, where one is better than another. */
  readonly best: boolean;
}

export interface ComparedRow {
  readonly name: string;
  readonly differs: boolean;
  readonly cells: readonly ComparedCell[];
}

interface Measure {
  readonly name: string;
  readonly of: (model: Model) => number | undefined;
  readonly figure: (value: number | undefined) => Figure | undefined;
  readonly note?: (model: Model, now: number) => string | undefined;
  /** Which end is better; absent where neither is. */
  readonly better?: "more" | "less";
}

const measures: readonly Measure[] = [
  { name: "Parameters", of: ({ parameters }) => parameters, figure: parametersFigure },
  { name: "File", of: ({ bytes }) => bytes, figure: sizeFigure, better: "less" },
  {
    name: "Memory needed",
    of: ({ memory }) => memory?.needed,
    figure: sizeFigure,
    better: "less",
    note: ({ memory }) => (memory ? memory.verdict.replace("-", " ") : "its file can't be read"),
  },
  { name: "Context", of: ({ contextLength }) => contextLength, figure: tokensFigure, better: "more" },
  {
    name: "Decode",
    of: (model) => lastSpeed(model)?.decodeTokensPerSecond,
    figure: speedFigure,
    better: "more",
    note: measuredAt,
  },
  {
    name: "Prefill",
    of: (model) => lastSpeed(model)?.prefillTokensPerSecond,
    figure: speedFigure,
    better: "more",
    note: measuredAt,
  },
];

const texts: readonly { readonly name: string; readonly of: (model: Model) => string }[] = [
  { name: "Architecture", of: ({ architecture }) => architecture },
  { name: "Quantisation", of: ({ quantisation }) => quantisation },
  { name: "Licence", of: ({ licence }) => licence ?? "not named" },
];

/** Two or more models, fact by fact. */
export function compareModels(models: readonly Model[], now: number): readonly ComparedRow[] {
  const numbers = measures.map(({ better, figure, name, note, of }): ComparedRow => {
    const values = models.map(of);
    const known = values.filter((value) => value !== undefined);
    const largest = Math.max(...known, 0);
    const differs = new Set(values).size > 1;
    const best = better === "less" ? Math.min(...known) : Math.max(...known);
    return {
      name,
      differs,
      cells: models.map((model, index) => {
        const value = values[index];
        return {
          figure: figure(value),
          note: note?.(model, now),
          ...(value !== undefined && largest > 0 && { share: value / largest }),
          best: better !== undefined && differs && value === best,
        };
      }),
    };
  });
  const words = texts.map(({ name, of }): ComparedRow => {
    const values = models.map(of);
    return { name, differs: new Set(values).size > 1, cells: values.map((text) => ({ text, best: false })) };
  });
  return [...numbers, ...words];
}

function measuredAt(model: Model, now: number): string {
  const speed = lastSpeed(model);
  return speed ? `measured ${fromNow(Date.parse(speed.measuredAt), now)}` : "not measured yet";
}
