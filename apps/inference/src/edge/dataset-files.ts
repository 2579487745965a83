import { Readable } from "node:stream";
import type { ReadableStream as NodeStream } from "node:stream/web";
import { DatabaseError, splitNames } from "@tugboat/db";
import { DatasetError } from "@tugboat/records";
import { exportExamples, exportFormats, isExportFormat } from "../domain/datasets/export.ts";
import { type Permission, permissionTable } from "../domain/permissions.ts";
import type { Context } from "./trpc/context.ts";

/**
 * `POST /api/dataset-files`: takes a file as its body, as it comes, for whoever may import it. Answers with its id, by
 * which `datasets.inspect` and `datasets.import` know it.
 */
export async function datasetFileRoute(context: Context, request: Request): Promise<Response> {
  const who = allowed(context, "datasets:write");
  if (who instanceof Response) return who;
  if (request.body === null) return refusal(400, "bad-file", "The file is the body of the request.");
  const content = Readable.fromWeb(bodyOf(request.body));
  try {
    return Response.json(await context.management.datasetFiles.receive(who, content));
  } catch (error) {
    if (error instanceof DatasetError) return refusal(413, error.code, error.message, error.hint);
    throw error;
  } finally {
    content.destroy();
  }
}

/** `GET /api/dataset-exports/<name>?version=3&format=csv&split=train`: a version's examples as a file, streamed. */
export async function datasetExportRoute(
  context: Context,
  name: string,
  { format = "jsonl", split, tag, text, version = "latest" }: Readonly<Record<string, string>>,
): Promise<Response> {
  const who = allowed(context, "datasets:read");
  if (who instanceof Response) return who;
  if (!isExportFormat(format)) {
    return refusal(
      400,
      "invalid",
      `There is no format ${format}.`,
      `There are: ${Object.keys(exportFormats).join(", ")}.`,
    );
  }
  const wanted = splitNames.find((known) => known === split);
  if (split !== undefined && wanted === undefined) {
    return refusal(400, "invalid", `There is no split ${split}.`, "There are: train, validation, test.");
  }
  const { database, log } = context.management;
  const { datasets } = database.organization(who);
  try {
    const found = await datasets.resolve(`${name}@${version}`);
    const filter = { split: wanted, tag, text };
    const examples = () => datasets.stream(found.version.id, filter);
    const pieces = exportExamples(format, examples, found.version.rows)[Symbol.asyncIterator]();
    // What can't be written at all is told before the first byte.
    const first = await pieces.next();
    const { suffix, type } = exportFormats[format];
    return new Response(
      streamOf(first, pieces, (error) => log.error({ err: error }, "export failed")),
      {
        headers: {
          "content-type": type,
          "content-disposition": `attachment; filename="${found.dataset.name}-v${found.version.number}.${suffix}"`,
          "cache-control": "no-store",
          "x-tugboat-dataset-version": String(found.version.number),
        },
      },
    );
  } catch (error) {
    if (error instanceof DatabaseError && error.code === "not-found") {
      return refusal(404, error.code, error.message, error.hint);
    }
    if (error instanceof DatasetError) return refusal(422, error.code, error.message, error.hint);
    throw error;
  }
}

function streamOf(
  first: IteratorResult<Uint8Array>,
  pieces: AsyncIterator<Uint8Array>,
  onError: (error: unknown) => void,
): ReadableStream<Uint8Array> {
  let next: IteratorResult<Uint8Array> | undefined = first;
  return new ReadableStream(
    {
      async pull(controller) {
        try {
          const result = next ?? (await pieces.next());
          next = undefined;
          if (result.done) controller.close();
          else controller.enqueue(result.value);
        } catch (error) {
          // The connection breaks, so that nobody takes a part for the whole.
          onError(error);
          controller.error(error);
        }
      },
      async cancel() {
        await pieces.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}

/** The organization that somebody may do this in, or why not. */
function allowed({ caller }: Context, permission: Permission): string | Response {
  if (caller === undefined) return refusal(401, "signed-out", "You are not signed in.");
  const organizationId = caller.kind === "member" ? caller.organization?.id : caller.organizationId;
  if (organizationId === undefined || !caller.permissions.has(permission)) {
    return refusal(403, "forbidden", `You may not ${permissionTable[permission].what}.`);
  }
  return organizationId;
}

function refusal(status: number, code: string, message: string, hint?: string): Response {
  return Response.json({ error: { code, message, ...(hint !== undefined && { hint }) } }, { status });
}

/** The same stream, by the name that Node's own types have for it. */
function bodyOf(body: ReadableStream<Uint8Array>): NodeStream<Uint8Array> {
  return body as NodeStream<Uint8Array>;
}
