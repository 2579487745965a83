import { type FileHandle, open } from "node:fs/promises";
import { Readable } from "node:stream";
import { browserFile } from "../domain/models/browser-file.ts";
import type { Permission } from "../domain/permissions.ts";
import { checkPermission } from "./access.ts";
import { parseRange } from "./byte-range.ts";
import type { Caller, Management } from "./trpc/context.ts";

/** A browser that runs a model both reads the catalog and calls a model. */
const needed: readonly Permission[] = ["models:read", "inference:run"];

/**
 * The file of a model, for a browser that runs it by itself: whole or one range, with its SHA-256 as `etag` and
 * `repr-digest` (RFC 9530). The organization's own models alone; a key sees those it is confined to.
 * @throws ApiError 403
 */
export async function modelFileRoute(
  { database }: Pick<Management, "database">,
  caller: Caller | undefined,
  name: string,
  request: Request,
): Promise<Response> {
  if (caller === undefined) return refusal(401, "signed-out", "You are not signed in.");
  for (const permission of needed) checkPermission(caller, permission);
  const organizationId = caller.kind === "key" ? caller.organizationId : caller.organization?.id;
  const confined = caller.kind === "key" && caller.models?.has(name) === false;
  const model =
    organizationId === undefined || confined ? null : await database.organization(organizationId).models.get(name);
  if (model === null) return refusal(404, "not-found", `There is no model ${name}.`);
  const found = browserFile(model);
  if (!found.ok) return refusal(422, "not-for-browsers", `${name} can't be run in a browser. ${found.why}`);
  const file = await open(found.path, "r").catch(() => undefined);
  if (file === undefined)
    return refusal(404, "file-missing", `The file of ${name} is gone from the service's machine.`);
  if ((await file.stat()).size !== found.bytes) {
    await file.close();
    return refusal(409, "file-changed", `The file of ${name} has changed since it was added. Add the model again.`);
  }
  return send(file, found.bytes, found.sha256, request);
}

async function send(file: FileHandle, size: number, sha256: string, request: Request): Promise<Response> {
  const etag = `"${sha256}"`;
  const headers: Record<string, string> = {
    "content-type": "application/octet-stream",
    "accept-ranges": "bytes",
    // Its content never changes under this name and digest, but who may read it does.
    "cache-control": "private, no-cache, no-transform",
    etag,
    "repr-digest": `sha-256=:${Buffer.from(sha256, "hex").toString("base64")}:`,
  };
  const condition = request.headers.get("if-range");
  const wanted = condition === null || condition === etag ? request.headers.get("range") : null;
  const range = parseRange(wanted, size);
  if (range === "unsatisfiable" || request.method === "HEAD") {
    await file.close();
    if (request.method === "HEAD")
      return new Response(null, { headers: { ...headers, "content-length": String(size) } });
    return new Response(null, { status: 416, headers: { ...headers, "content-range": `bytes */${size}` } });
  }
  const { start, end } = range ?? { start: 0, end: size - 1 };
  if (range !== undefined) headers["content-range"] = `bytes ${start}-${end}/${size}`;
  headers["content-length"] = String(end - start + 1);
  const stream = file.createReadStream({ start, end, highWaterMark: 1 << 18 });
  // Web streams of Node and of the DOM are the same thing under two names.
  const body = Readable.toWeb(stream) as ReadableStream<Uint8Array>;
  return new Response(body, { status: range === undefined ? 200 : 206, headers });
}

function refusal(status: number, code: string, message: string): Response {
  return Response.json({ error: { code, message } }, { status, headers: { "cache-control": "no-store" } });
}
