import type { OrganizationScope, TaskVersionInfo } from "@tugboat/db";
import { checkCount, keptExamples } from "./apply.ts";
import type { TaskDocument } from "./document.ts";
import { examplesOfRecords, mostExamples, type TaskExample } from "./examples.ts";

export interface Loaded {
  readonly examples: readonly TaskExample[];
  /** `support-triage@3`, or the file's name with the count. */
  readonly name: string;
}

/**
 * The examples of a task: those beside its document, else its dataset's as they are now.
 * @throws TaskError `bad-examples`, `too-few`; DatabaseError `not-found`
 */
export async function loadExamples(
  scope: Pick<OrganizationScope, "datasets">,
  document: TaskDocument,
  version: Pick<TaskVersionInfo, "examples">,
): Promise<Loaded> {
  if (version.examples !== null) {
    const examples = unique(keptExamples.parse(version.examples));
    return { examples, name: `${document.examples}, ${examples.length} examples` };
  }
  const { dataset, version: found } = await scope.datasets.resolve(document.examples);
  const records: { input: unknown; expected: unknown }[] = [];
  for await (const { expected, input } of scope.datasets.stream(found.id)) {
    if (expected !== null) records.push({ input, expected });
    if (records.length >= mostExamples) break;
  }
  const examples = unique(examplesOfRecords(records, document));
  checkCount(examples.length);
  return { examples, name: `${dataset.name}@${found.number}` };
}

function unique(examples: readonly TaskExample[]): TaskExample[] {
  return [...new Map(examples.map((one) => [one.digest, one])).values()];
}
