import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { ownFilesIn } from "./own-files.ts";

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "tug-own-"));
});
afterEach(() => rm(home, { recursive: true, force: true }));

const file = (path: string) => ({ path, bytes: 1, sha256: null });

async function put(...path: string[]): Promise<string> {
  const full = join(home, ...path);
  await mkdir(join(full, ".."), { recursive: true });
  await writeFile(full, "x");
  return full;
}

it("a model's downloaded files go, with the folders that this empties, and no other model's", async () => {
  const first = await put("models", "owner", "repo", "a-00001-of-00002.gguf");
  await put("models", "owner", "repo", "a-00002-of-00002.gguf");
  const other = await put("models", "owner", "repo", "b.gguf");
  const own = ownFilesIn(home);
  expect(own.areOwn({ sourcePath: first })).toBe(true);
  await own.remove({ sourcePath: first, files: [file(""), file("a-00002-of-00002.gguf")] });
  expect(await readdir(join(home, "models", "owner", "repo"))).toEqual(["b.gguf"]);
  await own.remove({ sourcePath: other, files: [file("")] });
  expect(await readdir(join(home, "models"))).toEqual([]);
});

it("a folder of several files goes as a whole; an upload leaves the place of uploads", async () => {
  await put("models", "owner", "repo", "config.json");
  await put("models", "owner", "repo", "model.safetensors");
  const uploaded = await put("models", "uploads", "0a", "m.gguf");
  const own = ownFilesIn(home);
  const files = [file("config.json"), file("model.safetensors")];
  await own.remove({ sourcePath: join(home, "models", "owner", "repo"), files });
  await own.remove({ sourcePath: uploaded, files: [file("")] });
  expect(await readdir(join(home, "models"))).toEqual(["uploads"]);
  expect(await readdir(join(home, "models", "uploads"))).toEqual([]);
});

it("what lies elsewhere is never touched, however it is written", async () => {
  const elsewhere = await put("mine", "m.gguf");
  const own = ownFilesIn(home);
  for (const sourcePath of [
    elsewhere,
    join(home, "models", "..", "mine", "m.gguf"),
    `${join(home, "models")}x/m.gguf`,
  ]) {
    expect(own.areOwn({ sourcePath })).toBe(false);
    await own.remove({ sourcePath, files: [file("")] });
  }
  const folder = join(home, "models", "owner");
  await mkdir(folder, { recursive: true });
  await own.remove({ sourcePath: folder, files: [file("../../mine/m.gguf")] });
  expect(await readdir(join(home, "mine"))).toEqual(["m.gguf"]);
});
