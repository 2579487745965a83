import type { CatalogModel } from "@tugboat/db";

/** What a tab can hold beside its KV cache: its memory ends at 4 GiB, and weights lie in it once more while they load. */
export const mostBrowserBytes = 1_500_000_000;

export type BrowserFile =
  | { readonly ok: true; readonly path: string; readonly bytes: number; readonly sha256: string }
  | { readonly ok: false; readonly why: string };

/** The one file with which a browser can run a model by itself, or why there is none. */
export function browserFile(model: Pick<CatalogModel, "sourcePath" | "files">): BrowserFile {
  const [file, ...others] = model.files;
  if (file === undefined || others.length > 0 || file.path !== "" || !model.sourcePath.endsWith(".gguf")) {
    return { ok: false, why: "It is not one GGUF file." };
  }
  if (file.bytes > mostBrowserBytes) {
    return {
      ok: false,
      why: `Its file is larger than ${mostBrowserBytes / 1e9} GB, which is more than a tab can hold.`,
    };
  }
  if (file.sha256 === null) return { ok: false, why: "Its file has no digest yet." };
  return { ok: true, path: model.sourcePath, bytes: file.bytes, sha256: file.sha256 };
}
