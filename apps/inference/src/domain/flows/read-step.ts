import type { z } from "zod";
import {
  type Action,
  type Body,
  type SaidSettings,
  type Step,
  type StepKind,
  settingsOf,
  stepKinds,
  stepShapes,
} from "./steps.ts";
import { type Path, type PlaceOf, problem } from "./yaml.ts";

const kindsSaid = "A step is one of: task, model, prompt, retrieve, http, mcp, code, map, branch, loop, approve.";
/** Bodies within bodies. */
const deepest = 6;

/**
 * Reads one step as it was written.
 * @throws FlowError `bad-document`
 */
export function readStep(raw: unknown, path: Path, placeOf: PlaceOf): Step {
  const said = path.join(".");
  if (typeof raw !== "object" || raw === null || Array.isArray(raw)) {
    throw problem(`${said} is no step.`, kindsSaid, placeOf(path));
  }
  const { try: others, ...own } = { ...raw } as Readonly<Record<string, unknown>>;
  const first = readOne(own, path, placeOf);
  if (others === undefined) return { ...first, ways: [] };
  if (!Array.isArray(others) || others.length < 2 || others.length > 12) {
    throw problem(
      `${said}.try lists the ways among which the planner chooses: 2 to 12 of them.`,
      "For instance try: [{ by: words }, { by: hybrid }].",
      placeOf([...path, "try"]),
    );
  }
  const ways = others.map((other: unknown, i) => {
    const at = [...path, "try", i];
    if (typeof other !== "object" || other === null || Array.isArray(other)) {
      throw problem(`${at.join(".")} says what is different in this way.`, "For instance { top: 3 }.", placeOf(at));
    }
    const { name, ...changed } = { ...other } as Readonly<Record<string, unknown>>;
    const way = readOne({ ...kept(own, changed), ...changed }, path, (inside) =>
      placeOf([...at, ...inside.slice(path.length)]),
    );
    return { name: typeof name === "string" ? name : wayName(changed), action: way.action };
  });
  const [chosen] = ways;
  const twice = ways.find(({ name }, i) => ways.findIndex((one) => one.name === name) !== i);
  if (twice !== undefined) {
    throw problem(
      `${said}.try: two ways are named ${twice.name}.`,
      "Give each a name of its own: name: …",
      placeOf([...path, "try"]),
    );
  }
  return { ...first, ...(chosen && { action: chosen.action }), ways };
}

/** What a way keeps of the step: all that it does not change, or its settings where it does something else. */
function kept(own: Readonly<Record<string, unknown>>, changed: Readonly<Record<string, unknown>>) {
  if (!stepKinds.some((kind) => kind in changed && !(kind in own))) return own;
  return Object.fromEntries(
    Object.entries(own).filter(([name]) => ["retries", "timeout", "cache", "after"].includes(name)),
  );
}

function wayName(changed: Readonly<Record<string, unknown>>): string {
  const parts = Object.entries(changed).map(
    ([key, value]) => `${key} ${typeof value === "string" ? value : JSON.stringify(value)}`,
  );
  return parts.join(", ").replaceAll(/\s+/g, " ").slice(0, 60) || "as it is";
}

function kindOf(raw: Readonly<Record<string, unknown>>, path: Path, placeOf: PlaceOf): StepKind {
  // A model's step has a prompt too.
  const kinds = stepKinds.filter((kind) => kind in raw && !(kind === "prompt" && "model" in raw));
  const [kind, second] = kinds;
  if (kind !== undefined && second === undefined) return kind;
  const what = kind === undefined ? "does not say what it does" : `is both ${kind} and ${second}`;
  throw problem(`${path.join(".")} ${what}.`, kindsSaid, placeOf(path));
}

function readOne(raw: Readonly<Record<string, unknown>>, path: Path, placeOf: PlaceOf): Step {
  if (path.length > deepest * 3)
    throw problem(`${path.join(".")} is too deep.`, "Take a part out into a task or a flow of its own.", placeOf(path));
  const kind = kindOf(raw, path, placeOf);
  const action = actionOf(kind, raw, path, placeOf);
  return { ...action, ways: [] };
}

function parsed<S extends z.ZodType>(shape: S, raw: unknown, path: Path, placeOf: PlaceOf): z.output<S> {
  const result = shape.safeParse(raw);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw issueProblem(issue, path, placeOf);
}

/** One issue of zod's as a sentence at its line. */
export function issueProblem(issue: z.core.$ZodIssue | undefined, path: Path, placeOf: PlaceOf) {
  const deep = issue && deepestIssue(issue);
  const inside = (deep?.path ?? []).filter((part): part is string | number => typeof part !== "symbol");
  const at = [...path, ...inside];
  const said = at.join(".");
  if (deep?.code === "unrecognized_keys") {
    const [key = ""] = deep.keys;
    return problem(
      `${said === "" ? "" : `${said}: `}${key} is not known here.`,
      "Look at its spelling.",
      placeOf([...at, key]),
    );
  }
  const isMissing = deep?.code === "invalid_type" && deep.message.includes("undefined");
  const message = deep?.message ?? "It does not fit.";
  return problem(
    isMissing ? `${said} is missing.` : `${said}: ${/[.!?]$/.test(message) ? message : `${message}.`}`,
    "docs/flows.md shows each kind of step.",
    placeOf(at),
  );
}

function deepestIssue(issue: z.core.$ZodIssue): z.core.$ZodIssue {
  if (issue.code !== "invalid_union" || issue.errors.length === 0) return issue;
  const inner = issue.errors.flat().map(deepestIssue);
  const best = inner.sort((a, b) => b.path.length - a.path.length)[0];
  return best === undefined || best.path.length === 0 ? issue : { ...best, path: [...issue.path, ...best.path] };
}

function actionOf(
  kind: StepKind,
  raw: Readonly<Record<string, unknown>>,
  path: Path,
  placeOf: PlaceOf,
): Omit<Step, "ways"> {
  const body = (
    said: { readonly steps: Readonly<Record<string, unknown>>; readonly output: Body["output"] },
    at: Path,
  ): Body => ({
    steps: Object.fromEntries(
      Object.entries(said.steps).map(([name, one]) => [name, readStep(one, [...at, "steps", name], placeOf)]),
    ),
    output: said.output,
  });
  const made = <S extends z.ZodType<SaidSettings>>(shape: S, action: (said: z.output<S>) => Action) => {
    const said = parsed(shape, raw, path, placeOf);
    return { ...settingsOf(kind, said), action: action(said) };
  };
  switch (kind) {
    case "task":
      return made(stepShapes.task, ({ input, task }) => ({ kind: "task", task, input }));
    case "model":
      return made(stepShapes.model, ({ max_tokens, model, output, prompt, system, temperature, too_long }) => ({
        kind: "model",
        model,
        prompt,
        system: system ?? null,
        maxTokens: max_tokens,
        temperature,
        output: output ?? null,
        ...(too_long === "cut" && { tooLong: too_long }),
      }));
    case "prompt":
      return made(stepShapes.prompt, ({ max_tokens, prompt, variables }) => ({
        kind: "prompt",
        prompt,
        variables,
        maxTokens: max_tokens,
      }));
    case "retrieve":
      return made(stepShapes.retrieve, ({ by, query, retrieve, top }) => ({
        kind: "retrieve",
        collection: retrieve,
        query,
        top,
        by,
      }));
    case "http":
      return made(stepShapes.http, ({ http: { body: sent, headers, method, url }, output }) => ({
        kind: "http",
        method,
        url,
        headers,
        body: sent ?? null,
        output,
      }));
    case "mcp":
      return made(stepShapes.mcp, ({ mcp, output }) => ({ kind: "mcp", ...mcp, output }));
    case "code":
      return made(stepShapes.code, ({ code, output, with: given }) => ({ kind: "code", code, with: given, output }));
    case "map":
      return made(stepShapes.map, ({ as, at_once, map, output, steps }) => ({
        kind: "map",
        over: map,
        as,
        at_once,
        body: body({ steps, output }, path),
      }));
    case "branch":
      return made(stepShapes.branch, ({ branch, cases, else: otherwise }) => ({
        kind: "branch",
        on: branch,
        cases: Object.fromEntries(
          Object.entries(cases).map(([name, one]) => [name, body(one, [...path, "cases", name])]),
        ),
        otherwise: otherwise === undefined ? null : body(otherwise, [...path, "else"]),
      }));
    case "loop":
      return made(stepShapes.loop, ({ loop, most, output, steps, until }) => ({
        kind: "loop",
        from: loop,
        until,
        most,
        body: body({ steps, output }, path),
      }));
    case "approve":
      return made(stepShapes.approve, ({ approve, refused }) => ({ kind: "approve", question: approve, refused }));
  }
}
