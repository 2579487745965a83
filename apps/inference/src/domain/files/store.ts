import { createReadStream } from "node:fs";
import { mkdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { writeWhole } from "./write-whole.ts";

/** OpenAI's bound of a batch's input is 200 MB; ours leaves the disk of a small machine alone. */
export const maxFileBytes = 100 * 1024 * 1024;

export class FileTooLargeError extends Error {
  override readonly name = "FileTooLargeError";

  constructor() {
    super(`The file is larger than ${maxFileBytes / 2 ** 20} MiB.`);
  }
}

/** What is in the files of `/v1/files`: one folder for each organization under the data directory. */
export class FileStore {
  readonly #root: string;

  constructor(home: string) {
    this.#root = join(home, "api-files");
  }

  /** Of a file that is there, or is being written. Ids are made here, so they name no other folder. */
  path(organizationId: string, id: string): string {
    if (!/^[\w-]+$/.test(id)) throw new Error("not the id of a file");
    return join(this.#root, organizationId, id);
  }

  async folder(organizationId: string): Promise<void> {
    await mkdir(join(this.#root, organizationId), { recursive: true, mode: 0o700 });
  }

  /**
   * Writes a file as it comes; it has its name when it is whole and on the disk.
   * @returns its size
   * @throws FileTooLargeError
   */
  async receive(organizationId: string, id: string, content: AsyncIterable<Uint8Array>): Promise<number> {
    await this.folder(organizationId);
    return writeWhole(this.path(organizationId, id), content, maxFileBytes, () => new FileTooLargeError());
  }

  read(organizationId: string, id: string) {
    return createReadStream(this.path(organizationId, id));
  }

  async size(organizationId: string, id: string): Promise<number> {
    return (await stat(this.path(organizationId, id))).size;
  }

  async remove(organizationId: string, id: string): Promise<void> {
    await rm(this.path(organizationId, id), { force: true });
  }
}
