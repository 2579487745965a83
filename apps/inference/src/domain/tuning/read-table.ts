import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileSamples } from "./sample-source.ts";
import type { Samples } from "./samples.ts";

/** Samples that are all at hand. */
export interface SampleTable extends Pick<Samples, "columns" | "head"> {
  readonly rows: readonly (readonly string[])[];
}

/** A small file's rows, whatever the file is. @throws TuningError, DatasetError */
export async function readTable(bytes: Uint8Array): Promise<SampleTable> {
  const folder = await mkdtemp(join(tmpdir(), "tug-table-"));
  try {
    const path = join(folder, "samples");
    await writeFile(path, bytes);
    const samples = await fileSamples(path);
    const rows: (readonly string[])[] = [];
    for await (const row of samples.rows()) rows.push(row);
    return { columns: samples.columns, head: samples.head, rows };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
