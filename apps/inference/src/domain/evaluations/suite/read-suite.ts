import type { Json, NewExample } from "@tugboat/db";
import { LineCounter, parseDocument } from "yaml";
import { z } from "zod";
import { inputKey, type SuiteCheck, type SuiteSpec } from "../../evaluators/spec.ts";
import { type PromptContent, placeholdersIn, promptContent } from "../../prompts/content.ts";
import { EvaluationError } from "../config.ts";
import { assertion, readAssertion, type SuiteModels } from "./assertions.ts";

const vars = z.record(z.string(), z.json());
const oneTest = z.looseObject({
  description: z.string().optional(),
  vars: vars.default({}),
  assert: z.array(assertion).default([]),
  threshold: z.number().min(0).max(1).optional(),
});
const provider = z.union([
  z.string().min(1),
  z.looseObject({
    id: z.string().min(1),
    label: z.string().optional(),
    config: z.looseObject({ temperature: z.number().optional(), max_tokens: z.number().optional() }).default({}),
  }),
]);
const prompt = z.union([
  z.string().min(1),
  z.looseObject({ id: z.string().optional(), label: z.string().optional(), raw: z.string().optional() }),
]);
const document = z.looseObject({
  description: z.string().optional(),
  prompts: z.array(prompt).min(1, "A suite has at least one prompt."),
  providers: z.array(provider).min(1, "A suite has at least one provider."),
  tests: z.union([z.string(), z.array(oneTest)]).default([]),
  defaultTest: oneTest.partial().optional(),
});

/** Parts of a suite that change nothing of what is compared. */
const harmless = new Set([
  "$schema",
  "description",
  "prompts",
  "providers",
  "tests",
  "defaultTest",
  "sharing",
  "outputPath",
  "tags",
]);
const mostTests = 2000;
const mostCandidates = 8;

export interface Suite {
  readonly name: string;
  readonly prompts: readonly { readonly name: string; readonly content: PromptContent }[];
  /** As the suite names them. */
  readonly providers: readonly {
    readonly id: string;
    readonly label: string;
    readonly temperature: number;
    readonly maxTokens: number;
  }[];
  readonly examples: readonly NewExample[];
  readonly spec: SuiteSpec;
  /** Whether a model judges any of it. */
  readonly judges: boolean;
  /** What of the suite is left out, once each, with how often. */
  readonly notSupported: readonly { readonly what: string; readonly times: number }[];
}

/**
 * Reads a suite in the form that promptfoo made known: prompts × providers × tests with assertions.
 * @throws EvaluationError `invalid`, with the line, for what is no suite
 */
export function readSuite(text: string, models: SuiteModels = { judge: "tug-small" }): Suite {
  const read = document.safeParse(parsed(text));
  if (!read.success) {
    const [issue] = read.error.issues;
    throw invalid(`${issue?.path.join(".") || "The suite"}: ${issue?.message ?? "this is no suite"}`);
  }
  const { data } = read;
  const left = new Left();
  for (const key of Object.keys(data)) if (!harmless.has(key)) left.add(`the setting ${key}`);
  const name = slug(data.description ?? "suite");
  const tests = testsOf(data, left);
  const variables = [...new Set(tests.flatMap((one) => Object.keys(one.vars)))];
  const prompts = promptsOf(data.prompts, name, variables, left);
  const providers = data.providers.map((one) => {
    const { config, id, label } = typeof one === "string" ? { id: one, label: undefined, config: {} } : one;
    const { max_tokens: maxTokens = 256, temperature = 0, ...rest } = config;
    for (const key of Object.keys(rest)) left.add(`the provider's setting ${key}`);
    return { id, label: label ?? id, temperature, maxTokens: Math.max(1, Math.round(maxTokens)) };
  });
  if (prompts.length * providers.length > mostCandidates) {
    throw invalid(
      `${prompts.length} prompts on ${providers.length} providers are more than ${mostCandidates} candidates.`,
    );
  }
  const each: SuiteSpec["each"] = {};
  const examples: NewExample[] = [];
  for (const test of tests) {
    const checks: SuiteCheck[] = [];
    for (const one of test.assert) {
      const made = readAssertion(one, test.vars, models);
      if ("check" in made) checks.push(made.check);
      else left.add(made.unsupported);
    }
    const input: Json = test.vars;
    const known = each[inputKey(input)];
    if (known === undefined)
      examples.push({ input, expected: expectedOf(checks), tags: [], origin: { kind: "suite" } });
    else checks.unshift(...known.checks);
    each[inputKey(input)] = {
      checks: checks.slice(0, 50),
      ...(test.threshold !== undefined && { atLeast: test.threshold }),
    };
  }
  const judges = Object.values(each).some(({ checks }) =>
    checks.some(({ spec }) => spec.kind === "judge" || spec.kind === "embedding"),
  );
  return {
    name,
    prompts,
    providers,
    examples,
    spec: { kind: "suite", all: [], each },
    judges,
    notSupported: left.list,
  };
}

/** Counts what is left out. */
class Left {
  readonly #times = new Map<string, number>();

  add(what: string): void {
    this.#times.set(what, (this.#times.get(what) ?? 0) + 1);
  }

  get list() {
    return [...this.#times].map(([what, times]) => ({ what, times }));
  }
}

function parsed(text: string): unknown {
  const lines = new LineCounter();
  const doc = parseDocument(text, { lineCounter: lines });
  const [error] = doc.errors;
  if (error !== undefined) {
    const { line, col } = lines.linePos(error.pos[0]);
    throw invalid(`Line ${line}, column ${col}: ${error.message.split("\n")[0]}`);
  }
  try {
    return doc.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw invalid(error instanceof Error ? error.message : String(error));
  }
}

type Test = z.output<typeof oneTest>;

/** With the defaults put in, and a test for each combination where a variable lists several values. */
function testsOf({ defaultTest, tests }: z.output<typeof document>, left: Left): Test[] {
  if (typeof tests === "string") {
    throw invalid(`The tests lie in ${tests}: write them into the suite, or import that file as a dataset.`);
  }
  const whole = (tests.length === 0 ? [oneTest.parse({})] : tests).flatMap((test): Test[] => {
    for (const key of Object.keys(test)) {
      if (!["description", "vars", "assert", "threshold", "metadata"].includes(key))
        left.add(`a test's setting ${key}`);
    }
    const threshold = test.threshold ?? defaultTest?.threshold;
    return combined({ ...defaultTest?.vars, ...test.vars }, left).map((values) => ({
      vars: values,
      assert: [...(defaultTest?.assert ?? []), ...test.assert],
      ...(threshold !== undefined && { threshold }),
    }));
  });
  if (whole.length > mostTests) throw invalid(`${whole.length} tests are more than ${mostTests}.`);
  if (whole.every((test) => test.assert.length === 0))
    throw invalid("No test asserts anything, so nothing could be judged.");
  return whole;
}

function combined(values: z.output<typeof vars>, left: Left): z.output<typeof vars>[] {
  let all: z.output<typeof vars>[] = [{}];
  for (const [name, value] of Object.entries(values)) {
    if (typeof value === "string" && value.startsWith("file://")) {
      left.add("variables in files");
      continue;
    }
    const options = Array.isArray(value) ? value : [value];
    all = all.flatMap((before) => options.map((one) => ({ ...before, [name]: one })));
    if (all.length > mostTests) throw invalid(`The variable ${name} makes more than ${mostTests} tests.`);
  }
  return all;
}

function promptsOf(
  given: z.output<typeof document>["prompts"],
  suite: string,
  variables: readonly string[],
  left: Left,
) {
  const made = given.flatMap((one, at) => {
    const raw = typeof one === "string" ? one : (one.raw ?? one.id ?? "");
    const called = typeof one === "string" ? `${suite}-${at + 1}` : slug(one.label ?? one.id ?? `${suite}-${at + 1}`);
    if (/^(file|https?):\/\//.test(raw) || /\.(txt|md|json|js|ts|py)(:\w+)?$/.test(raw.trim())) {
      left.add(`the prompt in ${raw.slice(0, 80)}`);
      return [];
    }
    if (/\{%|\{\{[^}]*\|/.test(raw)) left.add("conditions, loops and filters within prompts");
    const messages = messagesOf(raw);
    const names = [...new Set([...placeholdersIn(messages.map(({ content }) => content))])];
    const undeclared = names.filter((name) => !variables.includes(name));
    const content = promptContent.safeParse({
      model: "to-be-chosen",
      messages,
      variables: names.map((name) => ({ name, type: "json", required: !undeclared.includes(name) })),
    });
    if (!content.success) throw invalid(`prompts.${at}: ${content.error.issues[0]?.message ?? "this is no prompt"}`);
    return [{ name: called, content: content.data }];
  });
  if (made.length === 0) throw invalid("Every prompt of the suite lies in a file: write them into the suite.");
  const seen = new Set<string>();
  return made.map(({ content, name }, at) => {
    const own = seen.has(name) ? `${name}-${at + 1}` : name;
    seen.add(own);
    return { name: own, content };
  });
}

const messageList = z.array(z.object({ role: z.enum(["system", "user", "assistant"]), content: z.string() })).min(1);

/** A prompt is a text, or the JSON of a chat. */
function messagesOf(raw: string) {
  try {
    const chat = messageList.safeParse(JSON.parse(raw)).data;
    if (chat !== undefined) return chat;
  } catch {
    // A text, then.
  }
  return [{ role: "user" as const, content: raw }];
}

/** What the answer is compared with, where a single check says that whole: it is shown beside the answers. */
function expectedOf(checks: readonly SuiteCheck[]): Json {
  return (
    checks.find(({ expected, not, spec }) => !not && expected !== undefined && spec.kind !== "embedding")?.expected ??
    null
  );
}

export function slug(text: string): string {
  const made = text
    .toLowerCase()
    .normalize("NFKD")
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 50);
  return made === "" ? "suite" : made;
}

function invalid(message: string): EvaluationError {
  return new EvaluationError("invalid", message, "The guide for experts shows a suite that can be imported.");
}
