import { canonicalJson, type NewExample, type OrganizationScope, type TraceFilter } from "@tugboat/db";
import { z } from "zod";
import { type Expectation, toExample } from "./to-example.ts";

const pageSize = 200;

export interface CollectedExamples {
  readonly examples: readonly NewExample[];
  /** Requests that asked the same as another, or as an example that is there already. */
  readonly same: number;
  /** Requests that can't become examples: their texts are not kept, or nobody corrected them. */
  readonly unusable: number;
  readonly looked: number;
}

/**
 * Examples of the newest requests that a filter finds, each question once.
 * @param known what the dataset asks already
 * @param most requests that are looked at
 */
export async function collectExamples(
  scope: OrganizationScope,
  filter: TraceFilter,
  expectation: Expectation,
  { known, most }: { readonly known: AsyncIterable<{ readonly input: NewExample["input"] }>; readonly most: number },
): Promise<CollectedExamples> {
  const seen = new Set<string>();
  for await (const { input } of known) seen.add(question(input));
  const examples: NewExample[] = [];
  let [same, unusable, looked] = [0, 0, 0];
  let before: { at: Date; id: string } | undefined;
  while (looked < most) {
    const page = await scope.traces.list(filter, { limit: Math.min(pageSize, most - looked), before });
    for (const { id } of page) {
      looked++;
      const made = toExample(await scope.traces.get(id), expectation);
      if (typeof made === "string") {
        unusable++;
        continue;
      }
      const asked = question(made.input);
      if (seen.has(asked)) same++;
      else examples.push(made);
      seen.add(asked);
    }
    const last = page.at(-1);
    if (last === undefined || page.length < pageSize) break;
    before = { at: last.at, id: last.id };
  }
  return { examples, same, unusable, looked };
}

/** The same words are the same question, however they are spaced and written large or small. */
function question(input: NewExample["input"]): string {
  return canonicalJson(z.json().parse(input))
    .toLowerCase()
    .replace(/\\[nrt]|\s+/g, " ");
}
