import { readdir, rm, rmdir } from "node:fs/promises";
import { dirname, join, resolve, sep } from "node:path";
import type { NewModel } from "@tugboat/db";

type Located = Pick<NewModel, "files" | "sourcePath">;

/** The files of models that the service itself brought here. */
export interface OwnFiles {
  areOwn(model: Pick<Located, "sourcePath">): boolean;
  remove(model: Located): Promise<void>;
}

export function ownFilesIn(home: string): OwnFiles {
  return { areOwn: (model) => areOwn(home, model), remove: (model) => deleteOwnFiles(home, model) };
}

/**
 * Whether a model's files were uploaded or downloaded: then they lie in `<home>/models`, and are ours to delete. Those that
 * were added by their path are somebody else's.
 */
function areOwn(home: string, { sourcePath }: Pick<Located, "sourcePath">): boolean {
  return resolve(sourcePath).startsWith(`${rootOf(home)}${sep}`);
}

/** Deletes the files of a model that is no model any more, and the folders that this leaves empty. */
async function deleteOwnFiles(home: string, model: Located): Promise<void> {
  if (!areOwn(home, model)) return;
  const root = rootOf(home);
  const source = resolve(model.sourcePath);
  const folder = model.files.some(({ path }) => path === "") ? dirname(source) : source;
  for (const { path } of model.files) {
    const file = path === "" ? source : resolve(folder, path);
    if (!file.startsWith(`${root}${sep}`)) continue;
    await rm(file, { force: true });
    await removeEmpty(root, dirname(file));
  }
}

async function removeEmpty(root: string, folder: string): Promise<void> {
  const uploads = join(root, "uploads");
  for (let at = folder; at.startsWith(`${root}${sep}`) && at !== uploads; at = dirname(at)) {
    if ((await readdir(at).catch(() => ["?"])).length > 0) return;
    await rmdir(at).catch(() => undefined);
  }
}

function rootOf(home: string): string {
  return resolve(join(home, "models"));
}
