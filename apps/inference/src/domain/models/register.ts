import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { NewModel, OrganizationScope } from "@tugboat/db";
import { z } from "zod";
import { isAdapter, prepareAdapter } from "./adapter.ts";
import { bundledFile } from "./bundled.ts";
import { sha256File } from "./digest.ts";
import { CatalogError } from "./errors.ts";
import { downloadModel, type HubOptions } from "./hub.ts";
import { parseHubReference } from "./hub-reference.ts";
import { inspectModel } from "./inspect.ts";
import { checkName, defaultName } from "./name.ts";

type Scope = Pick<OrganizationScope, "models" | "settings">;

export interface AddOptions {
  /** What requests will call it; by default the file's or repository's name. */
  readonly name?: string | undefined;
  /** Where downloads go: `<home>/models`. */
  readonly downloads: string;
  readonly hub: HubOptions;
  /** Where the model of an adapter is looked up; absent: adapters are refused. */
  readonly models?: Pick<OrganizationScope["models"], "get">;
  /** The model that an adapter changes; by default the one that it names. */
  readonly base?: string | undefined;
}

/**
 * Finds out everything the catalog must know of a model file, a folder, an adapter's folder or a hub id. Files stay where
 * they are; the hub's are downloaded. Changes nothing in the database.
 * @throws CatalogError
 */
export async function prepareModel(source: string, options: AddOptions): Promise<NewModel> {
  const here = existsSync(source);
  const reference = here ? undefined : parseHubReference(source);
  if (!here && reference === undefined) {
    throw new CatalogError("bad-source", `There is no file or folder ${source}, and it is no hub id.`, {
      hint: "Give a GGUF file, a Hugging Face folder, or a hub id such as owner/name.",
    });
  }
  const name = options.name ?? defaultName(reference?.file ?? reference?.repository ?? source);
  checkName(name);
  if (here && isAdapter(source) && options.models) {
    return prepareAdapter(name, source, { base: options.base, models: options.models });
  }
  const path =
    reference === undefined
      ? source
      : await downloadModel(reference, join(options.downloads, ...reference.repository.split("/")), options.hub);
  return describe(name, path);
}

async function describe(name: string, path: string): Promise<NewModel> {
  const { files, hasChatTemplate: _, licence, ...description } = await inspectModel(path);
  const folder = folderOf(description.sourcePath, files);
  const hashed = [];
  for (const file of files) {
    const full = file.path === "" ? description.sourcePath : join(folder, file.path);
    hashed.push({ ...file, sha256: await sha256File(full) });
  }
  return { ...description, name, licence: (await cardLicence(folder)) ?? licence, files: hashed };
}

/** The folder that a model's files lie in. */
function folderOf(sourcePath: string, files: readonly { readonly path: string }[]): string {
  return files.some(({ path }) => path === "") ? dirname(sourcePath) : sourcePath;
}

/** `license:` in the head of the README beside a model. */
async function cardLicence(folder: string): Promise<string | undefined> {
  const card = await readFile(join(folder, "README.md"), "utf8").catch(() => "");
  const [, head = ""] = /^---\n([\s\S]*?)\n---/.exec(card) ?? [];
  return /^license(?:_name)?:\s*["']?([^"'\n]+?)["']?\s*$/m.exec(head)?.[1];
}

const bundledSetting = "bundled-models";
const bundledSchema = z.record(z.string(), z.string());

/**
 * Puts the models that come with the repository into the catalog: each once, so that one that was removed stays so, and
 * again when the repository has moved.
 * @returns the names added now
 */
export async function registerBundled(scope: Scope, folder: string): Promise<string[]> {
  const known = (await scope.settings.get(bundledSetting, bundledSchema)) ?? {};
  const added: string[] = [];
  const next: Record<string, string> = { ...known };
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
    if (!entry.isDirectory()) continue;
    const path = await bundledFile(join(folder, entry.name));
    if (path === undefined || known[entry.name] === path) continue;
    if (known[entry.name] !== undefined && (await scope.models.get(entry.name)) === null) {
      next[entry.name] = path;
      continue;
    }
    await scope.models.upsert({ ...(await describe(entry.name, path)), shared: true });
    next[entry.name] = path;
    added.push(entry.name);
  }
  if (JSON.stringify(next) !== JSON.stringify(known)) await scope.settings.set(bundledSetting, next);
  return added;
}
