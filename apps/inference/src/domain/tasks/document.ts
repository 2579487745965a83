import { LineCounter, parseDocument, stringify } from "yaml";
import { z } from "zod";
import { TaskError } from "./errors.ts";
import { type Fields, fields } from "./fields.ts";
import { parseCost, parseLatency, parseQuality, type Requirements, usdText } from "./requirements.ts";

export const preferences = ["quality", "latency", "cost"] as const;
export type Preference = (typeof preferences)[number];

/** A task: what is wanted, never how. */
export interface TaskDocument {
  readonly task: string;
  readonly instruction: string;
  readonly input: Fields;
  readonly output: Fields;
  /** `name@version` of a dataset, or the name of a file beside the document. */
  readonly examples: string;
  /** How an answer is judged: `accuracy`, `overlap` for free text, or the name of an evaluator. */
  readonly measure: string;
  readonly require: Requirements;
  /** Among plans that hold every requirement. */
  readonly prefer: Preference;
  /** How sure a requirement must be held, one-sided: 0.8 says that 1 plan in 5 may miss it in truth. */
  readonly confidence: number;
}

export const taskName = z
  .string("A task needs a name.")
  .regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, "A task's name has small letters, digits, and . _ - between them.");

/** Measures of tasks themselves; others are evaluators by their names. */
export const measures = ["accuracy", "overlap"] as const;

const quoted = z.union([z.string(), z.number().transform(String)]);
const preferred = z.enum(["quality", "accuracy", "score", "overlap", "latency", "cost"], {
  error: "It is quality, latency or cost.",
});

const shape = z.strictObject({
  task: taskName,
  instruction: z
    .string("Say in a sentence what is to be done.")
    .trim()
    .min(1, "Say in a sentence what is to be done.")
    .max(20_000, "An instruction has at most 20,000 characters."),
  input: fields,
  output: fields,
  examples: z.string("Name a dataset and its version, or a file of examples.").trim().min(1).max(400),
  measure: z.string().trim().min(1).max(100).default("accuracy"),
  require: z.record(z.string(), quoted).default({}),
  prefer: preferred.default("cost"),
  confidence: z
    .number("confidence is a share, such as 0.8.")
    .min(0.5, "Below 0.5 a requirement would be held by less than a coin's chance.")
    .max(0.999, "Certainty can't be measured: at most 0.999.")
    .default(0.8),
});

const known = Object.keys(shape.shape);

/**
 * Reads a task of YAML.
 * @throws TaskError `bad-document` with line and column
 */
export function parseTaskYaml(text: string): TaskDocument {
  const lines = new LineCounter();
  const parsed = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [error] = parsed.errors;
  if (error !== undefined) {
    const { col, line } = lines.linePos(error.pos[0]);
    throw bad(error.message, "Look at the indentation and the brackets near there.", { line, column: col });
  }
  const value = plainOf(parsed);
  return checkTask(value, (path) => {
    for (let depth = path.length; depth >= 0; depth--) {
      const node = depth === 0 ? parsed.contents : parsed.getIn(path.slice(0, depth), true);
      const start = rangeOf(node);
      if (start === undefined) continue;
      const { col, line } = lines.linePos(start);
      return { line, column: col };
    }
    return undefined;
  });
}

/** @throws TaskError for aliases that lead nowhere, or to too much */
function plainOf(parsed: ReturnType<typeof parseDocument>): unknown {
  try {
    return parsed.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw bad(error instanceof Error ? `${error.message}.` : "It can't be read.", "Write the values out.");
  }
}

function rangeOf(node: unknown): number | undefined {
  if (typeof node !== "object" || node === null || !("range" in node) || !Array.isArray(node.range)) return undefined;
  const [start] = node.range as unknown[];
  return typeof start === "number" ? start : undefined;
}

type Path = readonly (string | number)[];
type PlaceOf = (path: Path) => { readonly line: number; readonly column: number } | undefined;

/**
 * Checks a task that came as data.
 * @throws TaskError `bad-document`
 */
export function checkTask(value: unknown, placeOf: PlaceOf = () => undefined): TaskDocument {
  const parsed = shape.safeParse(value);
  if (!parsed.success) throw firstProblem(parsed.error, placeOf);
  const { prefer, require: wanted, ...rest } = parsed.data;
  const require = readRequirements(wanted, rest.measure, placeOf);
  const { output, input } = rest;
  const both = Object.keys(output).find((name) => name in input);
  if (both !== undefined) {
    throw bad(
      `${both} is both asked and answered.`,
      "Give the field of the output another name: an example's columns must tell the two apart.",
      placeOf(["output", both]),
    );
  }
  return {
    ...rest,
    require,
    prefer: prefer === "latency" || prefer === "cost" ? prefer : "quality",
  };
}

function readRequirements(wanted: Readonly<Record<string, string>>, measure: string, placeOf: PlaceOf): Requirements {
  const out: { quality?: number; latencyP95Ms?: number; costPer1kUsd?: number } = {};
  for (const [name, text] of Object.entries(wanted)) {
    const place = placeOf(["require", name]);
    const isQuality = name === measure || name === "score" || name === "quality";
    const read = isQuality
      ? parseQuality
      : name === "latency_p95"
        ? parseLatency
        : name === "cost_per_1k"
          ? parseCost
          : undefined;
    if (read === undefined) {
      const hint = `A requirement is on ${measure}, latency_p95 or cost_per_1k.`;
      throw bad(
        name === "accuracy" ? `accuracy is required, but ${measure} is measured.` : `require: ${name} is not known.`,
        hint,
        place,
      );
    }
    const parsed = read(text);
    if ("problem" in parsed) throw bad(`require.${name}: "${text}" can't be held.`, parsed.problem, place);
    const key = isQuality ? "quality" : name === "latency_p95" ? "latencyP95Ms" : "costPer1kUsd";
    if (out[key] !== undefined) {
      throw bad(`require.${name} says again what another line says of the score.`, "Keep one of the two.", place);
    }
    out[key] = parsed.value;
  }
  return out;
}

function firstProblem(error: z.ZodError, placeOf: PlaceOf): TaskError {
  const [issue] = error.issues;
  if (issue === undefined) return bad("The document is not a task.", "See the example in the docs.", placeOf([]));
  const deep = deepest(issue);
  const path = deep.path.filter((part): part is string | number => typeof part !== "symbol");
  if (deep.code === "unrecognized_keys") {
    const [key = ""] = deep.keys;
    const place = placeOf([...path, key]);
    const where = path.length === 0 ? "A task has" : `${path.join(".")} takes`;
    return bad(
      `${key} is not known here.`,
      `${where}: ${path.length === 0 ? known.join(", ") : "enum, list or object"}.`,
      place,
    );
  }
  const isMissing = path.length === 1 && deep.code === "invalid_type" && String(deep.message).includes("undefined");
  const name = path.join(".");
  const message = isMissing ? `${name} is missing.` : `${name === "" ? "task" : name}: ${sentence(deep.message)}`;
  return bad(message, hintFor(String(path[0] ?? "")), placeOf(path));
}

/** Of alternatives that all fail, the one that came furthest: it was meant. */
function deepest(issue: z.core.$ZodIssue): z.core.$ZodIssue {
  if (issue.code !== "invalid_union" || issue.errors.length === 0) return issue;
  const all = issue.errors.flat().map(deepest);
  const meant = all.filter(({ code, path }) => path.length > 0 || code === "unrecognized_keys");
  const best = meant.reduce<z.core.$ZodIssue | undefined>(
    (best, one) => (best === undefined || weight(one) > weight(best) ? one : best),
    undefined,
  );
  return best === undefined ? issue : { ...best, path: [...issue.path, ...best.path] };
}

function weight({ code, path }: z.core.$ZodIssue): number {
  return path.length * 2 + (code === "custom" || code === "too_small" ? 2 : code === "invalid_type" ? -1 : 0);
}

function hintFor(part: string): string {
  if (part === "input" || part === "output") {
    return "A field is string, number, integer, boolean, {enum: […]}, {list: …} or {object: {…}}.";
  }
  if (part === "examples") return "For instance support-triage@latest, or examples.csv beside this document.";
  return `A task has: ${known.join(", ")}.`;
}

function sentence(text: string): string {
  const first = text.slice(0, 1).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
}

function bad(message: string, hint: string, place?: { line: number; column: number }): TaskError {
  const where = place === undefined ? "" : `Line ${place.line}, column ${place.column}: `;
  return new TaskError("bad-document", `${where}${message}`, hint, place);
}

/** What a document's stored form is parsed by. */
export const storedDocument = z.custom<TaskDocument>(
  (value) => typeof value === "object" && value !== null && "task" in value && "require" in value,
);

/** A task as YAML, as a person would have written it. */
export function taskYaml(document: TaskDocument): string {
  const { confidence, require: wanted, ...rest } = document;
  const { costPer1kUsd, latencyP95Ms, quality } = wanted;
  const said = {
    ...(quality !== undefined && { [document.measure]: `>= ${quality}` }),
    ...(latencyP95Ms !== undefined && { latency_p95: `<= ${latencyP95Ms}ms` }),
    ...(costPer1kUsd !== undefined && { cost_per_1k: `<= ${usdText(costPer1kUsd)} USD` }),
  };
  const { examples, input, instruction, measure, output, prefer, task } = rest;
  return stringify(
    {
      task,
      instruction,
      input,
      output,
      examples,
      measure,
      ...(Object.keys(said).length > 0 && { require: said }),
      prefer,
      ...(confidence !== 0.8 && { confidence }),
    },
    { lineWidth: 110 },
  );
}

/** Line by line, what a new document changes: the same lines are left out. */
export function documentChanges(before: TaskDocument | undefined, after: TaskDocument): string[] {
  const then = before === undefined ? {} : flat(before);
  const now = flat(after);
  const names = [...new Set([...Object.keys(then), ...Object.keys(now)])];
  return names.flatMap((name) => {
    if (then[name] === now[name]) return [];
    if (then[name] === undefined) return [`+ ${name}: ${now[name]}`];
    if (now[name] === undefined) return [`- ${name}: ${then[name]}`];
    return [`~ ${name}: ${then[name]} → ${now[name]}`];
  });
}

function flat(value: unknown, prefix = ""): Record<string, string> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return { [prefix]: JSON.stringify(value) };
  return Object.assign(
    {},
    ...Object.entries(value).map(([name, one]) => flat(one, prefix === "" ? name : `${prefix}.${name}`)),
  );
}
