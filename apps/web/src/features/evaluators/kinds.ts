import type { Kind, Spec } from "./types.ts";

/** What code may use, as its writer should see it. */
export const codeTypes = `interface Output {
  text: string;
  calls: { name: string; arguments: string }[];
  latencyMs: number;
  costMicroUsd: number;
  outputTokens: number;
}
interface Example { input: unknown; expected: unknown }
/** From 0 (wrong) to 1 (right). */
type Result = number | boolean | { value: number; reason?: string };`;

const firstCode = `function evaluate(output: Output, expected: unknown, example: Example): Result {
  const words = output.text.trim().split(/\\s+/).length;
  if (words > 40) return { value: 0, reason: \`\${words} words are too many\` };
  return output.text.includes(String(expected));
}`;

const firstRubric = `5: answers what was asked, is correct and kind, in at most two sentences.
3: correct, but too long or cold.
1: wrong, or answers something else.`;

/** Kinds that somebody makes; those without settings are there already. */
export const kinds: readonly { readonly kind: Kind; readonly name: string; readonly what: string }[] = [
  {
    kind: "judge",
    name: "A model, by your rubric",
    what: "A model reads each answer and grades it by what you write.",
  },
  {
    kind: "judge-pairs",
    name: "A model, in pairs",
    what: "A model says which of two answers is better, asked in both orders; compared with the first candidate.",
  },
  { kind: "code", name: "Your own code", what: "A TypeScript function, run in a sandbox without network or files." },
  { kind: "contains", name: "Contains a text", what: "The answer holds a text; left empty, the expected answer." },
  { kind: "regex", name: "Matches a pattern", what: "A regular expression matches somewhere in the answer." },
  { kind: "json", name: "JSON, field by field", what: "The share of fields that are as expected." },
  { kind: "schema", name: "Valid JSON of a schema", what: "The answer is JSON that the schema allows." },
  { kind: "numeric", name: "A number, about right", what: "The first number, within a tolerance of the expected." },
  { kind: "length", name: "Length", what: "As long as you say, in words or characters." },
  { kind: "embedding", name: "Similar in meaning", what: "Cosine of the two texts' embeddings." },
  { kind: "latency", name: "Fast enough", what: "The answer came within a time." },
  { kind: "cost", name: "Cheap enough", what: "The answer cost at most so much." },
];

export function nameOfKind(kind: Kind): string {
  return kinds.find((one) => one.kind === kind)?.name ?? kind;
}

/** What an evaluator of a kind begins with. */
export function firstSpec(kind: Kind, model: string): Spec {
  switch (kind) {
    case "judge":
      return { kind, model, rubric: firstRubric, withExpected: true, scale: { lowest: 1, highest: 5 } };
    case "judge-pairs":
      return { kind, model, rubric: "The better answer is correct, then kind, then short.", withExpected: true };
    case "code":
      return { kind, source: firstCode };
    case "regex":
      return { kind, pattern: "^(billing|bug)$", flags: "i" };
    case "schema":
      return { kind, schema: { type: "object" } };
    case "length":
      return { kind, unit: "words", least: 1, most: 40 };
    case "embedding":
      return { kind, model };
    case "latency":
      return { kind, atMostMs: 1000 };
    case "cost":
      return { kind, atMostMicroUsd: 100 };
    default:
      return { kind };
  }
}
