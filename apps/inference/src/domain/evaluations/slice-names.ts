import type { Example } from "@tugboat/db";
import { expectedText } from "../evaluators/judged.ts";
import { textOf } from "./messages.ts";

/** What an example belongs to, for looking at parts: its tags, its split, the expected class, and its length. */
export function exampleSlices(example: Pick<Example, "expected" | "input" | "split" | "tags">): string[] {
  const expected = expectedText(example.expected)?.trim();
  const isClass = typeof example.expected === "string" && expected !== undefined && expected.length <= 40;
  const words = (textOf(example.input).match(/\S+/g) ?? []).length;
  return [
    ...example.tags.map((tag) => `tag: ${tag}`),
    ...(example.split === null ? [] : [`split: ${example.split}`]),
    ...(isClass ? [`expected: ${expected}`] : []),
    `length: ${words < 10 ? "under 10 words" : words < 50 ? "10 to 49 words" : words < 200 ? "50 to 199 words" : "200 words and more"}`,
  ];
}
