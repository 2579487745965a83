import { mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { Server } from "@tus/server";
import { freeOnDisk, gib, reserveBytes } from "./disk.ts";
import { CatalogError } from "./errors.ts";
import { ModelUploadStore, tusRefusal } from "./upload-store.ts";

export interface UploadOptions {
  readonly home: string;
  /** The largest file that is taken, in bytes. */
  readonly limitBytes: number;
  /** Bytes free on the disk that holds a folder. */
  readonly freeBytes?: (folder: string) => Promise<number>;
}

/** A file on its way, or here and not added yet. */
export interface Upload {
  readonly id: string;
  readonly fileName: string;
  /** In bytes, of the whole file and of what came. */
  readonly size: number;
  readonly received: number;
  readonly startedAt: string;
}

const keptMs = 7 * 24 * 3_600_000;
const most = 20;
const idPattern = /^[0-9a-f]{32}$/;

/**
 * Files that people send to become models, by the tus protocol (https://tus.io/protocols/resumable-upload): an upload that
 * breaks goes on where it stopped, also after a restart. Each organization's lie in a folder of its own.
 */
export class Uploads {
  readonly #options: UploadOptions;
  readonly #servers = new Map<string, { readonly server: Server; readonly store: ModelUploadStore }>();

  constructor(options: UploadOptions) {
    this.#options = options;
  }

  /** Answers a request of the protocol in an organization's name. */
  async handle(organizationId: string, request: Request): Promise<Response> {
    const { server } = await this.#of(organizationId);
    return server.handleWeb(request);
  }

  async list(organizationId: string): Promise<Upload[]> {
    const { store } = await this.#of(organizationId);
    const names = await readdir(store.directory);
    const found = await Promise.all(
      names.filter((name) => idPattern.test(name)).map((id) => this.get(organizationId, id).catch(() => undefined)),
    );
    return found
      .filter((upload) => upload !== undefined)
      .sort((a, b) => a.startedAt.localeCompare(b.startedAt) || a.id.localeCompare(b.id));
  }

  /** @throws CatalogError `not-found` */
  async get(organizationId: string, id: string): Promise<Upload> {
    const { store } = await this.#of(organizationId);
    const found = idPattern.test(id) ? await store.getUpload(id).catch(() => undefined) : undefined;
    if (found === undefined) throw unknownUpload();
    return {
      id,
      fileName: plainFileName(found.metadata?.filename),
      size: found.size ?? 0,
      received: found.offset,
      startedAt: found.creation_date ?? new Date(0).toISOString(),
    };
  }

  /** @throws CatalogError `not-found` */
  async discard(organizationId: string, id: string): Promise<void> {
    const { store } = await this.#of(organizationId);
    await this.get(organizationId, id);
    await store.remove(id);
  }

  /**
   * Hands a finished upload over as a file of its own name, for as long as `use` needs to make a model of it. When that
   * fails because of the file itself, the file is removed; else it stays an upload, to be tried again.
   * @throws CatalogError `not-found`, `incomplete`, or what `use` throws
   */
  async take<T>(organizationId: string, id: string, use: (path: string) => Promise<T>): Promise<T> {
    const upload = await this.get(organizationId, id);
    if (upload.received !== upload.size) {
      throw new CatalogError("incomplete", `${upload.received} of ${upload.size} bytes of ${upload.fileName} came.`, {
        hint: "Send the rest first: the upload goes on where it stopped.",
      });
    }
    const { store } = await this.#of(organizationId);
    const from = join(store.directory, id);
    const path = join(this.#kept, id, upload.fileName);
    await mkdir(dirname(path), { recursive: true });
    await rename(from, path);
    try {
      const result = await use(path);
      await store.configstore.delete(id);
      return result;
    } catch (error) {
      const worthless = error instanceof CatalogError && ["bad-model", "bad-digest"].includes(error.code);
      if (worthless) await store.configstore.delete(id);
      else await rename(path, from);
      await rm(dirname(path), { recursive: true, force: true });
      throw error;
    }
  }

  get #kept(): string {
    return resolve(this.#options.home, "models", "uploads");
  }

  /** Removes what nobody went on with for a week. */
  async cleanUp(): Promise<void> {
    const folder = join(this.#options.home, "uploads");
    for (const organizationId of await readdir(folder).catch(() => [])) {
      const { store } = await this.#of(organizationId);
      for (const { id, startedAt } of await this.list(organizationId)) {
        const touched = (await stat(join(store.directory, id))).mtimeMs;
        if (Math.max(touched, Date.parse(startedAt)) < Date.now() - keptMs) await store.remove(id);
      }
    }
  }

  async #of(organizationId: string): Promise<{ readonly server: Server; readonly store: ModelUploadStore }> {
    const known = this.#servers.get(organizationId);
    if (known !== undefined) return known;
    const directory = join(this.#options.home, "uploads", organizationId);
    await mkdir(directory, { recursive: true });
    const store = new ModelUploadStore({ directory });
    const server = new Server({
      path: "/api/uploaded-files",
      datastore: store,
      relativeLocation: true,
      // No page of another origin has business here.
      allowedOrigins: [],
      onUploadCreate: async (_request, upload) => {
        await this.#admit(organizationId, store, upload.size);
        return { metadata: { ...upload.metadata, filename: plainFileName(upload.metadata?.filename) } };
      },
    });
    const made = { server, store };
    this.#servers.set(organizationId, made);
    return made;
  }

  /** @throws TusRefusal */
  async #admit(organizationId: string, store: ModelUploadStore, size: number | undefined): Promise<void> {
    const { freeBytes = freeOnDisk, limitBytes } = this.#options;
    if (size === undefined || size === 0) {
      const message = size === 0 ? "The file is empty." : "The size of the file must be known before it is sent.";
      throw tusRefusal(400, new CatalogError("bad-source", message, { hint: "Choose a .gguf file." }));
    }
    if (size > limitBytes) {
      const message = `The file has ${gib(size)}; at most ${gib(limitBytes)} are taken.`;
      const hint = "Copy it onto this machine and add it by its path, or raise TUGBOAT_UPLOAD_LIMIT (MiB).";
      throw tusRefusal(413, new CatalogError("too-large", message, { hint }));
    }
    const others = await this.list(organizationId);
    if (others.length >= most) {
      const hint = "Finish or discard some of them first.";
      throw tusRefusal(409, new CatalogError("too-large", `${others.length} uploads wait already.`, { hint }));
    }
    const promised = others.reduce((sum, one) => sum + one.size - one.received, 0);
    const free = (await freeBytes(store.directory)) - promised - reserveBytes;
    if (size > free) {
      const left = gib(Math.max(0, free));
      const message = `The file has ${gib(size)}, the disk of this machine has ${left} left for it.`;
      const hint = "Remove models that are not needed, or discard unfinished uploads.";
      throw tusRefusal(507, new CatalogError("no-space", message, { hint }));
    }
  }
}

/** A name without folders or signs that mean something to a shell, ending in `.gguf`. */
export function plainFileName(given: string | null | undefined): string {
  const plain = basename((given ?? "").replaceAll("\\", "/"))
    .replaceAll(/[^\w.-]+/g, "-")
    .replace(/^[.-]+/, "")
    .slice(-100);
  const stem = plain.replace(/\.gguf$/i, "");
  return `${stem === "" ? "model" : stem}.gguf`;
}

function unknownUpload(): CatalogError {
  return new CatalogError("not-found", "There is no such upload.", { hint: "Begin it again." });
}
