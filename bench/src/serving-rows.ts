/** What the commands of the serving table print, and what each row of the table takes of it. */
export interface Result {
  readonly name: string;
  readonly ours: number | null;
  readonly ratio?: number | null | undefined;
}

export interface ServingRow {
  readonly what: string;
  /** Which of `sources` measures it. */
  readonly source: Source;
  readonly aim: string;
  readonly of: (results: readonly Result[]) => { readonly measured: string; readonly isMet: boolean };
}

export type Source = "serve" | "adapters" | "speculation" | "streams";

function found(results: readonly Result[], name: string): Result {
  const result = results.find((one) => one.name === name);
  if (result === undefined)
    throw new Error(`no figure is called “${name}”: ${results.map((one) => one.name).join(", ")}`);
  return result;
}

function ours(results: readonly Result[], name: string): number {
  const { ours } = found(results, name);
  if (ours === null) throw new Error(`“${name}” was not measured`);
  return ours;
}

const digits = (value: number, unit: string) => `${Number(value.toPrecision(3))} ${unit}`;

function least(name: string, from: number, unit: string): ServingRow["of"] {
  return (results) => ({ measured: digits(ours(results, name), unit), isMet: ours(results, name) >= from });
}

function most(name: string, to: number, unit: string): ServingRow["of"] {
  return (results) => ({ measured: digits(ours(results, name), unit), isMet: ours(results, name) <= to });
}

/** Of docs/performance.md: each aim of serving, in one row. Names are those that the commands print. */
export const servingRows: readonly ServingRow[] = [
  { what: "16 decodes at once ÷ one", source: "serve", aim: "≥ 3 ×", of: least("16 at once ÷ one", 3, "×") },
  {
    what: "16 at once ÷ llama.cpp's own batch of 16",
    source: "serve",
    aim: "≥ 1 ×",
    of: (results) => {
      const { ratio } = found(results, "decode, 16 at once");
      if (typeof ratio !== "number") throw new Error("llama.cpp was not measured");
      return { measured: digits(ratio, "×"), isMet: ratio >= 1 };
    },
  },
  {
    what: "first token behind a prefix of 1,000 tokens that is cached ÷ not cached",
    source: "serve",
    aim: "≤ 10 %",
    of: most("cached ÷ not", 10, "%"),
  },
  {
    what: "light tenant's p95 to the first token beside a flood of 200 ÷ (1.5 × alone + one step)",
    source: "serve",
    aim: "≤ 100 %",
    of: most("of 1.5 × alone + one step", 100, "%"),
  },
  { what: "decode held to a JSON schema ÷ free", source: "serve", aim: "≥ 0.9 ×", of: least("held ÷ free", 0.9, "×") },
  {
    what: "answers to a JSON schema that are valid",
    source: "serve",
    aim: "100 %",
    of: least("answers to a JSON schema that are valid, least of all runs", 100, "%"),
  },
  {
    what: "16 answers by 16 of 64 adapters of rank 8 ÷ the model alone",
    source: "adapters",
    aim: "≥ 0.85 ×",
    of: least("different adapters ÷ the model alone", 0.85, "×"),
  },
  {
    what: "edge and routing add to a request, median, its usage on the disk included",
    source: "streams",
    aim: "≤ 1 ms",
    of: most("edge and routing add to a request, median", 1, "ms"),
  },
  {
    what: "errors of 300 streams at once",
    source: "streams",
    aim: "0",
    of: most("300 streams at once: errors", 0, "streams"),
  },
  {
    what: "look-up ÷ plain, an answer that only copies (an upper bound: every guess is right)",
    source: "speculation",
    aim: "≥ 1.5 ×",
    of: least("greedy, an answer that only copies (all guesses right): guessing ÷ plain", 1.5, "×"),
  },
  {
    what: "look-up ÷ plain, after a text that repeats itself",
    source: "speculation",
    aim: "≥ 0.95 ×",
    of: least("greedy, after a text that repeats itself: guessing ÷ plain", 0.95, "×"),
  },
  {
    what: "look-up ÷ plain, sampled at temperature 1",
    source: "speculation",
    aim: "≥ 0.95 ×",
    of: least("sampled at temperature 1, after a short text: guessing ÷ plain", 0.95, "×"),
  },
];
