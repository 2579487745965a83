import type { OrganizationScope } from "@tugboat/db";
import type { z } from "zod";
import { storedDocument, type TaskDocument } from "../../../domain/tasks/document.ts";
import { TaskError } from "../../../domain/tasks/errors.ts";
import { examplesOfRows, type TaskExample } from "../../../domain/tasks/examples.ts";
import { loadExamples } from "../../../domain/tasks/load-examples.ts";
import { type ReadRows, readRows, readRowsOf, rowsOfExamples } from "../../../domain/tasks/read-rows.ts";
import type { Context } from "../context.ts";
import type { file } from "./task-shapes.ts";

type Scope = Pick<OrganizationScope, "datasets" | "tasks">;
type GivenFile = z.output<typeof file>;
type OrgContext = Pick<Context, "management"> & { readonly organizationId: string; readonly scope: Scope };

async function rowsOfFile({ management, organizationId }: OrgContext, given: GivenFile): Promise<ReadRows> {
  if ("base64" in given) return readRowsOf(Buffer.from(given.base64, "base64"));
  return readRows(await management.datasetFiles.path(organizationId, given.upload));
}

/** So many tell what a dataset's fields are. */
const looked = 1000;

/** The rows that fields are drafted of. @throws TaskError `bad-examples`; DatabaseError `not-found` */
export async function draftedRows(
  ctx: OrgContext,
  { dataset, file: given }: { dataset?: string | undefined; file?: GivenFile | undefined },
): Promise<ReadRows> {
  if (given !== undefined) return rowsOfFile(ctx, given);
  const { scope } = ctx;
  const { version } = await scope.datasets.resolve(dataset ?? "");
  const examples: Parameters<typeof rowsOfExamples>[0][number][] = [];
  for await (const { expected, input } of scope.datasets.stream(version.id)) {
    if (expected !== null) examples.push({ input, expected });
    if (examples.length >= looked) break;
  }
  if (examples.length === 0) {
    const hint = "Add expected answers to its examples first, or choose another.";
    throw new TaskError("bad-examples", `${dataset} has no example with a right answer.`, hint);
  }
  return rowsOfExamples(examples);
}

/** @throws TaskError `bad-examples` */
export async function examplesOf(ctx: OrgContext, given: GivenFile, parsed: TaskDocument): Promise<TaskExample[]> {
  const table = await rowsOfFile(ctx, given);
  // Columns may be written as people write them; fields are not.
  const columns = table.columns.map((one) => one.trim());
  const plain = (one: string) =>
    one
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, "_")
      .replaceAll(/^_+|_+$/g, "");
  const fields = [...Object.keys(parsed.input), ...Object.keys(parsed.output)];
  const named = columns.map(
    (one) => fields.find((field) => field === one) ?? fields.find((field) => plain(field) === plain(one)) ?? one,
  );
  return examplesOfRows({ columns: named, rows: table.rows }, parsed);
}

/** A document that names the file it came with before keeps that file's examples. */
export async function keptBefore(scope: Scope, parsed: TaskDocument): Promise<TaskExample[] | undefined> {
  const task = await scope.tasks.find(parsed.task);
  if (task === null) return undefined;
  const version = await scope.tasks.version(task.id, task.version);
  const before = storedDocument.parse(version.document);
  if (version.examples === null || before.examples !== parsed.examples) return undefined;
  const { examples } = await loadExamples(scope, before, version);
  return examples.map(({ expected, input }) => {
    const [one] = examplesOfRows(
      {
        columns: [...Object.keys(input), ...Object.keys(expected)],
        rows: [
          [...Object.values(input), ...Object.values(expected)].map((value) =>
            typeof value === "string" ? value : JSON.stringify(value),
          ),
        ],
      },
      parsed,
    );
    if (one === undefined) throw new Error("a row without an example");
    return one;
  });
}
