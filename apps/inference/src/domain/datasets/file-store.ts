import { randomUUID } from "node:crypto";
import { mkdir, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { DatasetError } from "@tugboat/records";
import { writeWhole } from "../files/write-whole.ts";

/** What may be sent at once: three million rows of a thousand characters. */
const mostBytes = 4 * 1024 ** 3;
/** What nobody imported until then is thrown away. */
const keptMs = 48 * 3600_000;

/** Files on their way into a dataset: one folder for each organization under the data directory. */
export class DatasetFiles {
  readonly #root: string;

  constructor(home: string) {
    this.#root = join(home, "dataset-files");
  }

  /** Writes a file as it comes; it has its id when it is whole. @throws DatasetError `too-large` */
  async receive(organizationId: string, content: AsyncIterable<Uint8Array>): Promise<{ id: string; bytes: number }> {
    const folder = join(this.#root, organizationId);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await this.#sweep(folder);
    const id = randomUUID();
    const tooLarge = () => new DatasetError("too-large", "The file is larger than 4 GB.", "Send it in parts.");
    const bytes = await writeWhole(join(folder, id), content, mostBytes, tooLarge);
    return { id, bytes };
  }

  /** @throws DatasetError `not-found` */
  async path(organizationId: string, id: string): Promise<string> {
    const path = join(this.#root, organizationId, id);
    const found = /^[0-9a-f-]{36}$/.test(id) && (await stat(path).catch(() => undefined))?.isFile();
    if (found) return path;
    throw new DatasetError("not-found", "This file is not here any more.", "Send it again.");
  }

  async remove(organizationId: string, id: string): Promise<void> {
    if (/^[0-9a-f-]{36}$/.test(id)) await rm(join(this.#root, organizationId, id), { force: true });
  }

  async #sweep(folder: string): Promise<void> {
    for (const name of await readdir(folder)) {
      const path = join(folder, name);
      const found = await stat(path).catch(() => undefined);
      if (found !== undefined && Date.now() - found.mtimeMs > keptMs) await rm(path, { force: true });
    }
  }
}
