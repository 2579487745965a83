import type { Example as DatasetExample, OrganizationScope } from "@tugboat/db";
import { textOf } from "@tugboat/records";
import { checkExamples, type Finding } from "@tugboat/tuning";

/** More examples are not compared with each other on a page that somebody waits for. */
const looked = 5000;
/** About what a small model's context holds, in characters. */
const longest = 3000;

export interface Quality {
  readonly looked: number;
  readonly findings: readonly (Finding & { readonly positions: readonly number[] })[];
}

/** What is wrong with a version's first examples, as tuning would say it before a run. */
export async function qualityOf(scope: OrganizationScope, versionId: string): Promise<Quality> {
  const examples: DatasetExample[] = [];
  for await (const example of scope.datasets.stream(versionId)) {
    examples.push(example);
    if (examples.length === looked) break;
  }
  const plain = examples.map(({ expected, input }) => ({ input: textOf(input), output: textOf(expected) }));
  const findings = checkExamples(plain, { longest }).map((finding) => ({
    ...finding,
    positions: finding.rows.map((row) => examples[row]?.position ?? 0),
  }));
  return { looked: examples.length, findings };
}
