import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { repositoryRoot } from "../../env.ts";

/** Where the models lie that come with the repository, each in a folder of its name. */
export const bundledFolder = join(repositoryRoot, "models");

export async function bundledNames(): Promise<string[]> {
  const entries = await readdir(bundledFolder, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

/** The GGUF file of a bundled model's folder. */
export async function bundledFile(folder: string): Promise<string | undefined> {
  const names = await readdir(folder).catch(() => []);
  const name = names.filter((one) => one.endsWith(".gguf")).sort()[0];
  return name === undefined ? undefined : join(folder, name);
}
