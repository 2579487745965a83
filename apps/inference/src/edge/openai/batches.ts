import type { BatchInfo, OrganizationScope } from "@tugboat/db";
import { type Context, Hono } from "hono";
import { z } from "zod";
import { batchEndpoints } from "../../domain/batches/lines.ts";
import { moveBatch } from "../../domain/batches/move.ts";
import { enqueueJob } from "../../jobs/enqueue.ts";
import { runBatch } from "../../jobs/kinds/batches-run.ts";
import { organizationOf } from "../access.ts";
import { readJson } from "../body.ts";
import { ApiError, invalidRequest } from "../errors.ts";
import type { Edge, EdgeServices, EdgeVariables } from "../types.ts";
import { listBody, noFile } from "./files.ts";
import { schemaError } from "./issues.ts";
import { optional, unsupported } from "./parameters.ts";
import { newId } from "./responses-items.ts";

const dayMs = 24 * 3600_000;

const metadata = z
  .record(z.string().max(64), z.string().max(512))
  .refine((pairs) => Object.keys(pairs).length <= 16, { message: "Invalid 'metadata': at most 16 pairs." });

const create = z.strictObject({
  input_file_id: z.string().max(128),
  endpoint: z.enum(batchEndpoints),
  completion_window: z.literal("24h"),
  metadata: optional(metadata),
  output_expires_after: unsupported("output_expires_after"),
});
const query = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(20),
  after: z.string().max(128).optional(),
});

/** `/v1/batches`: files of requests that are run in idle capacity, at half the price. */
export function batchRoutes(services: EdgeServices): Edge {
  const app = new Hono<EdgeVariables>();

  app.post("/", async (c) => {
    const json = await readJson(c.req.raw);
    const parsed = create.safeParse(json);
    if (!parsed.success) throw schemaError(parsed.error, json);
    const scope = scopeOf(services, c);
    const { caller } = c.get("call");
    if (caller?.kind !== "key") {
      const message = "A batch runs in the name of an API key: create it with one.";
      throw new ApiError(403, "invalid_request_error", "insufficient_permissions", message);
    }
    const { endpoint, input_file_id: inputFileId, metadata } = parsed.data;
    const file = await scope.files.find(inputFileId);
    if (file === null) throw noFile(inputFileId, 400, "input_file_id");
    if (file.purpose !== "batch") {
      const message = `The file '${inputFileId}' was not uploaded for a batch: its purpose is '${file.purpose}'.`;
      throw invalidRequest("invalid_value", message, "input_file_id");
    }
    const createdAt = new Date();
    const id = newId("batch");
    const batch = await scope.transaction(async (tx) => {
      const made = await tx.batches.create({
        id,
        endpoint,
        inputFileId,
        metadata: metadata === undefined ? null : JSON.stringify(metadata),
        apiKeyId: caller.keyId,
        createdAt,
        expiresAt: new Date(createdAt.getTime() + dayMs),
      });
      const createdBy = `key:${caller.keyId}`;
      const { job } = await enqueueJob(tx, runBatch, { batch: id }, { createdBy, subject: id, dedupeKey: id });
      return (await tx.batches.update(id, { jobId: job.id })) ?? made;
    });
    return c.json(batchBody(batch));
  });

  app.get("/", async (c) => {
    const parsed = query.safeParse(c.req.query());
    if (!parsed.success) throw schemaError(parsed.error, c.req.query());
    const { after, limit } = parsed.data;
    const found = await scopeOf(services, c).batches.list({ after, limit: limit + 1 });
    return c.json(listBody(found.slice(0, limit).map(batchBody), found.length > limit));
  });
  app.get("/:id", async (c) => c.json(batchBody(await current(scopeOf(services, c), c.req.param("id")))));
  app.post("/:id/cancel", async (c) => {
    const scope = scopeOf(services, c);
    const { id } = await current(scope, c.req.param("id"));
    if (!(await scope.batches.move(id, "cancelling"))) {
      const { status } = await current(scope, id);
      if (status !== "cancelling") {
        throw new ApiError(409, "invalid_request_error", "batch_over", `This batch is over: it is ${status}.`);
      }
    }
    return c.json(batchBody(await current(scope, id)));
  });
  return app;
}

function scopeOf({ management }: EdgeServices, c: Context<EdgeVariables>): OrganizationScope {
  const id = organizationOf(c.get("call").caller);
  if (id === undefined || management === undefined) {
    throw new ApiError(503, "service_unavailable_error", "unavailable", "This service runs no batches.");
  }
  return management.database.organization(id);
}

/**
 * A batch as it stands. One whose background job ended before it did, because somebody cancelled it there or it failed
 * for good, is over too.
 * @throws ApiError 404
 */
async function current(scope: OrganizationScope, id: string): Promise<BatchInfo> {
  const batch = await scope.batches.find(id);
  if (batch === null) {
    const message = `No batch found with id '${id.slice(0, 128)}'.`;
    throw new ApiError(404, "invalid_request_error", "batch_not_found", message, { param: "batch_id" });
  }
  const isOpen = ["validating", "in_progress", "cancelling"].includes(batch.status);
  const job = isOpen && batch.jobId !== null ? await scope.jobs.get(batch.jobId) : undefined;
  if (job?.state !== "failed" && job?.state !== "cancelled") return batch;
  await scope.transaction(async (tx) => {
    if (job.state === "cancelled") {
      await tx.batches.move(id, "cancelling");
      await moveBatch(tx, id, "cancelled");
      return;
    }
    const message = job.error ?? "Its background job failed.";
    const errors = JSON.stringify([{ code: "job_failed", message, line: null, param: null }]);
    await moveBatch(tx, id, "failed", { errors });
  });
  return (await scope.batches.find(id)) ?? batch;
}

function batchBody(batch: BatchInfo) {
  return {
    id: batch.id,
    object: "batch",
    endpoint: batch.endpoint,
    errors: batch.errors === null ? null : { object: "list", data: z.array(z.json()).parse(JSON.parse(batch.errors)) },
    input_file_id: batch.inputFileId,
    completion_window: "24h",
    status: batch.status,
    output_file_id: batch.outputFileId,
    error_file_id: batch.errorFileId,
    created_at: seconds(batch.createdAt),
    in_progress_at: seconds(batch.inProgressAt),
    expires_at: seconds(batch.expiresAt),
    // The results are written as they come: there is nothing left to do at the end.
    finalizing_at: null,
    completed_at: seconds(batch.completedAt),
    failed_at: seconds(batch.failedAt),
    expired_at: seconds(batch.expiredAt),
    cancelling_at: seconds(batch.cancellingAt),
    cancelled_at: seconds(batch.cancelledAt),
    request_counts: { total: batch.total, completed: batch.completed, failed: batch.failed },
    metadata: batch.metadata === null ? null : z.record(z.string(), z.string()).parse(JSON.parse(batch.metadata)),
  };
}

function seconds(at: Date | null): number | null {
  return at && Math.floor(at.getTime() / 1000);
}
