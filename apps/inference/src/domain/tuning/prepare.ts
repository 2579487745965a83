import { checkExamples, type Finding, type FindingKind, mendExamples } from "./checks.ts";
import { TuningError } from "./errors.ts";
import { type Example, examplesOf, guessMapping, type Mapping, readTable, type SampleTable } from "./samples.ts";
import { labelsOf, type TaskKind, taskKind } from "./task-kind.ts";
import { textOf } from "./text-bytes.ts";

/** Examples from a person's file, and all that should be said of them. */
export interface Prepared {
  readonly table: SampleTable;
  readonly mapping: Mapping;
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

/** @throws TuningError `bad-samples` */
export function prepareExamples(bytes: Uint8Array, { contextLength, mapping, mends }: PrepareOptions): Prepared {
  const table = readTable(textOf(bytes));
  const chosen = mapping ?? guessMapping(table);
  const limits = { longest: Math.max(60, (Math.min(contextLength, 1024) - tokensAround) * charactersPerToken) };
  const examples = mendExamples(examplesOf(table, chosen), new Set(mends), limits);
  const kind = taskKind(examples);
  const labels = kind === "labels" ? labelsOf(examples) : [];
  return {
    table,
    mapping: chosen,
    kind,
    labels: labels.map((label) => ({ label, count: examples.filter(({ output }) => output === label).length })),
    examples,
    findings: checkExamples(examples, limits),
  };
}

/** @throws TuningError `too-few`, `bad-samples` for what a run can't begin with */
export function checkReady({ examples, findings }: Pick<Prepared, "examples" | "findings">): void {
  const stop = findings.find(({ weight }) => weight === "stop");
  if (stop === undefined) return;
  const hint = stop.mend === null ? "Add examples." : `A click mends it: ${stop.mend.toLowerCase()}.`;
  throw new TuningError(
    stop.kind === "too-few" || examples.length === 0 ? "too-few" : "bad-samples",
    stop.sentence,
    hint,
  );
}
