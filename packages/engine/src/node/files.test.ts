import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readRows } from "../formats/rows.ts";
import { randomFolderFiles, randomGguf, writeRandomSafetensors } from "../formats/testing/random-model.ts";
import { createFile, folderFiles, openFile, openModelFiles } from "./files.ts";

let home = "";
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "tugboat-files-"));
});
afterEach(() => rm(home, { recursive: true, force: true }));
const path = (...names: string[]) => join(home, ...names);

describe("openFile", () => {
  it("fills any range, into shared memory too", async () => {
    await writeFile(
      path("a"),
      Uint8Array.from({ length: 1000 }, (_, i) => i),
    );
    const source = await openFile(path("a"));
    expect([source.name, source.size]).toEqual(["a", 1000]);
    const shared = new Uint8Array(new SharedArrayBuffer(10));
    await source.read(250, shared.subarray(2, 6));
    expect([...shared]).toEqual([0, 0, 250, 251, 252, 253, 0, 0, 0, 0]);
    await source.close?.();
  });

  it("says what was wrong", async () => {
    await writeFile(path("a"), "abc");
    const source = await openFile(path("a"));
    await expect(source.read(2, new Uint8Array(2))).rejects.toThrow("a: 2 bytes were wanted at byte 2, the file has 3");
    await writeFile(path("a"), "");
    await expect(source.read(0, new Uint8Array(2))).rejects.toMatchObject({ code: "truncated" });
    await source.close?.();
    await expect(source.read(0, new Uint8Array(2))).rejects.toMatchObject({ code: "io" });
    await expect(openFile(path("b"))).rejects.toMatchObject({ code: "missing", message: `There is no ${path("b")}` });
    await expect(openFile(home)).rejects.toThrow(/is not a file/);
  });
});

describe("folderFiles", () => {
  it("stays in its folder, but follows links in it", async () => {
    await mkdir(path("inner"));
    await writeFile(path("outside.json"), "{}");
    await symlink(path("outside.json"), path("inner", "link.json"));
    const files = folderFiles(path("inner"));
    expect(files.name).toBe("inner");
    expect(await files.open("../outside.json")).toBeUndefined();
    expect(await files.open("none.json")).toBeUndefined();
    const link = await files.open("link.json");
    expect(link?.size).toBe(2);
    await link?.close?.();
  });
});

describe("openModelFiles", () => {
  it("opens a GGUF file, and a folder that holds one", async () => {
    await writeFile(path("m.gguf"), await randomGguf("llama", { type: "q8_0" }));
    await writeFile(path("README.md"), "card");
    for (const where of [path("m.gguf"), home]) {
      const model = await openModelFiles(where);
      expect([model.format, model.name, model.tensors.size]).toEqual(["gguf", "m.gguf", 30]);
      await model.close();
    }
    await writeFile(path("n.gguf"), await randomGguf("llama", { type: "q8_0" }));
    await expect(openModelFiles(home)).rejects.toThrow(/holds 2 models: m\.gguf, n\.gguf/);
  });

  it("opens a Hugging Face folder by its path or by a file in it", async () => {
    for (const [name, content] of randomFolderFiles("qwen3")) await writeFile(path(name), content);
    const file = await createFile(path("model.safetensors"));
    await writeRandomSafetensors("qwen3", file);
    await file.finish();
    for (const where of [home, path("model.safetensors"), path("config.json")]) {
      const model = await openModelFiles(where);
      expect(model.format).toBe("safetensors");
      const norm = model.tensors.get("model.norm.weight");
      if (norm === undefined) throw new Error("no tensor");
      await readRows(norm, 0, 1, new Uint8Array(512));
      await model.close();
      await expect(readRows(norm, 0, 1, new Uint8Array(512))).rejects.toMatchObject({ code: "io" });
    }
  });

  it("says when there is nothing", async () => {
    await expect(openModelFiles(home)).rejects.toThrow(/holds no model/);
    await expect(openModelFiles(path("x.gguf"))).rejects.toMatchObject({ code: "missing" });
    await writeFile(path("x.gguf"), "GGUF");
    await expect(openModelFiles(path("x.gguf"))).rejects.toMatchObject({ code: "truncated" });
  });
});

describe("createFile", () => {
  it("shows the file when it is finished, and nothing when it is discarded", async () => {
    const file = await createFile(path("out"));
    await file.write(new TextEncoder().encode("one "));
    expect(await readdir(home)).not.toContain("out");
    await file.write(new TextEncoder().encode("two"));
    await file.finish();
    expect(await readFile(path("out"), "utf8")).toBe("one two");
    const other = await createFile(path("other"));
    await other.write(new Uint8Array(10));
    await other.discard();
    expect(await readdir(home)).toEqual(["out"]);
    await expect(createFile(path("none", "out"))).rejects.toMatchObject({ code: "missing" });
  });
});
