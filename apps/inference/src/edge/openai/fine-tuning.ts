import { DatabaseError, type OrganizationScope } from "@tugboat/db";
import { DatasetError } from "@tugboat/records";
import { checkReady, defaultConfig, prepareExamples, runConfig, TuningError } from "@tugboat/tuning";
import { type Context, Hono } from "hono";
import { z } from "zod";
import { fileSamples } from "../../domain/tuning/sample-source.ts";
import { recordedRun, startRun } from "../../domain/tuning/start.ts";
import { stopRun } from "../../domain/tuning/stop.ts";
import { organizationOf } from "../access.ts";
import { readJson } from "../body.ts";
import { ApiError, invalidRequest } from "../errors.ts";
import type { Edge, EdgeServices, EdgeVariables } from "../types.ts";
import { listBody, noFile } from "./files.ts";
import { checkpointsOf, eventsOf, jobBody, jobId, type TuningJob } from "./fine-tuning-answer.ts";
import { schemaError } from "./issues.ts";
import { optional, unsupported } from "./parameters.ts";

const metadata = z
  .record(z.string().max(64), z.string().max(512))
  .refine((pairs) => Object.keys(pairs).length <= 16, { message: "Invalid 'metadata': at most 16 pairs." });

/** Learning rates, epochs and batches are the product's business: other wishes than `auto` are refused. */
const chosenByUs = optional(
  z.looseObject({
    n_epochs: unsupported("n_epochs", "auto"),
    batch_size: unsupported("batch_size", "auto"),
    learning_rate_multiplier: unsupported("learning_rate_multiplier", "auto"),
    beta: unsupported("beta", "auto", 0.1),
  }),
);
const method = z.looseObject({
  type: z.enum(["supervised", "dpo"]),
  supervised: optional(z.looseObject({ hyperparameters: chosenByUs })),
  dpo: optional(z.looseObject({ hyperparameters: chosenByUs })),
});

const create = z.strictObject({
  model: z.string().min(1).max(512),
  training_file: z.string().max(128),
  suffix: optional(z.string().trim().min(1).max(64)),
  metadata: optional(metadata),
  method: optional(method),
  hyperparameters: chosenByUs,
  seed: z.unknown().optional(),
  // What is held out is chosen here, so that nothing leaks.
  validation_file: unsupported("validation_file"),
  integrations: unsupported("integrations", []),
});
const query = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(20),
  after: z.string().max(128).optional(),
});
const minutes = z.coerce.number().min(0.2).max(1440).default(10);

/** `/v1/fine_tuning/jobs`: guided runs, as OpenAI's clients begin and follow them. `metadata.minutes` is the time allowed. */
export function fineTuningRoutes(services: EdgeServices): Edge {
  const app = new Hono<EdgeVariables>();

  app.post("/", async (c) => {
    const json = await readJson(c.req.raw);
    const parsed = create.safeParse(json);
    if (!parsed.success) throw schemaError(parsed.error, json);
    const { metadata, method, model: name, suffix, training_file: fileId } = parsed.data;
    const { files, organizationId, scope } = partsOf(services, c);
    const file = await scope.files.find(fileId);
    if (file === null) throw noFile(fileId, 400, "training_file");
    if (file.purpose !== "fine-tune") {
      const message = `The file '${fileId}' was not uploaded for fine-tuning: its purpose is '${file.purpose}'.`;
      throw invalidRequest("invalid_value", message, "training_file");
    }
    const base = await scope.models.get(name);
    if (base === null) {
      const message = `The model \`${name}\` does not exist or you do not have access to it.`;
      throw new ApiError(404, "invalid_request_error", "model_not_found", message, { param: "model" });
    }
    const allowed = minutes.safeParse(metadata?.minutes);
    if (!allowed.success) {
      throw invalidRequest("invalid_value", "Invalid 'metadata.minutes': from 0.2 to 1440.", "metadata");
    }
    const prepared = await asked(async () => {
      const samples = await fileSamples(files.path(organizationId, fileId));
      const found = await prepareExamples(samples, { mends: [], contextLength: base.contextLength });
      checkReady(found);
      return found;
    });
    const arePairs = prepared.examples.every(({ rejected }) => rejected !== undefined);
    if (method !== undefined && (method.type === "dpo") !== arePairs) {
      const holds = arePairs
        ? "preferences: its method is 'dpo'"
        : "answers without worse ones: its method is 'supervised'";
      throw invalidRequest("invalid_value", `The file holds ${holds}.`, "method");
    }
    const { caller } = c.get("call");
    const actor = caller?.kind === "key" ? `key:${caller.keyId}` : caller?.kind === "member" ? caller.userId : "system";
    const id = await scope.transaction(async (tx) => {
      const { run } = await startRun(tx, {
        name: suffix ?? file.filename,
        model: base.name,
        minutes: allowed.data,
        config: { ...defaultConfig, file: fileId, suffix: suffix ?? null, metadata: metadata ?? null },
        examples: prepared.examples,
        actor,
      });
      const after = recordedRun(run, prepared.examples.length);
      await tx.audit.append({ actor, action: "tuning.create", subject: run.id, after });
      return run.id;
    });
    return c.json(jobBody(await find(scope, jobId(id))));
  });

  app.get("/", async (c) => {
    const { after, limit } = paging(c);
    const { scope } = partsOf(services, c);
    const runs = await scope.tuningRuns.list();
    const from = after === undefined ? 0 : runs.findIndex(({ id }) => jobId(id) === after) + 1;
    const some = runs.slice(from, from + limit);
    const data = await Promise.all(some.map(async ({ id }) => jobBody(await find(scope, jobId(id)))));
    return c.json(listBody(data, runs.length > from + limit));
  });
  app.get("/:id", async (c) => c.json(jobBody(await find(partsOf(services, c).scope, c.req.param("id")))));
  app.get("/:id/events", async (c) => {
    const job = await find(partsOf(services, c).scope, c.req.param("id"));
    return c.json(paged(eventsOf(job), paging(c)));
  });
  app.get("/:id/checkpoints", async (c) => {
    const job = await find(partsOf(services, c).scope, c.req.param("id"));
    return c.json(paged(checkpointsOf(job), paging(c)));
  });
  app.post("/:id/cancel", async (c) => {
    const { scope } = partsOf(services, c);
    const found = await find(scope, c.req.param("id"));
    const { status } = jobBody(found);
    if (status !== "queued" && status !== "running") {
      throw new ApiError(409, "invalid_request_error", "job_over", `This job is over: it has ${status}.`);
    }
    await stopRun(scope, found.run);
    return c.json(jobBody(await find(scope, c.req.param("id"))));
  });
  return app;
}

function partsOf({ files, management }: EdgeServices, c: Context<EdgeVariables>) {
  const organizationId = organizationOf(c.get("call").caller);
  if (organizationId === undefined || management === undefined || files === undefined) {
    throw new ApiError(503, "service_unavailable_error", "unavailable", "This service tunes no models.");
  }
  return { files, organizationId, scope: management.database.organization(organizationId) };
}

/** @throws ApiError 404 */
async function find(scope: OrganizationScope, id: string): Promise<TuningJob> {
  const { data: run } = z.uuid().safeParse(id.replace(/^ftjob-/, ""));
  const missing = new ApiError(
    404,
    "invalid_request_error",
    "fine_tune_not_found",
    `Could not find fine tune: ${id.slice(0, 128)}`,
    { param: "fine_tuning_job_id" },
  );
  if (run === undefined) throw missing;
  const found = await scope.tuningRuns.get(run).catch((error: unknown) => {
    throw error instanceof DatabaseError && error.code === "not-found" ? missing : error;
  });
  const job = found.jobId === null ? undefined : await scope.jobs.get(found.jobId);
  const { file, metadata, suffix } = runConfig.parse(found.config);
  return { run: found, job, asked: { trainingFile: file ?? "", suffix, metadata } };
}

function paging(c: Context<EdgeVariables>): z.output<typeof query> {
  const parsed = query.safeParse(c.req.query());
  if (!parsed.success) throw schemaError(parsed.error, c.req.query());
  return parsed.data;
}

function paged<T extends { readonly id: string }>(all: readonly T[], { after, limit }: z.output<typeof query>) {
  const from = after === undefined ? 0 : all.findIndex(({ id }) => id === after) + 1;
  return listBody(all.slice(from, from + limit), all.length > from + limit);
}

/** What is wrong with the examples, in OpenAI's form. */
async function asked<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof TuningError || error instanceof DatasetError)) throw error;
    throw invalidRequest("invalid_training_file", `${error.message} ${error.hint}`, "training_file");
  }
}
