import { open } from "node:fs/promises";
import { type ByteSource, FormatError, openGguf, readArchitecture } from "@tugboat/engine";
import { CatalogError } from "./errors.ts";
import { catalogError } from "./inspect.ts";

/** More of the file must come before it can be judged. */
class NotYetHere extends Error {}

const magic = "GGUF";

/**
 * Whether the first bytes of a file can begin a GGUF file.
 * @throws CatalogError `bad-model`
 */
export function checkMagic(name: string, first: Uint8Array): void {
  const seen = new TextDecoder("latin1").decode(first.subarray(0, magic.length));
  if (magic.startsWith(seen)) return;
  throw new CatalogError("bad-model", `${name} is no GGUF file: it begins with other bytes.`, {
    hint: "Upload a model as one .gguf file; a folder of safetensors is added by its path or its hub id.",
  });
}

/**
 * Reads the description of a GGUF file of which only the beginning is here.
 * @param size what the whole file will have, in bytes
 * @param here bytes that have come
 * @returns false while more of it is needed
 * @throws CatalogError `bad-model` as soon as it is clear that the file is none that can be run
 */
export async function checkArriving(path: string, name: string, size: number, here: number): Promise<boolean> {
  const handle = await open(path);
  const source: ByteSource = {
    name,
    size,
    async read(offset, into) {
      if (offset + into.length > here) throw new NotYetHere();
      let done = 0;
      while (done < into.length) {
        const { bytesRead } = await handle.read(into, done, into.length - done, offset + done);
        if (bytesRead === 0) throw new FormatError("truncated", `${name} ends at byte ${offset + done}`);
        done += bytesRead;
      }
    },
  };
  try {
    await readArchitecture(await openGguf(source));
    return true;
  } catch (error) {
    if (error instanceof NotYetHere) return false;
    throw catalogError(error);
  } finally {
    await handle.close();
  }
}
