import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { openGguf } from "../formats/gguf.ts";
import { randomGguf } from "../formats/testing/random-model.ts";
import type { ByteSource } from "../formats/types.ts";
import { blobSource, chosenFiles, httpFiles, httpSource } from "./sources.ts";

let server: Server | undefined;
afterEach(async () => {
  server?.closeAllConnections();
  await new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve()));
  server = undefined;
});

async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const started = createServer(answer);
  server = started;
  await new Promise<void>((resolve) => started.listen(0, "127.0.0.1", resolve));
  const address = started.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return `http://127.0.0.1:${address.port}`;
}

/** A file of any size whose byte i is i mod 251; only the ranges that are asked for exist. */
function rangeServer(size: number, etag: () => string): (request: IncomingMessage, response: ServerResponse) => void {
  return ({ headers }, response) => {
    const range = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? "");
    const start = Number(range?.[1] ?? 0);
    const end = Math.min(Number(range?.[2] ?? size - 1), size - 1);
    response.writeHead(206, {
      "content-range": `bytes ${start}-${end}/${size}`,
      "content-length": end - start + 1,
      etag: etag(),
    });
    if (end - start > 2 ** 20) response.write(Buffer.alloc(2 ** 16));
    else response.end(Buffer.from(Array.from({ length: end - start + 1 }, (_, i) => (start + i) % 251)));
  };
}

async function read(source: ByteSource | undefined, offset: number, length: number): Promise<number[]> {
  const into = new Uint8Array(length);
  await source?.read(offset, into);
  return [...into];
}

describe("httpSource", () => {
  it("fetches a small file whole, with progress", async () => {
    const model = await randomGguf("llama", { type: "q8_0" });
    const url = await serve((_, response) => {
      response.writeHead(200, { "content-length": model.length });
      response.end(model);
    });
    const seen: number[] = [];
    const source = await httpSource(`${url}/models/m.gguf?download=true`, {
      onProgress: ({ done, total }) => {
        expect(total).toBe(model.length);
        seen.push(done);
      },
    });
    if (source === undefined) throw new Error("no source");
    expect(source.name).toBe("m.gguf");
    expect(seen.at(-1)).toBe(model.length);
    expect((await openGguf(source)).tensors.size).toBe(30);
  });

  it("reads a large file in ranges, never whole", async () => {
    const size = 5 * 2 ** 30;
    const url = await serve(rangeServer(size, () => '"1"'));
    const source = await httpSource(`${url}/big.gguf`);
    expect(source?.size).toBe(size);
    const at = 3 * 2 ** 30;
    expect(await read(source, at, 3)).toEqual([at % 251, (at + 1) % 251, (at + 2) % 251]);
    await expect(read(source, size - 1, 2)).rejects.toMatchObject({ code: "truncated" });
  });

  it("notices that the file was replaced while it was read", async () => {
    let version = 1;
    const url = await serve(rangeServer(2 ** 30, () => `"${version}"`));
    const source = await httpSource(`${url}/big.gguf`);
    version = 2;
    await expect(read(source, 0, 4)).rejects.toThrow(/changed or stopped giving ranges/);
  });

  it("tells a missing file from a failing server, and a connection that broke", async () => {
    const url = await serve(({ url: path }, response) => {
      if (path === "/none") response.writeHead(404).end();
      else if (path === "/broken") {
        response.writeHead(200, { "content-length": 1000 });
        response.write("half");
        setTimeout(() => response.destroy(), 20);
      } else response.writeHead(503).end();
    });
    expect(await httpSource(`${url}/none`)).toBeUndefined();
    await expect(httpSource(`${url}/x`)).rejects.toThrow(/answered 503/);
    await expect(httpSource(`${url}/broken`)).rejects.toThrow(/connection broke/);
    await expect(httpSource("http://127.0.0.1:1/x")).rejects.toThrow(/cannot be reached/);
  });

  it("opens the files of a folder by plain name", async () => {
    const asked: (string | undefined)[] = [];
    const url = await serve(({ url: path }, response) => {
      asked.push(path);
      response.end("{}");
    });
    const files = httpFiles(`${url}/org/model`);
    expect((await files.open("config.json"))?.size).toBe(2);
    expect(await files.open("../secret.json")).toBeUndefined();
    expect(files.name).toBe("model");
    expect(asked).toEqual(["/org/model/config.json"]);
  });
});

describe("a chosen file", () => {
  it("is read in pieces", async () => {
    const source = blobSource(new Blob([Uint8Array.from([1, 2, 3, 4, 5])]), "m.gguf");
    expect(await read(source, 1, 3)).toEqual([2, 3, 4]);
    await expect(read(source, 4, 2)).rejects.toThrow("m.gguf: 2 bytes were wanted at byte 4, the file has 5");
    const files = chosenFiles([new File(["{}"], "config.json")], "model");
    expect((await files.open("config.json"))?.size).toBe(2);
    expect(await files.open("tokenizer.json")).toBeUndefined();
  });
});
