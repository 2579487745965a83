import type { NewExample } from "@tugboat/db";
import type { FileFormat, FileRecord } from "@tugboat/records";
import { textOf } from "@tugboat/records";
import { checkMapping, guessMapping, type Mapping, mapper } from "./mapping.ts";
import { openRecords } from "./open-file.ts";

const looked = 200;
const shown = 8;

/** What a file looks like, before it is imported. */
export interface Inspected {
  readonly format: FileFormat;
  readonly columns: readonly { readonly name: string; readonly samples: readonly string[] }[];
  readonly mapping: Mapping;
  /** What the mapping makes of the first rows. */
  readonly preview: readonly {
    readonly row: number;
    readonly example: NewExample | null;
    readonly problem: string | null;
  }[];
  /** Rows that were looked at; `more`: the file goes on after them. */
  readonly rows: number;
  readonly more: boolean;
}

/** Reads the beginning of a file. @throws DatasetError `bad-file`, `bad-mapping` */
export async function inspectFile(path: string, file: string, chosen: Mapping | undefined): Promise<Inspected> {
  const source = await openRecords(path);
  const records: FileRecord[] = [];
  let more = false;
  for await (const record of source.records()) {
    more = records.length === looked;
    if (more) break;
    records.push(record);
  }
  const mapping = chosen ?? guessMapping(source.columns, records);
  if (chosen !== undefined) checkMapping(chosen, source.columns);
  const map = mapper(mapping, file);
  return {
    format: source.format,
    columns: source.columns.map((name) => ({ name, samples: samplesOf(records, name) })),
    mapping,
    preview: records.slice(0, shown).map((record) => {
      const mapped = map(record);
      return mapped.ok
        ? { row: record.row, example: mapped.example, problem: null }
        : { row: record.row, example: null, problem: mapped.why };
    }),
    rows: records.length,
    more,
  };
}

/** A few different values of a column, shortened. */
function samplesOf(records: readonly FileRecord[], name: string): string[] {
  const samples = new Set<string>();
  for (const { fields } of records) {
    const text = textOf(fields[name] ?? null).trim();
    if (text !== "") samples.add(text.length > 80 ? `${text.slice(0, 80)}…` : text);
    if (samples.size === 3) break;
  }
  return [...samples];
}
