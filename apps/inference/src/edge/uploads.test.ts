import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundledFile, bundledFolder } from "../domain/models/bundled.ts";
import { type ManagementFixture, type Person, startManagement, strangers, uploadLimit } from "../testing/management.ts";
import { restRoutes } from "./rest.ts";

let fixture: ManagementFixture;
let developer: Person;
let stranger: Person;
let model: Uint8Array<ArrayBuffer>;

beforeAll(async () => {
  fixture = await startManagement();
  developer = await fixture.enter("Dora", fixture.scope, "developer");
  stranger = (await strangers(fixture)).owner;
  const file = await bundledFile(join(bundledFolder, "stories260K"));
  model = new Uint8Array(await readFile(file ?? ""));
  expect(model.length).toBeLessThan(uploadLimit);
}, 60_000);
afterAll(() => fixture.close());

const call = (who: Person, procedure: string, input?: unknown) => {
  const route = restRoutes.find((one) => one.procedure === procedure);
  return fixture.call(who, procedure, input, route?.method);
};

const base64 = (text: string) => Buffer.from(text).toString("base64");

/** @returns the path of the new upload */
async function begin(who: Person, size: number, filename = "stories.gguf") {
  const response = await fixture.app.request("/api/uploaded-files", {
    method: "POST",
    headers: {
      ...who.headers,
      "tus-resumable": "1.0.0",
      "upload-length": String(size),
      "upload-metadata": `filename ${base64(filename)}`,
    },
  });
  return { response, path: response.headers.get("location") ?? "" };
}

function send(who: Person, path: string, offset: number, body: Uint8Array<ArrayBuffer> | ReadableStream) {
  return fixture.app.request(path, {
    method: "PATCH",
    headers: {
      ...who.headers,
      "tus-resumable": "1.0.0",
      "upload-offset": String(offset),
      "content-type": "application/offset+octet-stream",
    },
    body,
    ...{ duplex: "half" },
  });
}

async function offsetOf(who: Person, path: string) {
  const headers = { ...who.headers, "tus-resumable": "1.0.0" };
  const response = await fixture.app.request(path, { method: "HEAD", headers });
  return { status: response.status, offset: Number(response.headers.get("upload-offset")) };
}

const idOf = (path: string) => path.split("/").at(-1) ?? "";
const waiting = async (who: Person) => (await call(who, "uploads.list")).body.uploads;

describe("a model file that is uploaded", () => {
  it("goes on in the middle, is digested, and becomes a model", async () => {
    const { path, response } = await begin(developer, model.length, "../we ird/stories.gguf");
    expect([response.status, path]).toEqual([201, expect.stringMatching(/^\/api\/uploaded-files\/[0-9a-f]{32}$/)]);
    // The connection breaks in the middle of a body.
    const half = Math.floor(model.length / 2);
    const broken = new ReadableStream({
      start(controller) {
        controller.enqueue(model.subarray(0, half));
      },
      pull(controller) {
        controller.error(new Error("the network is gone"));
      },
    });
    await Promise.resolve(send(developer, path, 0, broken)).catch(() => {});
    const { offset } = await offsetOf(developer, path);
    expect(offset).toBeLessThanOrEqual(half);
    expect(await waiting(developer)).toMatchObject([
      { fileName: "stories.gguf", size: model.length, received: offset },
    ]);

    const early = await call(developer, "uploads.add", { id: idOf(path), name: "uploaded" });
    expect([early.status, early.body.error.code]).toEqual([412, "incomplete"]);

    expect((await send(developer, path, offset + 1, model.subarray(offset + 1))).status).toBe(409);
    expect((await send(developer, path, offset, model.subarray(offset))).status).toBe(204);
    const sha256 = createHash("sha256").update(model).digest("hex");
    const taken = await call(developer, "uploads.add", { id: idOf(path), name: "words", sha256 });
    expect([taken.status, taken.body.error.code]).toEqual([409, "exists"]);
    const { body, status } = await call(developer, "uploads.add", { id: idOf(path), name: "uploaded", sha256 });
    expect(status, JSON.stringify(body)).toBe(200);
    expect(body).toMatchObject({ name: "uploaded", architecture: "llama", files: [{ sha256, bytes: model.length }] });
    expect(body.memory.sentence).toMatch(/^It needs \d+ MiB/);
    expect(await waiting(developer)).toEqual([]);
    const [entry] = await fixture.scope.audit.list({ limit: 1 });
    expect(entry).toMatchObject({ action: "uploads.add", subject: "uploaded", actor: developer.userId });

    expect((await call(developer, "models.dependents", { name: "uploaded" })).body.ownFiles).toBe(model.length);
    expect((await call(developer, "models.remove", { name: "uploaded", deleteFile: true })).status).toBe(200);
    expect(await readdir(join(fixture.home, "models", "uploads"))).toEqual([]);
  });

  it("with another digest than promised is refused and removed", async () => {
    const { path } = await begin(developer, model.length);
    await send(developer, path, 0, model);
    const { body, status } = await call(developer, "uploads.add", { id: idOf(path), sha256: "0".repeat(64) });
    expect([status, body.error.code]).toEqual([400, "bad-digest"]);
    expect(body.error.message).toContain(createHash("sha256").update(model).digest("hex"));
    expect((await offsetOf(developer, path)).status).toBe(404);
    expect(await waiting(developer)).toEqual([]);
  });

  it("is refused at its first bytes when it is no model", async () => {
    const { path } = await begin(developer, 2 * 2 ** 20, "holiday.gguf");
    const response = await send(developer, path, 0, new TextEncoder().encode("\x89PNG picture of a harbour"));
    expect(response.status).toBe(422);
    expect((await response.json()).error.message).toMatch(/holiday\.gguf is no GGUF file/);
    expect((await offsetOf(developer, path)).status).toBe(404);
  });

  it("is refused at its description when that lies, long before its end", async () => {
    // Descriptions are read a MiB at a time.
    const lying = new Uint8Array(2 ** 20);
    lying.set(model.subarray(0, 4096));
    // The count of tensors: more than any file could hold.
    new DataView(lying.buffer).setBigUint64(8, 2n ** 40n, true);
    const { path } = await begin(developer, 2 * 2 ** 20, "lying.gguf");
    const response = await send(developer, path, 0, lying);
    expect(response.status).toBe(422);
    expect((await response.json()).error.message).toMatch(/claims 1099511627776 tensors/);
    expect(await waiting(developer)).toEqual([]);
  });

  it("is refused when its tensors are not all there", async () => {
    const cut = model.slice(0, model.length - 40_000);
    const { path } = await begin(developer, cut.length, "cut.gguf");
    const response = await send(developer, path, 0, cut);
    expect(response.status).toBe(422);
    expect((await response.json()).error.code).toBe("bad-model");
  });

  it.each([
    ["too large", uploadLimit + 1, 413, /at most 3 MiB are taken/],
    ["empty", 0, 400, /is empty/],
  ])("is refused before it is sent when it is %s", async (_, size, status, sentence) => {
    const { response } = await begin(developer, size);
    expect(response.status).toBe(status);
    expect((await response.json()).error.message).toMatch(sentence);
  });

  it("is refused when the disk has no room for it beside those on their way", async () => {
    fixture.disk.freeBytes = 512 * 2 ** 20 + 3 * 2 ** 20;
    try {
      const first = await begin(developer, 2 * 2 ** 20);
      expect(first.response.status).toBe(201);
      const second = await begin(developer, 2 * 2 ** 20);
      expect(second.response.status).toBe(507);
      expect((await second.response.json()).error).toMatchObject({ code: "no-space" });
      expect((await call(developer, "uploads.discard", { id: idOf(first.path) })).status).toBe(200);
    } finally {
      fixture.disk.freeBytes = 2 ** 40;
    }
  });

  it("is nobody else's: another organization finds nothing of it", async () => {
    const { path } = await begin(developer, model.length);
    expect((await offsetOf(stranger, path)).status).toBe(404);
    expect((await send(stranger, path, 0, model)).status).toBe(404);
    for (const procedure of ["uploads.add", "uploads.discard"]) {
      expect((await call(stranger, procedure, { id: idOf(path) })).status).toBe(404);
    }
    const gone = await fixture.app.request(path, {
      method: "DELETE",
      headers: { ...stranger.headers, "tus-resumable": "1.0.0" },
    });
    expect(gone.status).toBe(404);
    expect(await waiting(stranger)).toEqual([]);
    expect(await waiting(developer)).toHaveLength(1);
    await call(developer, "uploads.discard", { id: idOf(path) });
  });

  it("does not leave its folder, whatever its id says", async () => {
    for (const id of ["..%2F..%2Fsecret", "..", "%2e%2e", "a\0b"]) {
      const { status } = await offsetOf(developer, `/api/uploaded-files/${id}`);
      expect([400, 404]).toContain(status);
    }
  });
});
