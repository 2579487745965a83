import { z } from "zod";
import { canonical } from "../tasks/examples.ts";
import { parseCost, parseLatency, parseQuality, type Requirements } from "../tasks/requirements.ts";
import { type CheckedFlow, checkFlow, type KnownNames } from "./check.ts";
import type { Expression } from "./expression.ts";
import { issueProblem, readStep } from "./read-step.ts";
import { expression, type Step, stepName } from "./steps.ts";
import { type FlowFields, flowFields } from "./types.ts";
import { type PlaceOf, problem, readYaml } from "./yaml.ts";

export type FlowPreference = "quality" | "latency" | "cost";

/** How a run's output is judged while planning. */
export interface FlowMeasure {
  /** `name@version` of a dataset whose inputs are the flow's. */
  readonly questions: string;
  /** TypeScript with `function score(output, expected)`, which gives a number from 0 to 1. */
  readonly score: string;
}

/** A compound: what goes in, the steps, what comes out. */
export interface FlowDocument {
  readonly flow: string;
  readonly description: string;
  readonly input: FlowFields;
  readonly steps: Readonly<Record<string, Step>>;
  readonly output: Expression;
  /** How many steps of one run may be at work at once. */
  readonly concurrency: number;
  readonly measure: FlowMeasure | null;
  readonly require: Requirements;
  readonly prefer: FlowPreference;
}

export const flowName = z
  .string("A flow needs a name.")
  .regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, "A flow's name has small letters, digits, and . _ - between them.");

const shape = z.strictObject({
  flow: flowName,
  description: z.string().trim().max(2000).default(""),
  input: flowFields.refine((all) => Object.keys(all).length > 0, "A flow takes at least one field."),
  steps: z.record(stepName, z.unknown()).refine((all) => Object.keys(all).length > 0, "A flow has at least one step."),
  output: expression,
  concurrency: z.int().min(1).max(64).default(8),
  measure: z
    .strictObject({
      questions: z.string("Name a dataset and its version.").trim().min(1).max(400),
      score: z.string("TypeScript that declares function score(output, expected).").min(1).max(20_000),
    })
    .optional(),
  require: z.record(z.string(), z.union([z.string(), z.number().transform(String)])).default({}),
  prefer: z.enum(["quality", "latency", "cost"], "It is quality, latency or cost.").default("quality"),
});

/** A flow's document, and what its checking found out. */
export interface ReadFlow {
  readonly document: FlowDocument;
  readonly checked: CheckedFlow;
}

/**
 * Reads a flow of YAML and checks all of it: names, connections, types, that no step waits for itself.
 * @throws FlowError `bad-document` with line and column
 */
export function readFlowYaml(text: string, names: KnownNames): ReadFlow {
  const { placeOf, value } = readYaml(text);
  return readFlow(value, names, placeOf);
}

/**
 * The same of data.
 * @throws FlowError `bad-document`
 */
export function readFlow(value: unknown, names: KnownNames, placeOf: PlaceOf = () => undefined): ReadFlow {
  const document = parseFlow(value, placeOf);
  return { document, checked: checkFlow(document, names, placeOf) };
}

/**
 * Reads a document's form, without a look at what its names stand for.
 * @throws FlowError `bad-document`
 */
export function parseFlow(value: unknown, placeOf: PlaceOf = () => undefined): FlowDocument {
  const parsed = shape.safeParse(value);
  if (!parsed.success) throw issueProblem(parsed.error.issues[0], [], placeOf);
  const { measure, require: wanted, steps, ...rest } = parsed.data;
  return {
    ...rest,
    measure: measure ?? null,
    require: requirementsOf(wanted, placeOf),
    steps: Object.fromEntries(
      Object.entries(steps).map(([name, one]) => [name, readStep(one, ["steps", name], placeOf)]),
    ),
  };
}

function requirementsOf(wanted: Readonly<Record<string, string>>, placeOf: PlaceOf): Requirements {
  const out: { quality?: number; latencyP95Ms?: number; costPer1kUsd?: number } = {};
  const readers = {
    quality: ["quality", parseQuality],
    latency_p95: ["latencyP95Ms", parseLatency],
    cost_per_1k: ["costPer1kUsd", parseCost],
  } as const;
  for (const [name, text] of Object.entries(wanted)) {
    const place = placeOf(["require", name]);
    if (name !== "quality" && name !== "latency_p95" && name !== "cost_per_1k") {
      throw problem(
        `require: ${name} is not known.`,
        "A requirement is on quality, latency_p95 or cost_per_1k.",
        place,
      );
    }
    const [key, read] = readers[name];
    const parsed = read(text);
    if ("problem" in parsed) throw problem(`require.${name}: "${text}" can't be held.`, parsed.problem, place);
    out[key] = parsed.value;
  }
  return out;
}

/** What a document's stored form is parsed by. */
export const storedFlow = z.custom<FlowDocument>(
  (value) => typeof value === "object" && value !== null && "flow" in value && "steps" in value,
);

/** Line by line, what a new document changes. */
export function flowChanges(before: FlowDocument | undefined, after: FlowDocument): string[] {
  const then = before === undefined ? {} : flat(before);
  const now = flat(after);
  return [...new Set([...Object.keys(then), ...Object.keys(now)])].flatMap((name) => {
    if (then[name] === now[name]) return [];
    if (then[name] === undefined) return [`+ ${name}: ${now[name]}`];
    if (now[name] === undefined) return [`- ${name}: ${then[name]}`];
    return [`~ ${name}: ${then[name]} → ${now[name]}`];
  });
}

function flat(value: unknown, prefix = ""): Record<string, string> {
  if (typeof value !== "object" || value === null || Array.isArray(value) || Object.keys(value).length === 0) {
    // The database keeps an object's fields in an order of its own.
    return { [prefix]: canonical(value) };
  }
  return Object.assign(
    {},
    ...Object.entries(value).map(([name, one]) => {
      // A step's action is the step, to whoever reads.
      const path = name === "action" ? prefix : prefix === "" ? name : `${prefix}.${name}`;
      return flat(one, path);
    }),
  );
}
