import { Readable } from "node:stream";
import { FileStore } from "@tus/file-store";
import { checkArriving, checkMagic } from "./arriving.ts";
import { CatalogError } from "./errors.ts";

/** What the upload protocol answers with when something is refused. */
export interface TusRefusal {
  readonly status_code: number;
  readonly body: string;
}

export function tusRefusal(status: number, { code, hint, message }: CatalogError): TusRefusal {
  return { status_code: status, body: JSON.stringify({ error: { code, message, ...(hint && { hint }) } }) };
}

/** Uploads as files, each looked at while it comes: what is no model is refused and removed before the rest of it. */
export class ModelUploadStore extends FileStore {
  /** Uploads whose description was read and is one of a model. */
  readonly #understood = new Set<string>();

  override async write(readable: Readable, id: string, offset: number): Promise<number> {
    const { metadata, size = 0 } = await this.getUpload(id);
    const name = metadata?.filename ?? "the file";
    let refused: unknown;
    const looked = async function* (): AsyncGenerator<Uint8Array> {
      let at = offset;
      for await (const chunk of readable) {
        if (at === 0) {
          try {
            checkMagic(name, chunk);
          } catch (error) {
            refused = error;
            throw error;
          }
        }
        at += chunk.length;
        yield chunk;
      }
    };
    try {
      const end = await super.write(Readable.from(looked(), { objectMode: false }), id, offset);
      if (!this.#understood.has(id)) {
        const understood = await checkArriving(`${this.directory}/${id}`, name, size, end);
        if (understood) this.#understood.add(id);
      }
      return end;
    } catch (error) {
      const reason = refused ?? error;
      if (!(reason instanceof CatalogError)) throw error;
      await this.remove(id);
      throw tusRefusal(422, reason);
    }
  }

  override async remove(id: string): Promise<void> {
    this.#understood.delete(id);
    await super.remove(id);
  }
}
