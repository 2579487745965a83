import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { chooseFiles, downloadModel } from "./hub.ts";
import { parseHubReference } from "./hub-reference.ts";

const big = Buffer.alloc(20_000_000, "tugboat ");
const small = Buffer.from("{}");
const sha256 = createHash("sha256").update(big).digest("hex");
const blobId = createHash("sha1").update(`blob ${small.length}\0`).update(small).digest("hex");

let server: Server;
let endpoint: string;
let folder: string;
/** Ranges of the big file that were asked for. */
let ranges: string[];
let breakAfter = Number.POSITIVE_INFINITY;
let oid = sha256;

const files: Record<string, Buffer> = { "a-q8_0.gguf": big, "config.json": small };

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tug-hub-"));
  ranges = [];
  breakAfter = Number.POSITIVE_INFINITY;
  oid = sha256;
  // Speaks the part of the hub's API that its client uses.
  server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? "/", "http://x").pathname);
    if (path === "/api/models/o/m/tree/main") {
      response.setHeader("content-type", "application/json");
      const lfs = { oid, size: big.length, pointerSize: 130 };
      const list = [
        { type: "file", path: "a-q8_0.gguf", size: big.length, oid: "f".repeat(40), lfs },
        { type: "file", path: "config.json", size: small.length, oid: blobId },
      ];
      return response.end(JSON.stringify(list));
    }
    const content = files[path.replace("/o/m/resolve/main/", "")];
    if (content === undefined) {
      response.statusCode = 404;
      return response.end("no such repository");
    }
    const [, from = "0", to] = /bytes=(\d+)-(\d*)/.exec(request.headers.range ?? "") ?? [];
    const start = Number(from);
    const end = to === undefined || to === "" ? content.length - 1 : Math.min(Number(to), content.length - 1);
    if (content === big && end > 0) {
      ranges.push(`${start}-${end}`);
      if (ranges.length > breakAfter) return void request.socket.destroy();
    }
    response.writeHead(206, {
      etag: '"x"',
      "content-length": end - start + 1,
      "content-range": `bytes ${start}-${end}/${content.length}`,
    });
    response.end(content.subarray(start, end + 1));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  endpoint = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
});

afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true, force: true });
});

const reference = { repository: "o/m", revision: "main", file: undefined };

it("downloads, checks and places a file, and tells how far it is", async () => {
  const progress: number[] = [];
  const path = await downloadModel(reference, folder, {
    endpoint,
    onProgress: ({ done, total }) => progress.push(done / total),
  });
  expect(path).toBe(join(folder, "a-q8_0.gguf"));
  expect((await readFile(path)).equals(big)).toBe(true);
  expect(progress.at(-1)).toBe(1);
  expect([...progress].sort((a, b) => a - b)).toEqual(progress);
  await expect(stat(`${path}.partial`)).rejects.toThrow();

  // A second time nothing is fetched.
  ranges = [];
  await downloadModel(reference, folder, { endpoint });
  expect(ranges).toEqual([]);
});

it("goes on where a broken download stopped", async () => {
  breakAfter = 1;
  await expect(downloadModel(reference, folder, { endpoint })).rejects.toMatchObject({ code: "hub-unreachable" });
  expect((await stat(join(folder, "a-q8_0.gguf.partial"))).size).toBe(16 << 20);
  breakAfter = Number.POSITIVE_INFINITY;
  ranges = [];
  const path = await downloadModel(reference, folder, { endpoint });
  expect(ranges).toEqual([`${16 << 20}-${big.length - 1}`]);
  expect((await readFile(path)).equals(big)).toBe(true);
}, 30_000);

it("begins only what the disk has room for, and stops before the disk is full", async () => {
  const room = (bytes: number) => 512 * 2 ** 20 + bytes;
  const refused = downloadModel(reference, folder, { endpoint, freeBytes: async () => room(big.length - 1) });
  await expect(refused).rejects.toMatchObject({ code: "no-space", message: /^The download has 20 MiB/ });
  expect(ranges).toEqual([]);
  // Something else fills the disk after the first part has come.
  const left = [room(big.length), room(big.length), room(1)];
  const stopped = downloadModel(reference, folder, { endpoint, freeBytes: async () => left.shift() ?? 0 });
  await expect(stopped).rejects.toMatchObject({ code: "no-space", message: /^a-q8_0\.gguf still needs/ });
  expect((await stat(join(folder, "a-q8_0.gguf.partial"))).size).toBe(16 << 20);
  // What is here already needs no room.
  const path = await downloadModel(reference, folder, {
    endpoint,
    freeBytes: async () => room(big.length - (16 << 20)),
  });
  expect((await readFile(path)).equals(big)).toBe(true);
});

it("throws away what is not what the hub says it is", async () => {
  oid = "0".repeat(64);
  await expect(downloadModel(reference, folder, { endpoint })).rejects.toMatchObject({ code: "bad-digest" });
  await expect(stat(join(folder, "a-q8_0.gguf"))).rejects.toThrow();
  await expect(stat(join(folder, "a-q8_0.gguf.partial"))).rejects.toThrow();
});

it("replaces a partial file that is too long or wrong", async () => {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "a-q8_0.gguf.partial"), Buffer.alloc(big.length + 5));
  const path = await downloadModel(reference, folder, { endpoint });
  expect((await readFile(path)).equals(big)).toBe(true);
});

it("says that a model is not there, or the hub out of reach", async () => {
  const nothing = { ...reference, repository: "o/nothing" };
  await expect(downloadModel(nothing, folder, { endpoint })).rejects.toMatchObject({ code: "hub-no-model" });
  const start = performance.now();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await expect(downloadModel(reference, folder, { endpoint })).rejects.toMatchObject({
    code: "hub-unreachable",
    hint: expect.stringContaining("Offline"),
  });
  expect(performance.now() - start).toBeLessThan(5000);
});

it.each([
  ["o/m", { repository: "o/m", revision: "main", file: undefined }],
  ["hf:o/m@v2", { repository: "o/m", revision: "v2", file: undefined }],
  ["https://huggingface.co/o/m", { repository: "o/m", revision: "main", file: undefined }],
  ["o/m/sub/x-q4_0.gguf", { repository: "o/m", revision: "main", file: "sub/x-q4_0.gguf" }],
  ["o", undefined],
  ["../m", undefined],
  ["o/m/../../etc/x.gguf", undefined],
  ["/o/m", undefined],
])("reads %s as a reference", (text, expected) => {
  expect(parseHubReference(text)).toEqual(expected);
});

const listing = (...paths: string[]) => paths.map((path) => ({ type: "file" as const, path, size: 1, oid: "x" }));

it("chooses one quantisation, all its parts, and no projector", () => {
  const choose = (...paths: string[]) => chooseFiles(listing(...paths), reference).files.map(({ path }) => path);
  expect(choose("m-q4_k_m.gguf", "m-q8_0.gguf", "mmproj-f16.gguf")).toEqual(["m-q8_0.gguf"]);
  expect(choose("m-Q4_K_M.gguf", "m-IQ2_XS.gguf")).toEqual(["m-Q4_K_M.gguf"]);
  expect(choose("m-q8_0-00002-of-00002.gguf", "m-q8_0-00001-of-00002.gguf")).toHaveLength(2);
  expect(choose("config.json", "tokenizer.json", "model.safetensors", "pytorch_model.bin", "README.md")).toEqual([
    "config.json",
    "tokenizer.json",
    "model.safetensors",
  ]);
  expect(() => choose("README.md", "pytorch_model.bin")).toThrow("neither");
  const wanted = { ...reference, file: "m-q4_0.gguf" };
  expect(chooseFiles(listing("m-q4_0.gguf", "m-q8_0.gguf"), wanted).open).toBe("m-q4_0.gguf");
  expect(() => chooseFiles(listing("m-q8_0.gguf"), wanted)).toThrow("no file m-q4_0.gguf");
});
