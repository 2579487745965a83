import type { NewExample, OrganizationScope, RowEdit } from "@tugboat/db";
import { DatasetError, fileFormats, storable } from "@tugboat/records";
import { z } from "zod";
import { splitAmong } from "../../../domain/datasets/groups.ts";
import { importModes } from "../../../domain/datasets/import.ts";
import { inspectFile } from "../../../domain/datasets/inspect.ts";
import { mapping } from "../../../domain/datasets/mapping.ts";
import { qualityOf } from "../../../domain/datasets/quality.ts";
import { datasetSchema, exampleChecker, inferSchema, storedSchema } from "../../../domain/datasets/schema.ts";
import { contentKey, sketchOf } from "../../../domain/datasets/sketch.ts";
import { enqueueJob } from "../../../jobs/enqueue.ts";
import { importKind } from "../../../jobs/kinds/datasets-import-input.ts";
import { namesOf } from "../actors.ts";
import {
  asJson,
  changeShape,
  datasetReference,
  datasetShape,
  exampleShape,
  json,
  shownChange,
  shownDataset,
  shownExample,
  shownVersion,
  slug,
  split,
  versionShape,
} from "../dataset-shapes.ts";
import { id, seen } from "../shapes.ts";
import { orgProcedure, router } from "../trpc.ts";

const reference = z.object({
  /** A dataset's name or id. */
  dataset: datasetReference,
  /** Left out, the latest. */
  version: z.int().min(1).optional(),
});

const filter = reference.extend({
  split: z.enum([...split.options, "none"]).optional(),
  tag: z.string().max(100).optional(),
  text: z.string().max(500).optional(),
  /** Those that this version brought. */
  since: z.int().min(1).optional(),
});

const said = z.object({
  input: json.refine((value) => value !== "" && value !== null, "An example shows a model something."),
  expected: json,
  tags: z.array(z.string().trim().min(1).max(100)).max(50).default([]),
  /** Left out, it is found by the content. */
  split: split.nullable().optional(),
});

const edit = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("add"), example: said }),
  z.object({ kind: z.literal("replace"), position: z.int().min(1), example: said }),
  z.object({ kind: z.literal("remove"), position: z.int().min(1) }),
]);

const file = z.object({ upload: z.uuid(), file: z.string().trim().min(1).max(300) });

export const datasetsRouter = router({
  list: orgProcedure("datasets:read")
    .output(z.object({ datasets: z.array(datasetShape) }))
    .query(async ({ ctx }) => {
      const datasets = await ctx.scope.datasets.list();
      const nameOf = await namesOf(
        ctx,
        datasets.flatMap(({ latest }) => latest?.createdBy ?? []),
      );
      return { datasets: datasets.map((dataset) => shownDataset(dataset, nameOf)) };
    }),

  get: orgProcedure("datasets:read")
    .input(z.object({ dataset: datasetReference }))
    .output(datasetShape.extend({ versions: z.array(versionShape) }))
    .query(async ({ ctx, input }) => {
      const dataset = await ctx.scope.datasets.get(input.dataset);
      const versions = await ctx.scope.datasets.versions(dataset.id);
      const nameOf = await namesOf(
        ctx,
        versions.map(({ createdBy }) => createdBy),
      );
      return {
        ...shownDataset(dataset, nameOf),
        versions: versions.map((version) => shownVersion(version, nameOf)),
      };
    }),

  create: orgProcedure("datasets:write")
    .input(z.object({ name: slug, description: z.string().trim().max(2000).default("") }))
    .output(datasetShape)
    .mutation(({ ctx, input }) =>
      ctx.change(async (scope) => {
        const dataset = await scope.datasets.create({ ...input, createdBy: ctx.actor });
        return { subject: dataset.id, after: input, result: shownDataset(dataset, (actor) => actor) };
      }),
    ),

  /** Names it, describes it, says what its examples must be like (null: anything goes). */
  update: orgProcedure("datasets:write")
    .input(
      z.object({
        id,
        updatedAt: seen,
        name: slug.optional(),
        description: z.string().trim().max(2000).optional(),
        schema: datasetSchema.nullable().optional(),
      }),
    )
    .output(datasetShape)
    .mutation(async ({ ctx, input: { id: datasetId, updatedAt, ...change } }) => {
      if (change.schema) await checkAll(ctx.scope, datasetId, change.schema);
      return ctx.change(async (scope) => {
        const { description, name, schema } = await scope.datasets.get(datasetId);
        const dataset = await scope.datasets.update(datasetId, change, updatedAt);
        const nameOf = await namesOf(ctx, dataset.latest === null ? [] : [dataset.latest.createdBy]);
        const before = { name, description, schema: asJson(schema) };
        return { subject: datasetId, before, after: change, result: shownDataset(dataset, nameOf) };
      });
    }),

  remove: orgProcedure("datasets:write")
    .input(z.object({ id }))
    .output(z.object({ id }))
    .mutation(({ ctx, input }) =>
      ctx.change(async (scope) => {
        const { latest, name } = await scope.datasets.get(input.id);
        await scope.datasets.remove(input.id);
        return { subject: input.id, before: { name, rows: latest?.rows ?? 0 }, result: { id: input.id } };
      }),
    ),

  /** A page of examples, in the order of their rows. */
  rows: orgProcedure("datasets:read")
    .input(filter.extend({ after: z.int().min(0).default(0), limit: z.int().min(1).max(500).default(100) }))
    .output(z.object({ version: z.int(), examples: z.array(exampleShape), next: z.int().nullable() }))
    .query(async ({ ctx, input: { dataset, version, ...query } }) => {
      const found = await ctx.scope.datasets.resolve(`${dataset}@${version ?? "latest"}`);
      const { examples, next } = await ctx.scope.datasets.page(found.version.id, query);
      return { version: found.version.number, examples: examples.map(shownExample), next };
    }),

  /** How many examples a filter finds. */
  count: orgProcedure("datasets:read")
    .input(filter)
    .output(z.object({ count: z.int() }))
    .query(async ({ ctx, input: { dataset, version, ...query } }) => {
      const found = await ctx.scope.datasets.resolve(`${dataset}@${version ?? "latest"}`);
      return { count: await ctx.scope.datasets.count(found.version.id, query) };
    }),

  /** What differs between two versions, row by row. */
  diff: orgProcedure("datasets:read")
    .input(
      z.object({
        dataset: datasetReference,
        from: z.int().min(0),
        to: z.int().min(0),
        after: z.int().min(0).default(0),
        limit: z.int().min(1).max(500).default(100),
      }),
    )
    .output(
      z.object({
        added: z.int(),
        changed: z.int(),
        removed: z.int(),
        changes: z.array(changeShape),
        next: z.int().nullable(),
      }),
    )
    .query(async ({ ctx, input: { after, dataset, from, limit, to } }) => {
      const { id: datasetId } = await ctx.scope.datasets.get(dataset);
      const [counts, page] = await Promise.all([
        ctx.scope.datasets.diffCounts(datasetId, from, to),
        ctx.scope.datasets.diff(datasetId, from, to, { after, limit }),
      ]);
      return { ...counts, changes: page.changes.map(shownChange), next: page.next };
    }),

  /** What a row has been and who made it so, the newest first. */
  history: orgProcedure("datasets:read")
    .input(z.object({ dataset: datasetReference, position: z.int().min(1) }))
    .output(
      z.object({
        moments: z.array(z.object({ example: exampleShape, brought: versionShape, gone: versionShape.nullable() })),
      }),
    )
    .query(async ({ ctx, input }) => {
      const moments = await ctx.scope.datasets.history(input.dataset, input.position);
      const nameOf = await namesOf(
        ctx,
        moments.flatMap(({ brought, gone }) =>
          gone === null ? brought.createdBy : [brought.createdBy, gone.createdBy],
        ),
      );
      return {
        moments: moments.map(({ brought, example, gone }) => ({
          example: shownExample(example),
          brought: shownVersion(brought, nameOf),
          gone: gone && shownVersion(gone, nameOf),
        })),
      };
    }),

  /** Changes rows: the dataset gets a new version. */
  edit: orgProcedure("datasets:write")
    .input(
      z.object({
        dataset: datasetReference,
        /** The version that was looked at; 0 for none. A change of an older one is refused. */
        seen: z.int().min(0),
        edits: z.array(edit).min(1).max(1000),
        note: z.string().trim().max(500).default(""),
      }),
    )
    .output(z.object({ version: versionShape, made: z.boolean() }))
    .mutation(async ({ ctx, input: { dataset, edits, note, seen } }) => {
      const { id: datasetId, schema: stored } = await ctx.scope.datasets.get(dataset);
      const schema = storedSchema(stored);
      const checker = schema === null ? undefined : exampleChecker(schema);
      const positions = edits.flatMap((one) => (one.kind === "add" ? [] : [one.position]));
      if (new Set(positions).size < positions.length) {
        throw new DatasetError("bad-row", "A row is changed twice at once.", "Send one change for each row.");
      }
      const rows: RowEdit[] = [];
      for (const one of edits) {
        if (one.kind === "remove") {
          rows.push(one);
          continue;
        }
        const problem = checker?.problem(one.example);
        if (problem !== undefined) {
          throw new DatasetError(
            "schema",
            `This is not what the dataset holds: ${problem}.`,
            "Mend it, or change the schema.",
          );
        }
        const example = await placed(ctx.scope, datasetId, one.example, positions);
        rows.push(one.kind === "add" ? { kind: "add", example } : { ...one, example });
      }
      return ctx.change(async (scope) => {
        const { made, version } = await scope.datasets.edit(datasetId, rows, { createdBy: ctx.actor, note, seen });
        const { added, changed, number, removed } = version;
        const nameOf = await namesOf(ctx, [version.createdBy]);
        return {
          subject: datasetId,
          after: made ? { version: number, added, changed, removed } : { version: number },
          result: { version: shownVersion(version, nameOf), made },
        };
      });
    }),

  /** What is wrong with the examples, as tuning would say before a run. */
  check: orgProcedure("datasets:read")
    .input(reference)
    .output(
      z.object({
        looked: z.int(),
        findings: z.array(
          z.object({
            kind: z.string(),
            weight: z.enum(["stop", "warn"]),
            sentence: z.string(),
            mend: z.string().nullable(),
            positions: z.array(z.int()),
          }),
        ),
      }),
    )
    .query(async ({ ctx, input: { dataset, version } }) => {
      const found = await ctx.scope.datasets.resolve(`${dataset}@${version ?? "latest"}`);
      const { findings, looked } = await qualityOf(ctx.scope, found.version.id);
      return {
        looked,
        findings: findings.map(({ positions, rows: _, ...finding }) => ({
          ...finding,
          positions: positions.slice(0, 1000),
        })),
      };
    }),

  /** The schema that the first examples suggest. */
  schema: orgProcedure("datasets:read")
    .input(reference)
    .output(z.object({ inferred: datasetSchema }))
    .query(async ({ ctx, input: { dataset, version } }) => {
      const found = await ctx.scope.datasets.resolve(`${dataset}@${version ?? "latest"}`);
      const pages = [0, 1, 2, 3].map((page) => page * Math.ceil(found.version.rows / 4));
      const looked = await Promise.all(
        pages.map((after) => ctx.scope.datasets.page(found.version.id, { after, limit: 500 })),
      );
      return { inferred: inferSchema(looked.flatMap(({ examples }) => examples)) };
    }),

  /** What a file that was sent looks like, and what its rows would become. */
  inspect: orgProcedure("datasets:write")
    .input(file.extend({ mapping: mapping.optional() }))
    .output(
      z.object({
        format: z.enum(fileFormats),
        columns: z.array(z.object({ name: z.string(), samples: z.array(z.string()) })),
        mapping,
        preview: z.array(
          z.object({
            row: z.int(),
            example: z.object({ input: json, expected: json, tags: z.array(z.string()) }).nullable(),
            problem: z.string().nullable(),
          }),
        ),
        rows: z.int(),
        more: z.boolean(),
      }),
    )
    .mutation(async ({ ctx, input }) => {
      const path = await ctx.management.datasetFiles.path(ctx.organizationId, input.upload);
      const found = await inspectFile(path, input.file, input.mapping);
      return {
        ...found,
        columns: found.columns.map(({ name, samples }) => ({ name, samples: [...samples] })),
        preview: found.preview.map(({ example, problem, row }) => ({
          row,
          problem,
          example: example && {
            input: asJson(example.input),
            expected: asJson(example.expected),
            tags: [...(example.tags ?? [])],
          },
        })),
      };
    }),

  /** Brings a file that was sent into a dataset, which is made when there is none of that name; a job does the work. */
  import: orgProcedure("datasets:write")
    .input(
      file.extend({
        name: slug,
        mapping,
        mode: z.enum(importModes).default("append"),
        note: z.string().trim().max(500).default(""),
      }),
    )
    .output(z.object({ dataset: id, job: id }))
    .mutation(async ({ ctx, input: { name, ...wanted } }) => {
      await ctx.management.datasetFiles.path(ctx.organizationId, wanted.upload);
      return ctx.change(async (scope) => {
        const known = (await scope.datasets.list()).find((one) => one.name === name);
        const { id: dataset } = known ?? (await scope.datasets.create({ name, createdBy: ctx.actor }));
        const asked = { ...wanted, dataset, actor: ctx.actor };
        const { job } = await enqueueJob(scope, importKind, asked, { createdBy: ctx.actor, subject: dataset });
        const { file, mode } = wanted;
        return { subject: dataset, after: { name, file, mode }, result: { dataset, job: job.id } };
      });
    }),
});

/** The example with its split and what it is compared by. */
async function placed(
  scope: OrganizationScope,
  datasetId: string,
  { expected, input, split, tags }: z.output<typeof said>,
  except: readonly number[],
): Promise<NewExample> {
  const sketch = sketchOf(input);
  const near = split === undefined ? await scope.datasets.splitsNear(datasetId, sketch, except) : [];
  return {
    input: storable(input),
    expected: storable(expected),
    tags,
    sketch,
    split: split === undefined ? splitAmong(contentKey(input), near) : split,
    origin: { kind: "person" },
  };
}

/** @throws DatasetError `schema` when an example of the latest version is not so */
async function checkAll(scope: OrganizationScope, datasetId: string, schema: z.output<typeof datasetSchema>) {
  const checker = exampleChecker(schema);
  const { latest } = await scope.datasets.get(datasetId);
  if (latest === null) return;
  for await (const example of scope.datasets.stream(latest.id)) {
    const problem = checker.problem(example);
    if (problem === undefined) continue;
    throw new DatasetError(
      "schema",
      `Row ${example.position} does not satisfy this schema: ${problem}.`,
      "Mend the row first, or widen the schema.",
    );
  }
}
