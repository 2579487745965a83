import type { OrganizationScope } from "@tugboat/db";

/** A small dataset to try things with, written for this. */
export const sampleDataset = "support-sample";

const rows: readonly (readonly [string, string])[] = [
  ["I was charged twice this month.", "billing"],
  ["My invoice shows the wrong address.", "billing"],
  ["Please refund my last payment.", "billing"],
  ["Why did the price go up?", "billing"],
  ["The card was declined but the money is gone.", "billing"],
  ["The app crashes when I open settings.", "bug"],
  ["The page stays blank after I sign in.", "bug"],
  ["The export file is empty.", "bug"],
  ["Search returns an error every time.", "bug"],
  ["My photo will not upload.", "bug"],
  ["How do I invite a colleague?", "how-to"],
  ["Where can I change my password?", "how-to"],
  ["How can I export my data?", "how-to"],
  ["Can I use the app on two phones?", "how-to"],
  ["How do I turn on dark mode?", "how-to"],
  ["Thank you, the team was great!", "other"],
  ["Do you have an office in Lisbon?", "other"],
  ["I would like to work for you.", "other"],
  ["Greetings from a happy user.", "other"],
  ["Who designed your logo?", "other"],
];

/** Makes the dataset where there is none of its name. @returns its id */
export async function ensureSample(scope: OrganizationScope, createdBy: string): Promise<string> {
  const known = (await scope.datasets.list()).find(({ name }) => name === sampleDataset);
  if (known !== undefined) return known.id;
  const description = "Messages to a support desk, each with the queue it belongs to.";
  const { id } = await scope.datasets.create({ name: sampleDataset, description, createdBy });
  await scope.datasets.append(
    id,
    rows.map(([message, queue]) => ({ input: { message }, expected: queue, origin: { kind: "sample" } })),
    { createdBy, note: "The sample" },
  );
  return id;
}
