import { checkExamples, type Finding, type FindingKind, mendExamples } from "./checks.ts";
import { TuningError } from "./errors.ts";
import { type Example, guessMapping, type Mapping, mapperOf, type Samples } from "./samples.ts";
import { SomeOf } from "./some-of.ts";
import { labelsOf, type TaskKind, taskKind } from "./task-kind.ts";

/** A person's examples, and all that should be said of them. */
export interface Prepared {
  readonly samples: Samples;
  readonly mapping: Mapping;
  /** All that there are; `taken` of them are looked at and learnt from. */
  readonly rows: number;
  readonly taken: number;
  readonly kind: TaskKind;
  readonly labels: readonly { readonly label: string; readonly count: number }[];
  /** With what was mended. */
  readonly examples: readonly Example[];
  /** What is still wrong. */
  readonly findings: readonly Finding[];
}

export interface PrepareOptions {
  readonly mapping?: Mapping | undefined;
  readonly mends: readonly FindingKind[];
  /** Of the model's context, in tokens. */
  readonly contextLength: number;
}

/** Characters of English that a token holds at least, on average. */
const charactersPerToken = 3;
/** The instruction and the chat's own marks. */
const tokensAround = 40;

/** Reads all of the samples once. @throws TuningError `bad-samples`; DatasetError with the row that can't be read */
export async function prepareExamples(
  samples: Samples,
  { contextLength, mapping, mends }: PrepareOptions,
): Promise<Prepared> {
  const chosen = mapping ?? guessMapping(samples);
  const toExample = mapperOf(samples.columns, chosen);
  const some = new SomeOf();
  for await (const row of samples.rows()) some.add(toExample(row));
  const limits = { longest: Math.max(60, (Math.min(contextLength, 1024) - tokensAround) * charactersPerToken) };
  const taken = some.examples();
  const examples = mendExamples(taken, new Set(mends), limits);
  const kind = taskKind(examples);
  const labels = kind === "labels" ? labelsOf(examples) : [];
  return {
    samples,
    mapping: chosen,
    rows: some.count,
    taken: taken.length,
    kind,
    labels: labels.map((label) => ({ label, count: examples.filter(({ output }) => output === label).length })),
    examples,
    findings: checkExamples(examples, limits),
  };
}

/** What a person is shown of their examples. */
export interface Checked {
  readonly format: Samples["format"];
  readonly columns: string[];
  /** All there are, and how many of them a run takes. */
  readonly rows: number;
  readonly taken: number;
  readonly mapping: Mapping;
  readonly kind: TaskKind;
  readonly labels: { readonly label: string; readonly count: number }[];
  readonly examples: number;
  /** The first few. */
  readonly preview: { readonly input: string; readonly output: string }[];
  readonly findings: (Omit<Finding, "rows"> & { readonly rows: number[] })[];
}

const previewed = 8;
const shownCharacters = 500;
const shownRows = 100;

export function checkedOf(prepared: Prepared): Checked {
  const { examples, findings, kind, labels, mapping, rows, samples, taken } = prepared;
  return {
    format: samples.format,
    columns: [...samples.columns],
    rows,
    taken,
    mapping,
    kind,
    labels: [...labels],
    examples: examples.length,
    preview: examples
      .slice(0, previewed)
      .map(({ input, output }) => ({ input: input.slice(0, shownCharacters), output })),
    findings: findings.map((finding) => ({ ...finding, rows: finding.rows.slice(0, shownRows) })),
  };
}

/** @throws TuningError `too-few`, `bad-samples` for what a run can't begin with */
export function checkReady({ examples, findings }: Pick<Prepared, "examples" | "findings">): void {
  const stop = findings.find(({ weight }) => weight === "stop");
  if (stop === undefined) return;
  const hint =
    stop.mend === null
      ? "Then begin again."
      : `${stop.mend}: in the console with a click, by \`tug tune\` without --no-mend, or in the file.`;
  throw new TuningError(
    stop.kind === "too-few" || examples.length === 0 ? "too-few" : "bad-samples",
    stop.sentence,
    hint,
  );
}
