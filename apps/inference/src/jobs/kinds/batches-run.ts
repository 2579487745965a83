import { access, rm } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import type { BatchInfo, OrganizationScope } from "@tugboat/db";
import { z } from "zod";
import type { BatchAnswer } from "../../domain/batches/ask.ts";
import { fileIdOf } from "../../domain/batches/file-ids.ts";
import {
  type BatchLine,
  batchEndpoints,
  checkLines,
  lineRequestId,
  parseLine,
  textLines,
} from "../../domain/batches/lines.ts";
import { moveBatch } from "../../domain/batches/move.ts";
import { ResultFile } from "../../domain/batches/results.ts";
import { defineJob, JobError } from "../define.ts";
import type { BatchServices } from "../services.ts";

/** Requests of one batch at a time: enough to fill a step of the engine, few enough to leave room in its queue. */
const atOnce = 8;
const tellEveryMs = 500;
/** How often a request is made again that could not be served now. */
const mostTries = 8;

/**
 * Runs a batch: checks its file, asks every line behind whoever waits for an answer, and keeps each result in a file as
 * it comes. What has its result is never asked again, whatever ends the process.
 */
export const runBatch = defineJob({
  kind: "batches.run",
  input: z.object({ batch: z.string() }),
  result: z.object({ status: z.string(), completed: z.number(), failed: z.number() }),
  attempts: 5,
  backoff: { firstMs: 2000, mostMs: 60_000 },
  concurrency: 2,
  async run({ commit, input, progress, scope, services, signal }) {
    const { batches: tools } = services;
    if (tools === undefined) throw new JobError("This process serves no models.", { final: true });
    let batch = await find(scope, input.batch);
    const path = tools.files.path(scope.id, batch.inputFileId);
    if (batch.status === "validating") {
      progress({ stage: "checking the file" });
      const { faults, total } = await checkFile(path, batch.endpoint, signal);
      await commit(async (tx) => {
        if (faults.length > 0) await moveBatch(tx, input.batch, "failed", { errors: JSON.stringify(faults) });
        else await tx.batches.move(input.batch, "in_progress", { total });
        return { result: undefined };
      });
      batch = await find(scope, input.batch);
    }
    if (batch.status !== "in_progress" && batch.status !== "cancelling") {
      return { status: batch.status, completed: batch.completed, failed: batch.failed };
    }
    await tools.files.folder(scope.id);
    const ids = { output: fileIdOf(batch.id, "output"), error: fileIdOf(batch.id, "error") };
    const done = new Set<string>();
    const open = (id: string) => ResultFile.open(tools.files.path(scope.id, id), (customId) => done.add(customId));
    const output = await open(ids.output);
    const errors = await open(ids.error);
    const work = new BatchWork(scope, batch, tools, { output, errors, done }, (completed, failed) =>
      progress({ stage: "answering", done: completed + failed, total: batch.total }),
    );
    let ended: "completed" | "expired" | "cancelled";
    try {
      ended = await work.run(path, signal);
    } finally {
      await Promise.all([output.close(), errors.close()]);
    }
    const counts = { completed: output.count, failed: errors.count };
    const files = await Promise.all(
      (
        [
          ["output", output.count],
          ["error", errors.count],
        ] as const
      ).map(async ([name, count]) => {
        const id = ids[name];
        const where = tools.files.path(scope.id, id);
        if (count > 0) return { id, name, bytes: await tools.files.size(scope.id, id) };
        await rm(where, { force: true });
        return undefined;
      }),
    );
    await commit(async (tx) => {
      for (const file of files) {
        if (file === undefined) continue;
        const { bytes, id, name } = file;
        const filename = `${batch.id}_${name}.jsonl`;
        await tx.files.add({ id, filename, purpose: "batch_output", bytes, createdAt: new Date() });
      }
      await moveBatch(tx, batch.id, ended, {
        ...counts,
        outputFileId: output.count > 0 ? ids.output : null,
        errorFileId: errors.count > 0 ? ids.error : null,
      });
      return { result: undefined };
    });
    return { status: (await find(scope, batch.id)).status, ...counts };
  },
});

async function find(scope: OrganizationScope, id: string): Promise<BatchInfo> {
  const batch = await scope.batches.find(id);
  if (batch === null) throw new JobError(`There is no batch ${id}.`, { final: true });
  return batch;
}

async function checkFile(path: string, endpoint: string, signal: AbortSignal) {
  try {
    await access(path);
  } catch {
    const message = "The input file was deleted.";
    return { total: 0, faults: [{ code: "file_not_found", message, line: null, param: "input_file_id" }] };
  }
  return checkLines(path, endpoint, signal);
}

interface Results {
  readonly output: ResultFile;
  readonly errors: ResultFile;
  readonly done: ReadonlySet<string>;
}

/** The asking of a batch's lines, until all are done or it is told to stop. */
class BatchWork {
  readonly #scope: OrganizationScope;
  readonly #batch: BatchInfo;
  readonly #tools: BatchServices;
  readonly #results: Results;
  readonly #tell: (completed: number, failed: number) => void;

  constructor(
    scope: OrganizationScope,
    batch: BatchInfo,
    tools: BatchServices,
    results: Results,
    tell: (completed: number, failed: number) => void,
  ) {
    this.#scope = scope;
    this.#batch = batch;
    this.#tools = tools;
    this.#results = results;
    this.#tell = tell;
  }

  /** @throws the signal's reason; what went wrong with the files */
  async run(path: string, signal: AbortSignal): Promise<"completed" | "expired" | "cancelled"> {
    const stop = new AbortController();
    const either = AbortSignal.any([signal, stop.signal]);
    let failure: { readonly error: unknown } | undefined;
    if (this.#batch.status === "cancelling") stop.abort();
    const timer = setInterval(() => {
      this.#look().then(
        (wanted) => wanted || stop.abort(),
        () => {},
      );
    }, tellEveryMs);
    const running = new Set<Promise<void>>();
    let expired = false;
    try {
      for await (const { number, text } of textLines(path)) {
        if (either.aborted) break;
        const line = parseLine(text, number, this.#batch.endpoint);
        if ("code" in line) throw new JobError("The input file has changed.", { final: true });
        if (this.#results.done.has(line.customId)) continue;
        if (new Date() >= this.#batch.expiresAt) {
          expired = true;
          await this.#results.errors.append(expiredResult(line));
          continue;
        }
        const one: Promise<void> = this.#line(line, either)
          .catch((error: unknown) => {
            failure ??= { error };
            stop.abort();
          })
          .finally(() => running.delete(one));
        running.add(one);
        if (running.size >= atOnce) await Promise.race(running);
      }
    } finally {
      await Promise.all(running);
      clearInterval(timer);
    }
    if (failure !== undefined) throw failure.error;
    signal.throwIfAborted();
    if (stop.signal.aborted) return "cancelled";
    return expired ? "expired" : "completed";
  }

  /** Writes how far it is. @returns whether it is still wanted */
  async #look(): Promise<boolean> {
    const { errors, output } = this.#results;
    this.#tell(output.count, errors.count);
    const now = await this.#scope.batches.update(this.#batch.id, { completed: output.count, failed: errors.count });
    return now?.status === "in_progress";
  }

  async #line(line: BatchLine, signal: AbortSignal): Promise<void> {
    const answer = await this.#ask(line, signal);
    if (answer === undefined) return;
    const request_id = requestIdOf(this.#batch.id, line.number);
    const response = { status_code: answer.status, request_id, body: answer.body };
    const result = { id: resultId(this.#batch.id, line.number), custom_id: line.customId, response, error: null };
    await (answer.status < 400 ? this.#results.output : this.#results.errors).append(result);
  }

  /** @returns undefined when it was told to stop first */
  async #ask({ body, number }: BatchLine, signal: AbortSignal): Promise<BatchAnswer | undefined> {
    const { apiKeyId, id: batch, endpoint } = this.#batch;
    const request = {
      batch,
      organizationId: this.#scope.id,
      apiKeyId,
      endpoint: z.enum(batchEndpoints).parse(endpoint),
      body,
      id: lineRequestId(this.#batch, number),
      requestId: requestIdOf(batch, number),
      signal,
    };
    for (let attempt = 1; ; attempt++) {
      const answer = await this.#tools.ask(request).catch((error: unknown) => {
        if (signal.aborted) return undefined;
        throw error;
      });
      if (answer === undefined) return undefined;
      // What was accounted for is kept, even when it was told to stop meanwhile: nobody pays for what they don't get.
      if (answer.accounted) return answer;
      if (signal.aborted) return undefined;
      if (attempt === mostTries || !mayWork(answer)) return answer;
      await pause(Math.min(30_000, 500 * 2 ** attempt), undefined, { signal }).catch(() => {});
      if (signal.aborted) return undefined;
    }
  }
}

const refusal = z.object({ error: z.object({ code: z.string().nullable() }) });

/** Whether the same request may be served a little later. */
function mayWork({ body, status }: BatchAnswer): boolean {
  if (status === 503) return true;
  return status === 429 && refusal.safeParse(body).data?.error.code !== "budget_exceeded";
}

function requestIdOf(batch: string, line: number): string {
  return `${batch}-${line}`;
}

function resultId(batch: string, line: number): string {
  return `batch_req_${batch.slice("batch_".length)}_${line}`;
}

function expiredResult({ customId }: BatchLine) {
  const error = { code: "batch_expired", message: "This request could not be answered before the batch expired." };
  return { id: `batch_req_${customId}`, custom_id: customId, response: null, error };
}
