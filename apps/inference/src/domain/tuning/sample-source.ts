import type { OrganizationScope, TraceDetail } from "@tugboat/db";
import { cellsOf, openSamples, type Samples, TuningError } from "@tugboat/tuning";
import { openRecords } from "../datasets/open-file.ts";
import { toExample } from "../traces/to-example.ts";

/** Rows of a dataset that its columns are decided by. */
const looked = 200;
/** Of the requests that somebody judged, the newest. */
const mostTraces = 2000;
const tracePage = 200;

/** A file on the disk: CSV, TSV, JSON Lines, a JSON array or XLSX. @throws TuningError, DatasetError */
export async function fileSamples(path: string): Promise<Samples> {
  return openSamples(await openRecords(path));
}

/**
 * The answered examples of a dataset's version, but for those that are kept for testing: what they say of the tuned model
 * later would be worth nothing.
 * @param reference a dataset's name or id, perhaps with `@` and a version
 * @throws DatabaseError `not-found`; TuningError `bad-samples` where none is answered
 */
export async function datasetSamples(
  scope: OrganizationScope,
  reference: string,
): Promise<{ samples: Samples; name: string }> {
  const { dataset, version } = await scope.datasets.resolve(reference);
  async function* rows() {
    for await (const { expected, input, split } of scope.datasets.stream(version.id)) {
      if (split !== "test" && expected !== null) yield cellsOf(input, expected);
    }
  }
  const samples = await ofPairs("dataset", rows, () => {
    const message = `${dataset.name} has no examples with an answer to learn from; those of its test split are left alone.`;
    return new TuningError("bad-samples", message, "Say what is right for some of its examples.");
  });
  return { samples, name: dataset.name };
}

/**
 * What people said of the product's answers: corrections are what is right, and so are answers that got a thumb up.
 * @param from how far back
 * @throws TuningError `bad-samples` where nobody said anything
 */
export async function traceSamples(scope: OrganizationScope, from: Date): Promise<Samples> {
  const pairs: string[][] = [];
  const filter = { from, to: new Date(Date.now() + 60_000), feedback: "any" as const };
  let before: { at: Date; id: string } | undefined;
  for (let seen = 0; seen < mostTraces; seen += tracePage) {
    const page = await scope.traces.list(filter, { limit: tracePage, before });
    for (const { id } of page) {
      const made = learnedFrom(await scope.traces.get(id));
      if (made !== undefined) pairs.push(made);
    }
    const last = page.at(-1);
    if (last === undefined || page.length < tracePage) break;
    before = { at: last.at, id: last.id };
  }
  async function* rows() {
    yield* pairs;
  }
  return ofPairs("traces", rows, () => {
    const message = "Nobody has corrected an answer or liked one in this time.";
    return new TuningError("bad-samples", message, "Say so on a trace, or by POST /v1/feedback.");
  });
}

/** What a person's word makes of a request; undefined where nothing can be learnt. */
function learnedFrom(trace: TraceDetail): string[] | undefined {
  const corrected = toExample(trace, "correction");
  const thumbs = trace.feedback
    .filter(({ kind }) => kind === "thumb")
    .reduce((sum, { value }) => sum + (value ? 1 : -1), 0);
  const made = typeof corrected === "string" && thumbs > 0 ? toExample(trace, "answer") : corrected;
  return typeof made === "string" ? undefined : cellsOf(made.input, made.expected ?? null);
}

async function ofPairs(
  format: "dataset" | "traces",
  rows: () => AsyncIterable<readonly string[]>,
  none: () => TuningError,
): Promise<Samples> {
  const head: (readonly string[])[] = [];
  for await (const row of rows()) {
    if (head.push(row) === looked) break;
  }
  const [first] = head;
  if (first === undefined) throw none();
  const width = first.length;
  async function* alike() {
    for await (const row of rows()) {
      if (row.length !== width) {
        throw new TuningError(
          "bad-samples",
          "Some of the examples are preferences and some are not.",
          "Make a dataset of each kind.",
        );
      }
      yield row;
    }
  }
  return { format, columns: width === 3 ? ["input", "chosen", "rejected"] : ["input", "output"], head, rows: alike };
}
