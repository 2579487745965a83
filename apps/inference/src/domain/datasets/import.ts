import type { DatasetVersionInfo, NewExample, OrganizationScope, SplitName } from "@tugboat/db";
import type { FileRecord } from "@tugboat/records";
import { DatasetError } from "@tugboat/records";
import { z } from "zod";
import { SplitGroups } from "./groups.ts";
import { checkMapping, type Mapping, mapper } from "./mapping.ts";
import { openRecords } from "./open-file.ts";
import { type ExampleChecker, exampleChecker, storedSchema } from "./schema.ts";
import { contentKey, sketchOf } from "./sketch.ts";
import { SketchList } from "./sketch-list.ts";

/** A dataset holds no more examples. */
export const mostRows = 3_000_000;

export const importModes = ["append", "replace"] as const;
export type ImportMode = (typeof importModes)[number];

export interface FileImport {
  readonly path: string;
  /** Its name, for the examples' origin. */
  readonly file: string;
  readonly dataset: string;
  readonly mapping: Mapping;
  /** `replace`: what is not in the file is no longer in the new version. */
  readonly mode: ImportMode;
  readonly note: string;
  readonly createdBy: string;
  /** Names this import, so that it happens once however often it is begun. */
  readonly importId: string;
}

export const importResult = z.object({
  version: z.int(),
  /** False where the dataset held the same already. */
  made: z.boolean(),
  rows: z.int(),
  /** Rows that were left out because nothing in them is shown to a model. */
  skipped: z.int(),
  /** Examples that resemble one of another split, as the file's own splits have it. */
  leaks: z.int(),
});
export type ImportResult = z.output<typeof importResult>;

export interface ImportProgress {
  readonly signal: AbortSignal;
  readonly progress: (report: { stage: string; done: number; total?: number }) => void;
}

/**
 * Brings a file into a dataset as one new version, or not at all. The file is read twice: once to check every row and to
 * find what is nearly the same, once to write.
 * @throws DatasetError with the row that is wrong; DatabaseError; the signal's reason
 */
export async function importFile(
  scope: OrganizationScope,
  wanted: FileImport,
  { progress, signal }: ImportProgress,
): Promise<ImportResult> {
  const dataset = await scope.datasets.get(wanted.dataset);
  const schema = storedSchema(dataset.schema);
  const source = await openRecords(wanted.path);
  checkMapping(wanted.mapping, source.columns);
  const reading = new Reading(wanted, schema === null ? undefined : exampleChecker(schema));

  const groups = new SplitGroups();
  const sketches = new SketchList();
  const known = new Map<number, SplitName | null>();
  progress({ stage: "looking at what is there", done: 0 });
  for await (const { sketch, split } of scope.datasets.sketches(dataset.id)) {
    groups.add(sketch, 0xffffffff, split);
    if (sketch[0] !== undefined) known.set(sketch[0], split);
    signal.throwIfAborted();
  }
  const before = groups.size;
  for await (const record of source.records()) {
    const example = reading.take(record);
    if (example === undefined) continue;
    const sketch = sketchOf(example.input);
    sketches.push(sketch);
    groups.add(sketch, contentKey(example.input), example.split ?? null);
    if (reading.rows % 1000 === 0) {
      signal.throwIfAborted();
      progress({ stage: "reading", done: reading.rows });
    }
  }
  if (reading.rows === 0) {
    const message = `None of the file's rows can be an example (${reading.skipped} have nothing to show a model).`;
    throw new DatasetError("bad-file", message, "Choose another column as input.");
  }

  const total = reading.rows;
  let leaks = 0;
  const again = new Reading(wanted, undefined);
  async function* examples(): AsyncGenerator<NewExample> {
    for await (const record of source.records()) {
      const example = again.take(record);
      if (example === undefined) continue;
      const index = again.rows - 1;
      const sketch = sketches.at(index);
      const near = groups.splitOf(before + index);
      const split = example.split ?? known.get(sketch[0] ?? 0) ?? near;
      if (example.split !== undefined && near !== example.split) leaks++;
      yield { ...example, split, sketch };
      if (again.rows % 2000 === 0) {
        signal.throwIfAborted();
        progress({ stage: "writing", done: again.rows, total });
      }
    }
    progress({ stage: "making the version", done: total, total });
  }
  const { createdBy, importId, mode } = wanted;
  const note = wanted.note || `${mode === "append" ? "Added from" : "Replaced by"} ${wanted.file}`;
  const { made, version } = await scope.datasets[mode](dataset.id, examples(), { createdBy, note, importId });
  return { version: version.number, made, rows: total, skipped: reading.skipped, leaks };
}

/** What an import made, if it is done already. */
export function importedAs(importId: string, versions: readonly DatasetVersionInfo[]): DatasetVersionInfo | undefined {
  return versions.find(({ facts }) => facts.importId === importId);
}

/** Makes examples of rows, one after another, and says which row is wrong. */
class Reading {
  rows = 0;
  skipped = 0;
  readonly #map: (record: FileRecord) => ReturnType<ReturnType<typeof mapper>>;
  readonly #checker: ExampleChecker | undefined;
  readonly #known: boolean;

  constructor({ file, mapping }: FileImport, checker: ExampleChecker | undefined) {
    this.#map = mapper(mapping, file);
    this.#checker = checker;
    this.#known = mapping.shape !== "columns";
  }

  take(record: FileRecord): NewExample | undefined {
    const mapped = this.#map(record);
    if (!mapped.ok) {
      // In a known shape something is wrong with the row; in columns it is merely empty.
      if (this.#known) {
        throw new DatasetError(
          "bad-row",
          `Row ${record.row}: ${mapped.why}.`,
          "Mend the row, or leave it out of the file.",
        );
      }
      this.skipped++;
      return undefined;
    }
    const problem = this.#checker?.problem(mapped.example);
    if (problem !== undefined) {
      const hint = "Mend the row, or let the dataset take it: its schema is on its page.";
      throw new DatasetError("bad-row", `Row ${record.row}: ${problem}.`, hint);
    }
    if (++this.rows > mostRows) {
      const message = `The file has more than ${mostRows.toLocaleString("en")} rows.`;
      throw new DatasetError("too-large", message, "Import it in parts, as datasets of their own.");
    }
    return mapped.example;
  }
}
