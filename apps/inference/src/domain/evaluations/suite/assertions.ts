import { z } from "zod";
import type { SuiteCheck } from "../../evaluators/spec.ts";

/** What an assertion of a suite becomes: a check, or why it can't be one. */
export type ReadAssertion = { readonly check: SuiteCheck } | { readonly unsupported: string };

export const assertion = z.looseObject({
  type: z.string(),
  value: z.json().optional(),
  threshold: z.number().optional(),
  weight: z.number().min(0).max(1000).optional(),
});
export type Assertion = z.output<typeof assertion>;

type Spec = SuiteCheck["spec"];
interface Made {
  readonly spec: Spec;
  readonly expected?: SuiteCheck["expected"];
  readonly atLeast?: number;
}

/** Models that suites name by settings of their own are given here. */
export interface SuiteModels {
  readonly judge: string;
}

/** An assertion as a check. `{{name}}` in its value stands for the test's variable. */
export function readAssertion(
  { threshold, type, value, weight = 1 }: Assertion,
  vars: Readonly<Record<string, z.infer<ReturnType<typeof z.json>>>>,
  models: SuiteModels,
): ReadAssertion {
  const not = type.startsWith("not-");
  const kind = not ? type.slice(4) : type;
  const said = typeof value === "string" ? withVars(value, vars) : value;
  if (typeof said === "string" && said.startsWith("file://")) {
    return { unsupported: `${type} with its value in a file` };
  }
  const made = madeOf(kind, said, threshold, models);
  if (typeof made === "string") return { unsupported: made };
  const { atLeast = 1, expected, spec } = made;
  return { check: { spec, weight, not, atLeast, ...(expected !== undefined && { expected }) } };
}

function madeOf(
  kind: string,
  value: Assertion["value"],
  threshold: number | undefined,
  { judge }: SuiteModels,
): Made | string {
  const text = typeof value === "string" || typeof value === "number" ? String(value) : undefined;
  const needs = `${kind} without a text to compare with`;
  switch (kind) {
    case "equals":
      return value === undefined
        ? needs
        : text === undefined
          ? { spec: { kind: "json" }, expected: value }
          : exactly(text);
    case "contains":
    case "icontains":
      return text ? { spec: { kind: "contains", text, ignoreCase: kind === "icontains" } } : needs;
    case "contains-any":
    case "icontains-any":
    case "contains-all":
    case "icontains-all":
      return manyTexts(kind, value);
    case "starts-with":
      return text ? { spec: { kind: "regex", pattern: `^${escaped(text)}`, flags: "" } } : needs;
    case "regex":
      return text ? pattern(text) : needs;
    case "is-json":
    case "contains-json":
      return { spec: { kind: "schema", schema: isObject(value) ? value : {} } };
    case "bleu":
      return text ? { spec: { kind: "bleu" }, expected: text, atLeast: threshold ?? 0.5 } : needs;
    case "similar":
      return text ? { spec: { kind: "embedding", model: judge }, expected: text, atLeast: threshold ?? 0.75 } : needs;
    case "latency":
      return threshold === undefined
        ? "latency without a threshold"
        : { spec: { kind: "latency", atMostMs: threshold } };
    case "cost":
      return threshold === undefined
        ? "cost without a threshold"
        : { spec: { kind: "cost", atMostMicroUsd: threshold * 1e6 } };
    case "javascript":
      return text === undefined ? "javascript without code" : code(text, threshold);
    case "llm-rubric":
    case "model-graded-closedqa":
      return text ? { spec: judged(judge, text), atLeast: threshold ?? 1 } : needs;
    case "factuality":
    case "model-graded-factuality":
      return text
        ? { spec: judged(judge, `The answer agrees with these facts and contradicts none of them: ${text}`) }
        : needs;
    default:
      return `the assertion ${kind}`;
  }
}

function exactly(text: string): Made {
  return { spec: { kind: "exact" }, expected: text };
}

/** Pass or fail, as suites have it. */
function judged(model: string, rubric: string): Spec {
  return { kind: "judge", model, rubric: rubric.slice(0, 8000), withExpected: false, scale: { lowest: 0, highest: 1 } };
}

function pattern(text: string): Made | string {
  try {
    new RegExp(text);
    return { spec: { kind: "regex", pattern: text.slice(0, 500), flags: "" } };
  } catch {
    return `regex with a pattern that is none: ${text.slice(0, 60)}`;
  }
}

function manyTexts(kind: string, value: Assertion["value"]): Made | string {
  const listed = typeof value === "string" ? value.split(",").map((one) => one.trim()) : value;
  const texts = z
    .array(z.union([z.string(), z.number().transform(String)]))
    .min(1)
    .safeParse(listed).data;
  if (texts === undefined) return `${kind} without texts to compare with`;
  const flags = kind.startsWith("i") ? "i" : "";
  const parts = texts.map(escaped);
  const expression = kind.endsWith("any")
    ? `(?:${parts.join("|")})`
    : `^${parts.map((one) => `(?=[\\s\\S]*${one})`).join("")}`;
  if (expression.length > 500) return `${kind} with more text than a pattern holds`;
  return { spec: { kind: "regex", pattern: expression, flags } };
}

/** Code as suites write it: an expression, or a body with `return`; it sees `output` and `context.vars`. */
function code(text: string, threshold: number | undefined): Made | string {
  const body = /\breturn\b/.test(text) ? text : `return (${text.trim().replace(/;$/, "")});`;
  const source = `function evaluate(answer, expected, example) {
  const given = example.input;
  const vars = typeof given === "object" && given !== null ? given : { input: given };
  const run = (output, context) => { ${body}
  };
  const said = run(answer.text, { vars, prompt: "", test: { vars } });
  if (typeof said === "object" && said !== null) {
    const value = said.pass === undefined ? said.score : said.pass ? 1 : 0;
    return { value: Math.min(1, Math.max(0, Number(value))), reason: String(said.reason ?? "") };
  }
  return typeof said === "number" ? Math.min(1, Math.max(0, said)) : Boolean(said);
}`;
  if (source.length > 20_000) return "javascript of more than 20,000 characters";
  return { spec: { kind: "code", source }, atLeast: threshold ?? 0.000_001 };
}

function isObject(value: Assertion["value"]): value is Record<string, NonNullable<Assertion["value"]>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}

/** Only plain variables; what else a template says stays as it is. */
export function withVars(text: string, vars: Readonly<Record<string, unknown>>): string {
  return text.replace(/\{\{\s*([\w.-]+)\s*\}\}/g, (whole, name: string) => {
    if (!Object.hasOwn(vars, name)) return whole;
    const value = vars[name];
    return typeof value === "string" ? value : JSON.stringify(value);
  });
}
