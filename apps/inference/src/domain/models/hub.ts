import { mkdir, open, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { downloadFile, HubApiError, type ListFileEntry, listFiles } from "@huggingface/hub";
import { gitBlobId, sha256File } from "./digest.ts";
import { checkRoom, freeOnDisk } from "./disk.ts";
import { CatalogError } from "./errors.ts";
import type { HubReference } from "./hub-reference.ts";

export interface HubOptions {
  /** `https://huggingface.co`, or a mirror. */
  readonly endpoint: string;
  readonly token?: string | undefined;
  /** Ends a download; what came stays. */
  readonly signal?: AbortSignal | undefined;
  /** Bytes free on the disk that holds a folder. */
  readonly freeBytes?: (folder: string) => Promise<number>;
  /** Bytes done and to do, over all files. */
  readonly onProgress?: (progress: { readonly file: string; readonly done: number; readonly total: number }) => void;
}

const chunkBytes = 16 << 20;
const attempts = 5;

/**
 * Downloads a model's files into a folder and checks each against the hub's digest. What an earlier try left is resumed.
 * @returns the path to open: the GGUF file, or the folder of safetensors
 * @throws CatalogError `hub-unreachable`, `hub-refused`, `hub-no-model`, `bad-digest`, `no-space` before the disk is full
 */
export async function downloadModel(reference: HubReference, folder: string, options: HubOptions): Promise<string> {
  const entries = await asked(reference, options, async () => {
    const { repository, revision } = reference;
    const found: ListFileEntry[] = [];
    for await (const entry of listFiles({ ...at(repository, revision, options), recursive: true })) found.push(entry);
    return found;
  });
  const chosen = chooseFiles(entries, reference);
  const total = chosen.files.reduce((sum, { size }) => sum + size, 0);
  await mkdir(folder, { recursive: true });
  const here = await Promise.all(chosen.files.map(({ path }) => bytesOf(join(folder, path))));
  const missing = total - here.reduce((sum, bytes) => sum + bytes, 0);
  checkRoom("The download has", missing, await (options.freeBytes ?? freeOnDisk)(folder));
  let before = 0;
  for (const entry of chosen.files) {
    const start = before;
    await downloadOne(reference, entry, join(folder, entry.path), options, (done) =>
      options.onProgress?.({ file: entry.path, done: start + done, total }),
    );
    before += entry.size;
  }
  return chosen.open === "" ? folder : join(folder, chosen.open);
}

/** Quantisations by how well they serve here: near-lossless and fast first. */
const preferred = [/q8_0/i, /q6_k/i, /q5_k/i, /q4_k/i, /q4_0/i, /f16/i, /bf16/i];
const folderFiles =
  /^(config|generation_config|tokenizer|tokenizer_config|special_tokens_map)\.json$|^chat_template\.(jinja|json)$/;
const weights = /^model(-\d{5}-of-\d{5})?\.safetensors$|^model\.safetensors\.index\.json$/;

/** Which files make the model: one GGUF (with its parts), else the safetensors folder. `open` is "" for the folder. */
export function chooseFiles(
  entries: readonly ListFileEntry[],
  { file, repository }: HubReference,
): { files: readonly ListFileEntry[]; open: string } {
  const files = entries.filter(({ type }) => type === "file");
  const ggufs = files.filter(({ path }) => path.endsWith(".gguf") && !/mmproj|imatrix/i.test(path));
  const wanted = file === undefined ? best(ggufs.map(({ path }) => path)) : file;
  if (wanted !== undefined) {
    const stem = wanted.replace(/-\d{5}-of-\d{5}\.gguf$/, "");
    const parts = ggufs.filter(({ path }) => path === wanted || (stem !== wanted && path.startsWith(`${stem}-`)));
    if (parts.length === 0) {
      throw new CatalogError("hub-no-model", `${repository} has no file ${wanted}.`, {
        hint: `It has: ${
          ggufs
            .map(({ path }) => path)
            .slice(0, 20)
            .join(", ") || "no GGUF file"
        }.`,
      });
    }
    const open = parts.map(({ path }) => path).sort()[0] ?? wanted;
    return { files: parts, open };
  }
  const folder = files.filter(({ path }) => folderFiles.test(path) || weights.test(path));
  if (!folder.some(({ path }) => weights.test(path)) || !folder.some(({ path }) => path === "config.json")) {
    throw new CatalogError(
      "hub-no-model",
      `${repository} holds neither a GGUF file nor safetensors with config.json.`,
      {
        hint: "Choose a repository with GGUF or safetensors weights of a language model.",
      },
    );
  }
  return { files: folder, open: "" };
}

function best(paths: readonly string[]): string | undefined {
  const first = paths.filter((path) => !/-(?!00001)\d{5}-of-\d{5}\.gguf$/.test(path)).sort();
  for (const pattern of preferred) {
    const match = first.find((path) => pattern.test(path));
    if (match !== undefined) return match;
  }
  return first[0];
}

async function downloadOne(
  reference: HubReference,
  entry: ListFileEntry,
  path: string,
  options: HubOptions,
  onBytes: (done: number) => void,
): Promise<void> {
  const finished = await stat(path).catch(() => undefined);
  if (finished?.size === entry.size && (await matches(path, entry))) return onBytes(entry.size);
  await mkdir(dirname(path), { recursive: true });
  const partial = `${path}.partial`;
  const left = (await stat(partial).catch(() => undefined))?.size ?? 0;
  const file = await open(partial, left > 0 && left <= entry.size ? "r+" : "w");
  try {
    let done = left <= entry.size ? left : 0;
    onBytes(done);
    const { repository, revision } = reference;
    // Plain HTTP with ranges: what was fetched stays, whatever breaks.
    const blob = await asked(reference, options, () =>
      downloadFile({ ...at(repository, revision, options), path: entry.path, xet: false }),
    );
    if (blob === null) throw new CatalogError("hub-no-model", `${repository} has no file ${entry.path}.`);
    while (done < entry.size) {
      const end = Math.min(done + chunkBytes, entry.size);
      // Others write to the disk too while this goes on.
      const free = await (options.freeBytes ?? freeOnDisk)(dirname(path));
      checkRoom(`${entry.path} still needs`, entry.size - done, free);
      const bytes = await asked(reference, options, () => blob.slice(done, end).arrayBuffer());
      if (bytes.byteLength !== end - done) {
        throw new CatalogError(
          "hub-refused",
          `The hub sent ${bytes.byteLength} bytes of ${entry.path} where ${end - done} were asked for.`,
          {
            hint: "Try again; a proxy between here and the hub may ignore range requests.",
          },
        );
      }
      await file.write(new Uint8Array(bytes), 0, bytes.byteLength, done);
      done = end;
      onBytes(done);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  if (!(await matches(partial, entry))) {
    await rm(partial);
    throw new CatalogError("bad-digest", `${entry.path} is not what the hub says it is: its digest differs.`, {
      hint: "It was removed. Try again; if it happens again, the file changed during the download or the network alters it.",
    });
  }
  await rename(partial, path);
}

/** What lies here of a file, whole or as an earlier try left it. */
async function bytesOf(path: string): Promise<number> {
  const found = (await stat(path).catch(() => undefined)) ?? (await stat(`${path}.partial`).catch(() => undefined));
  return found?.size ?? 0;
}

/** Large files are named by SHA-256, small ones as git names them. */
async function matches(path: string, entry: ListFileEntry): Promise<boolean> {
  if (entry.lfs !== undefined) return (await sha256File(path)) === entry.lfs.oid.replace(/^sha256:/, "");
  return entry.oid === undefined || (await gitBlobId(path, entry.size)) === entry.oid;
}

function at(repository: string, revision: string, { endpoint, signal, token }: HubOptions) {
  return {
    repo: { type: "model" as const, name: repository },
    revision,
    hubUrl: endpoint,
    ...(token !== undefined && { accessToken: token }),
    ...(signal && { fetch: (input: RequestInfo | URL, init?: RequestInit) => fetch(input, { ...init, signal }) }),
  };
}

/** Asks the hub, again after a pause when the network fails, and words what it answers. */
async function asked<T>(
  { repository }: HubReference,
  { endpoint, signal }: HubOptions,
  ask: () => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await ask();
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof HubApiError && error.statusCode < 500 && error.statusCode !== 429) {
        throw refused(repository, error);
      }
      if (attempt >= attempts || isUnresolvable(error)) {
        const host = new URL(endpoint).host;
        throw new CatalogError("hub-unreachable", `The model hub ${host} can't be reached (${reason(error)}).`, {
          hint: "Check the network and run the same command again: a download resumes. Offline, add a model file or folder by its path.",
          cause: error,
        });
      }
      await sleep(250 * 2 ** attempt);
    }
  }
}

function refused(repository: string, error: HubApiError): CatalogError {
  if (error.statusCode === 401 || error.statusCode === 403) {
    return new CatalogError("hub-refused", `The hub does not let us read ${repository} (${error.statusCode}).`, {
      hint: "It may not exist, be private or be gated: accept its terms on the hub and set HF_TOKEN.",
      cause: error,
    });
  }
  const message =
    error.statusCode === 404
      ? `The hub has no model ${repository}.`
      : `The hub refused: ${error.statusCode} ${error.message}`;
  return new CatalogError(error.statusCode === 404 ? "hub-no-model" : "hub-refused", message, {
    hint: "Check the id: it is owner/name, as in the model page's address.",
    cause: error,
  });
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (cause instanceof Error && "code" in cause && typeof cause.code === "string") return cause.code;
  return cause instanceof Error ? cause.message : error.message;
}

/** A name that doesn't resolve or a host that refuses won't do so a second later. */
function isUnresolvable(error: unknown): boolean {
  return /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ENETUNREACH|EHOSTUNREACH/.test(reason(error));
}
