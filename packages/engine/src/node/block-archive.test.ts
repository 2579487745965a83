import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Device } from "@tugboat/kernels";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Engine, GenerateRequest, LoadOptions } from "../engine.ts";
import { ggufOf, openTestDevice, openTestEngine, someTokens } from "../testing/engines.ts";
import { folderArchive } from "./block-archive.ts";

let folder: string;
let problems: string[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tugboat-blocks-"));
  problems = [];
});
afterEach(() => rm(folder, { recursive: true }));

const archive = (bytes = 1 << 20) => folderArchive({ folder, bytes, onProblem: (message) => problems.push(message) });

async function filesBelow(path = folder): Promise<string[]> {
  const found = await readdir(path, { recursive: true, withFileTypes: true });
  return found.filter((file) => file.isFile()).map((file) => join(file.parentPath, file.name));
}

async function keptBy(fingerprint: string, bytes = 1 << 20, blockBytes = 64) {
  const opened = archive(bytes);
  const blocks = [];
  for await (const block of opened.open(fingerprint, blockBytes)) blocks.push(block);
  return { opened, blocks };
}

const block = (i: number, scope = "scope a", depth = i) => ({
  key: i.toString(16).padStart(64, "0"),
  scope,
  content: new Uint8Array(64).fill(i),
  depth,
});

describe("blocks in a folder", () => {
  it("come back as they were, for the same fingerprint alone, and nobody else may read them", async () => {
    const { opened } = await keptBy("one");
    for (let i = 0; i < 5; i++) expect(await opened.write(block(i, `scope ${i % 2}`))).toBe(true);
    for (const file of await filesBelow()) expect((await stat(file)).mode & 0o077).toBe(0);
    const { blocks } = await keptBy("one");
    expect(blocks.map(({ key }) => key).sort()).toEqual([0, 1, 2, 3, 4].map((i) => block(i).key));
    for (const { content, key, scope } of blocks) {
      const i = Number.parseInt(key, 16);
      expect([scope, [...content]]).toEqual([`scope ${i % 2}`, [...block(i).content]]);
    }
    expect((await keptBy("another")).blocks).toEqual([]);
    expect((await keptBy("one")).blocks).toEqual([]);
    expect(problems).toEqual([]);
  });

  it("that are cut, changed, renamed or of another size are passed over with a word", async () => {
    const { opened } = await keptBy("one");
    for (let i = 0; i < 5; i++) await opened.write(block(i));
    const place = (i: number) => filesBelow().then((files) => files.find((file) => file.endsWith(block(i).key))!);
    await writeFile(await place(0), (await readFile(await place(0))).subarray(0, 30));
    const changed = await readFile(await place(1));
    changed[changed.length - 50]! ^= 1;
    await writeFile(await place(1), changed);
    await writeFile(await place(2), await readFile(await place(3)));
    await writeFile(await place(4), "");
    const { blocks } = await keptBy("one");
    expect(blocks.map(({ key }) => key)).toEqual([block(3).key]);
    expect(problems).toHaveLength(4);
    expect(await filesBelow()).toHaveLength(1);
    problems = [];
    expect((await keptBy("one", 1 << 20, 32)).blocks).toEqual([]);
    expect(problems[0]).toContain("64 bytes and not 32");
  });

  it("take no more room than they may, and none drives out all of another scope", async () => {
    const { opened } = await keptBy("one", 1000);
    await opened.write(block(99, "scope b", 0));
    for (let i = 0; i < 20; i++) await opened.write(block(i));
    const sizes = await Promise.all((await filesBelow()).map(async (file) => (await stat(file)).size));
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(1000);
    const { blocks } = await keptBy("one", 1000);
    expect(blocks.map(({ key }) => key)).toContain(block(99).key);
    expect(blocks.length).toBeGreaterThan(3);
  });

  it("that can't be written are told of once, and nothing fails", async () => {
    const { opened } = await keptBy("one");
    await rm(folder, { recursive: true });
    await writeFile(folder, "a file where a folder was");
    expect(await opened.write(block(1))).toBe(false);
    expect(await opened.write(block(2))).toBe(false);
    expect(problems).toHaveLength(1);
  });
});

describe("an engine that begins where another ended", { timeout: 60_000 }, () => {
  const path = fileURLToPath(new URL("../../../../models/stories260K/stories260K.gguf", import.meta.url));
  let device: Device;
  let bytes: Uint8Array;
  beforeAll(async () => {
    device = await openTestDevice();
    bytes = await readFile(path);
  });
  afterAll(() => device.destroy());

  const open = async (options: LoadOptions = {}) =>
    openTestEngine(await ggufOf(bytes, "stories260K.gguf"), device, {
      contextLength: 256,
      archive: archive(),
      ...options,
    });

  async function generate(engine: Engine, request: GenerateRequest) {
    const tokens: number[] = [];
    let cached = 0;
    for await (const event of engine.generate({ temperature: 0, maxTokens: 20, ignoreEos: true, ...request })) {
      if (event.type === "token") tokens.push(event.token);
      if (event.type === "done") cached = event.usage.cachedTokens;
    }
    return { tokens, cached };
  }

  it("has its prefixes, in their scope, and not those of other settings or damaged files", async () => {
    const tokens = someTokens(100, 512, 3);
    const request: GenerateRequest = { prompt: { tokens }, cacheScope: "an organization" };
    const first = await open();
    const expected = await generate(first, request);
    expect(expected.cached).toBe(0);
    await first.close();
    // 100 tokens and 19 more that were computed: 7 full blocks.
    expect(await filesBelow()).toHaveLength(7);

    const second = await open();
    expect(await generate(second, { ...request, cacheScope: "another" })).toEqual({ ...expected, cached: 0 });
    expect(await generate(second, request)).toEqual({ ...expected, cached: 96 });
    await second.close();

    const files = await filesBelow();
    for (const file of files) await writeFile(file, (await readFile(file)).fill(7, 60, 90));
    const third = await open();
    expect(await generate(third, request)).toEqual({ ...expected, cached: 0 });
    expect(problems).toHaveLength(files.length);
    await third.close();

    const other = await open({ kvType: "q8_0" });
    expect((await generate(other, request)).cached).toBe(0);
    await other.close();
  });
});
