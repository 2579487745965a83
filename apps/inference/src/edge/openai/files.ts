import { Readable } from "node:stream";
import type { FileInfo } from "@tugboat/db";
import { type Context, Hono } from "hono";
import { z } from "zod";
import { FileTooLargeError, maxFileBytes } from "../../domain/files/store.ts";
import { organizationOf } from "../access.ts";
import { ApiError, invalidRequest } from "../errors.ts";
import type { Edge, EdgeServices, EdgeVariables } from "../types.ts";
import { readUpload } from "./file-upload.ts";
import { schemaError } from "./issues.ts";
import { newId } from "./responses-items.ts";

const query = z.object({
  limit: z.coerce.number().int().min(1).max(10_000).default(10_000),
  order: z.enum(["asc", "desc"]).default("desc"),
  after: z.string().max(128).optional(),
  purpose: z.string().max(64).optional(),
});

const purposes: ReadonlySet<string> = new Set(["batch", "fine-tune"]);

/** `/v1/files`: an organization's own, for batches and fine-tuning. */
export function fileRoutes(services: EdgeServices): Edge {
  const app = new Hono<EdgeVariables>();

  app.post("/", async (c) => {
    const { files, organizationId, store } = filesOf(services, c);
    if (Number(c.req.header("content-length") ?? 0) > maxFileBytes + 65_536) throw tooLarge();
    const id = newId("file").replace("_", "-");
    try {
      const { fields, filename, received } = await readUpload(c.req.raw, (content) =>
        store.receive(organizationId, id, content),
      );
      const purpose = fields.get("purpose");
      if (purpose === undefined) {
        throw invalidRequest("missing_required_parameter", "Missing required parameter: 'purpose'.", "purpose");
      }
      if (!purposes.has(purpose)) {
        const message = `Invalid value for 'purpose'. Supported values are: ${[...purposes].map((one) => `'${one}'`).join(", ")}.`;
        throw invalidRequest("invalid_value", message, "purpose");
      }
      const unknown = [...fields.keys()].find((name) => name !== "purpose");
      if (unknown !== undefined) {
        throw invalidRequest(
          "unknown_parameter",
          `Unknown parameter: '${unknown.slice(0, 64)}'.`,
          unknown.slice(0, 64),
        );
      }
      const file = { id, filename: filename.slice(0, 255), purpose, bytes: received, createdAt: new Date() };
      await files.add(file);
      return c.json(fileBody(file));
    } catch (error) {
      await store.remove(organizationId, id);
      throw error instanceof FileTooLargeError ? tooLarge() : error;
    }
  });

  app.get("/", async (c) => {
    const { files } = filesOf(services, c);
    const parsed = query.safeParse(c.req.query());
    if (!parsed.success) throw schemaError(parsed.error, c.req.query());
    const { limit } = parsed.data;
    const found = await files.list({ ...parsed.data, limit: limit + 1 });
    return c.json(listBody(found.slice(0, limit).map(fileBody), found.length > limit));
  });
  app.get("/:id", async (c) => c.json(fileBody(await find(services, c))));
  app.get("/:id/content", async (c) => {
    const { id, bytes } = await find(services, c);
    const { organizationId, store } = filesOf(services, c);
    const content = Readable.toWeb(store.read(organizationId, id)) as ReadableStream<Uint8Array>;
    return c.body(content, 200, { "content-type": "application/jsonl", "content-length": String(bytes) });
  });
  app.delete("/:id", async (c) => {
    const { id } = await find(services, c);
    const { files, organizationId, store } = filesOf(services, c);
    await files.remove(id);
    await store.remove(organizationId, id);
    return c.json({ id, object: "file", deleted: true });
  });
  return app;
}

/** @throws ApiError 503 where nothing is managed */
function filesOf({ files: store, management }: EdgeServices, c: Context<EdgeVariables>) {
  const organizationId = organizationOf(c.get("call").caller);
  if (organizationId === undefined || management === undefined || store === undefined) {
    throw new ApiError(503, "service_unavailable_error", "unavailable", "This service keeps no files.");
  }
  return { files: management.database.organization(organizationId).files, organizationId, store };
}

async function find(services: EdgeServices, c: Context<EdgeVariables>): Promise<FileInfo> {
  const id = c.req.param("id") ?? "";
  const file = await filesOf(services, c).files.find(id);
  if (file === null) throw noFile(id, 404, "id");
  return file;
}

export function noFile(id: string, status: 400 | 404, param: string): ApiError {
  const message = `There is no file '${id.slice(0, 128)}'.`;
  return new ApiError(status, "invalid_request_error", "file_not_found", message, { param });
}

export function listBody<T extends { readonly id: string }>(data: readonly T[], more: boolean) {
  return { object: "list", data, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null, has_more: more };
}

function fileBody({ bytes, createdAt, filename, id, purpose }: FileInfo) {
  const created_at = Math.floor(createdAt.getTime() / 1000);
  return { id, object: "file", bytes, created_at, expires_at: null, filename, purpose, status: "processed" };
}

function tooLarge(): ApiError {
  const message = `The file is larger than ${maxFileBytes / 2 ** 20} MiB. Split it into several batches.`;
  // What the client still sends is not read.
  return new ApiError(413, "invalid_request_error", "file_too_large", message, { headers: { connection: "close" } });
}
