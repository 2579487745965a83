import type { OrganizationScope, TaskInfo } from "@tugboat/db";
import { z } from "zod";
import { documentChanges, storedDocument, type TaskDocument, taskYaml } from "./document.ts";
import { TaskError } from "./errors.ts";
import { canonical, fewestExamples, mostExamples, type TaskExample, values } from "./examples.ts";
import { defaultRule } from "./rule.ts";

/** Examples as they are kept beside a document. */
export const keptExamples = z.array(z.object({ digest: z.string(), input: values, expected: values }));

export interface Applied {
  readonly task: TaskInfo;
  /** What it changed, line by line; empty when all was so already. */
  readonly changes: readonly string[];
  readonly created: boolean;
}

export interface Application {
  readonly document: TaskDocument;
  /** That came with it; undefined where the document names a dataset. */
  readonly examples: readonly TaskExample[] | undefined;
  readonly actor: string;
}

/**
 * Makes a task what its document says. Applied again it changes nothing.
 * @throws TaskError `too-few`; DatabaseError
 */
export async function applyTask(
  scope: Pick<OrganizationScope, "tasks">,
  { actor, document, examples }: Application,
): Promise<Applied> {
  if (examples !== undefined) checkCount(examples.length);
  const version = {
    document: json(document),
    yaml: taskYaml(document),
    examples: examples === undefined ? null : json(examples),
    createdBy: actor,
  };
  const before = await scope.tasks.find(document.task);
  if (before === null) {
    const task = await scope.tasks.create(document.task, { ...defaultRule }, version);
    return {
      task,
      changes: [...documentChanges(undefined, document), ...examplesChange(undefined, examples)],
      created: true,
    };
  }
  const last = await scope.tasks.version(before.id, before.version);
  const kept = last.examples === null ? undefined : keptExamples.parse(last.examples);
  const changes = [
    ...documentChanges(storedDocument.parse(last.document), document),
    ...examplesChange(kept, examples),
  ];
  if (changes.length === 0) return { task: before, changes, created: false };
  return { task: await scope.tasks.change(before.id, version), changes, created: false };
}

export function checkCount(count: number): void {
  if (count < fewestExamples) {
    throw new TaskError(
      "too-few",
      `There are ${count} examples; ${fewestExamples} are the least with which a plan can be measured.`,
      "Add examples: 60 measure a score to within about ten points.",
    );
  }
  if (count > mostExamples) {
    throw new TaskError(
      "bad-examples",
      `There are ${count} examples; beside a document at most ${mostExamples} are kept.`,
      "Put them into a dataset and name that: `tug datasets push <file> --name <name>`.",
    );
  }
}

type Counted = readonly { readonly digest: string }[];

function examplesChange(before: Counted | undefined, after: Counted | undefined): string[] {
  if (after === undefined || (before !== undefined && digests(before) === digests(after))) return [];
  if (before === undefined) return [`+ ${after.length} examples`];
  const [then, now] = [new Set(before.map(({ digest }) => digest)), new Set(after.map(({ digest }) => digest))];
  const added = after.filter(({ digest }) => !then.has(digest)).length;
  const gone = before.filter(({ digest }) => !now.has(digest)).length;
  return [`~ examples: ${before.length} → ${after.length} (${added} added, ${gone} gone)`];
}

function digests(examples: Counted): string {
  return examples.map(({ digest }) => digest).join();
}

type Json = Parameters<OrganizationScope["tasks"]["create"]>[1];

/** As the database stores it: no undefined, no character of value zero. */
export function json(value: unknown): Json {
  const stored = z.json().parse(JSON.parse(canonical(value).replaceAll("\\u0000", "")));
  if (stored === null) throw new Error("null is no document");
  return stored;
}
