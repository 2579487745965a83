import { z } from "zod";
import type { Expression } from "./expression.ts";
import { type FlowFields, type FlowType, flowFields, flowType } from "./types.ts";

/** What every step may say beside what it does. Times in ms. */
export interface StepSettings {
  /** Tries after the first. */
  readonly retries: number;
  /** Of one try. */
  readonly timeoutMs: number;
  /** How long an output stands for the same input; null: it is made each time. */
  readonly cacheMs: number | null;
  /** Steps that must have ended before, though nothing of theirs is used. */
  readonly after: readonly string[];
}

export type Fields = Readonly<Record<string, Expression>>;

/** Steps of their own, and what of them is handed out. */
export interface Body {
  readonly steps: Readonly<Record<string, Step>>;
  readonly output: Expression;
}

export const searches = ["hybrid", "words", "meaning"] as const;
export type Search = (typeof searches)[number];

export type Action =
  | { readonly kind: "task"; readonly task: string; readonly input: Fields }
  | {
      readonly kind: "model";
      readonly model: string;
      readonly system: string | null;
      readonly prompt: string;
      readonly maxTokens: number;
      readonly temperature: number;
      readonly output: FlowFields | null;
      /** What becomes of a prompt beyond the model's context: the step fails, or what references stood for is cut. */
      readonly tooLong?: "fail" | "cut";
    }
  | { readonly kind: "prompt"; readonly prompt: string; readonly variables: Fields; readonly maxTokens: number }
  | {
      readonly kind: "retrieve";
      readonly collection: string;
      readonly query: string;
      readonly top: number;
      readonly by: Search;
    }
  | {
      readonly kind: "http";
      readonly method: string;
      readonly url: string;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: Expression | null;
      readonly output: FlowType;
    }
  | {
      readonly kind: "mcp";
      readonly url: string;
      readonly tool: string;
      readonly headers: Readonly<Record<string, string>>;
      readonly arguments: Fields;
      readonly output: FlowType;
    }
  | { readonly kind: "code"; readonly code: string; readonly with: Fields; readonly output: FlowFields }
  | {
      readonly kind: "map";
      readonly over: Expression;
      readonly as: string;
      readonly at_once: number;
      readonly body: Body;
    }
  | {
      readonly kind: "branch";
      readonly on: string;
      readonly cases: Readonly<Record<string, Body>>;
      readonly otherwise: Body | null;
    }
  | {
      readonly kind: "loop";
      readonly from: Fields;
      readonly until: string;
      readonly most: number;
      readonly body: Body;
    }
  | { readonly kind: "approve"; readonly question: string; readonly refused: "stop" | "go-on" };

export type StepKind = Action["kind"];

export interface Step extends StepSettings {
  readonly action: Action;
  /** Other ways to do the same, this one first; empty where there is one way. */
  readonly ways: readonly { readonly name: string; readonly action: Action }[];
}

export const stepName = z
  .string()
  .regex(/^[a-z][a-z0-9_-]{0,39}$/, "A step's name has small letters, digits, - and _, and begins with a letter.");

export const expression: z.ZodType<Expression> = z
  .unknown()
  .refine((value) => value !== undefined, "It is missing.")
  .pipe(z.json());
const exprs = z.record(z.string().min(1).max(64), expression);
const text = z.string().trim().min(1, "It is empty.").max(100_000, "It has at most 100,000 characters.");
const name = z.string().trim().min(1).max(512);
const headers = z.record(z.string().regex(/^[\w-]{1,100}$/, "A header's name has letters, digits and -."), text);

/** `30s`, `500 ms`, `1h`, as ms. */
const span = z.string().transform((said, context) => {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)\s*(ms|s|min|h|d)$/.exec(said.trim()) ?? [];
  if (digits === undefined || unit === undefined) {
    context.addIssue({ code: "custom", message: 'A time has its unit: "500ms", "30s", "5min", "1h", "1d".' });
    return z.NEVER;
  }
  return (
    Number(digits) *
    { ms: 1, s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000 }[unit as "ms" | "s" | "min" | "h" | "d"]
  );
});

const settings = {
  retries: z.int().min(0).max(10).optional(),
  timeout: span.pipe(z.number().min(1).max(3_600_000, "At most an hour.")).optional(),
  cache: span.pipe(z.number().max(30 * 86_400_000, "At most 30 days.")).optional(),
  after: z.union([stepName.transform((one) => [one]), z.array(stepName).max(50)]).optional(),
};

const rawBody = z.strictObject({ steps: z.record(stepName, z.unknown()).default({}), output: expression });

const shapes = {
  task: z.strictObject({ ...settings, task: name, input: exprs }),
  model: z.strictObject({
    ...settings,
    model: name,
    system: text.optional(),
    prompt: text,
    max_tokens: z.int().min(1).max(100_000).default(256),
    temperature: z.number().min(0).max(2).default(0),
    output: flowFields.optional(),
    too_long: z.enum(["fail", "cut"], "It is fail or cut.").default("fail"),
  }),
  prompt: z.strictObject({
    ...settings,
    prompt: name,
    variables: exprs.default({}),
    max_tokens: z.int().min(1).max(100_000).default(256),
  }),
  retrieve: z.strictObject({
    ...settings,
    retrieve: name,
    query: text,
    top: z.int("A whole number of passages.").min(1).max(100, "At most 100 passages.").default(5),
    by: z.enum(searches, "It is hybrid, words or meaning.").default("hybrid"),
  }),
  http: z.strictObject({
    ...settings,
    http: z.strictObject({
      method: z
        .enum(["GET", "POST", "PUT", "PATCH", "DELETE"], "It is GET, POST, PUT, PATCH or DELETE.")
        .default("GET"),
      url: text,
      headers: headers.default({}),
      body: expression.optional(),
    }),
    output: flowType.default("any"),
  }),
  mcp: z.strictObject({
    ...settings,
    mcp: z.strictObject({ url: text, tool: name, headers: headers.default({}), arguments: exprs.default({}) }),
    output: flowType.default("any"),
  }),
  code: z.strictObject({ ...settings, code: text, with: exprs.default({}), output: flowFields }),
  map: z.strictObject({
    ...settings,
    map: expression,
    as: stepName.default("item"),
    at_once: z.int().min(1).max(64).default(8),
    ...rawBody.shape,
  }),
  branch: z.strictObject({
    ...settings,
    branch: text,
    cases: z.record(z.string().max(200), rawBody),
    else: rawBody.optional(),
  }),
  loop: z.strictObject({
    ...settings,
    loop: exprs,
    most: z.int("A whole number of rounds.").min(1).max(100, "At most 100 rounds."),
    until: text,
    ...rawBody.shape,
  }),
  approve: z.strictObject({
    ...settings,
    approve: text,
    refused: z.enum(["stop", "go-on"], "It is stop or go-on.").default("stop"),
  }),
};

export const stepShapes = shapes;
export const stepKinds: readonly StepKind[] = Object.keys(shapes).filter((one): one is StepKind => one in shapes);

/** How long one try may take where a step does not say, in ms. */
const usualTimeout: Readonly<Record<StepKind, number>> = {
  task: 120_000,
  model: 120_000,
  prompt: 120_000,
  retrieve: 30_000,
  http: 30_000,
  mcp: 60_000,
  code: 2000,
  map: 3_600_000,
  branch: 3_600_000,
  loop: 3_600_000,
  approve: 3_600_000,
};

/** Settings as they were written. */
export interface SaidSettings {
  readonly retries?: number | undefined;
  readonly timeout?: number | undefined;
  readonly cache?: number | undefined;
  readonly after?: readonly string[] | undefined;
}

export function settingsOf(kind: StepKind, said: SaidSettings): StepSettings {
  const { after = [], cache, retries, timeout } = said;
  return {
    // Steps of steps are tried again one by one; a person is asked once; code gives the same each time.
    retries: retries ?? (["map", "branch", "loop", "approve", "code"].includes(kind) ? 0 : 2),
    timeoutMs: timeout ?? usualTimeout[kind],
    cacheMs: cache ?? null,
    after,
  };
}
