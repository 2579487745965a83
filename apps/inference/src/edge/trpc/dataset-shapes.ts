import { type DatasetInfo, type DatasetVersionInfo, type Example, type RowChange, splitNames } from "@tugboat/db";
import { z } from "zod";
import { datasetSchema, storedSchema } from "../../domain/datasets/schema.ts";
import { id, moment } from "./shapes.ts";

/** What a dataset or a prompt is called: its address and its name in the API. */
export const slug = z
  .string()
  .trim()
  .regex(
    /^[a-z0-9][a-z0-9._-]{0,79}$/,
    "A name has small letters, digits, . _ and -, begins with a letter or a digit, and has at most 80 of them.",
  );
export const datasetReference = z.string().trim().min(1).max(100);
export const split = z.enum(splitNames);
export const json = z.json();

export const versionShape = z.object({
  id,
  number: z.int(),
  digest: z.string(),
  rows: z.int(),
  added: z.int(),
  changed: z.int(),
  removed: z.int(),
  splits: z.record(z.string(), z.int()),
  tags: z.record(z.string(), z.int()),
  note: z.string(),
  createdBy: z.string(),
  createdByName: z.string(),
  createdAt: moment,
});

export const datasetShape = z.object({
  id,
  name: z.string(),
  description: z.string(),
  schema: datasetSchema.nullable(),
  latest: versionShape.nullable(),
  createdAt: moment,
  updatedAt: moment,
});

export const exampleShape = z.object({
  id,
  position: z.int(),
  digest: z.string(),
  input: json,
  expected: json,
  tags: z.array(z.string()),
  split: split.nullable(),
  origin: json,
  /** The number of the version that brought it. */
  since: z.int(),
});

export type NameOf = (actor: string) => string;

export function shownVersion({ facts, ...version }: DatasetVersionInfo, nameOf: NameOf): z.output<typeof versionShape> {
  const { added, changed, createdAt, createdBy, digest, id, note, number, removed, rows } = version;
  return {
    ...{ id, number, digest, rows, added, changed, removed, note, createdBy },
    createdByName: nameOf(createdBy),
    createdAt: createdAt.toISOString(),
    splits: facts.splits,
    tags: facts.tags,
  };
}

export function shownDataset(dataset: DatasetInfo, nameOf: NameOf): z.output<typeof datasetShape> {
  const { createdAt, description, id, latest, name, schema, updatedAt } = dataset;
  return {
    ...{ id, name, description },
    schema: storedSchema(schema),
    latest: latest === null ? null : shownVersion(latest, nameOf),
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  };
}

type SentJson = z.output<typeof json>;

/** The same value, by the type that schemas of answers have for it: theirs is not read-only. */
export function asJson(value: unknown): SentJson {
  return value as SentJson;
}

export function shownExample({ expected, input, origin, tags, ...example }: Example): z.output<typeof exampleShape> {
  return {
    ...example,
    tags: [...tags],
    input: asJson(input),
    expected: asJson(expected),
    origin: asJson(origin),
  };
}

export const changeShape = z.object({
  position: z.int(),
  before: exampleShape.nullable(),
  after: exampleShape.nullable(),
});

export function shownChange({ after, before, position }: RowChange): z.output<typeof changeShape> {
  return { position, before: before && shownExample(before), after: after && shownExample(after) };
}
