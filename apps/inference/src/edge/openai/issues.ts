import type { z } from "zod";
import { type ApiError, invalidRequest } from "../errors.ts";

type Issue = z.core.$ZodIssue;

/**
 * The first fault that a schema found, as OpenAI words it.
 * @param root the value that was parsed, to tell a missing field from one of the wrong type
 */
export function schemaError(error: z.ZodError, root: unknown): ApiError {
  const issue = error.issues[0];
  if (issue === undefined) return invalidRequest("invalid_value", "The request is not valid.");
  const { path, inner } = deepest(issue, []);
  return describe(inner, path, valueAt(root, path));
}

interface Found {
  readonly path: readonly PropertyKey[];
  readonly inner: Issue;
}

/**
 * Follows a union to the alternative that the sender most likely meant: one whose types fit, else the one that got
 * furthest.
 */
function deepest(issue: Issue, prefix: readonly PropertyKey[]): Found {
  const here: Found = { path: [...prefix, ...issue.path], inner: issue };
  if (issue.code !== "invalid_union") return here;
  let best = here;
  for (const [first] of issue.errors) {
    if (first === undefined) continue;
    const found = deepest(first, here.path);
    const fits = (one: Found) => one.inner.code !== "invalid_type" && one !== here;
    const further = fits(found) === fits(best) ? found.path.length > best.path.length : fits(found);
    if (further) best = found;
  }
  return best;
}

function describe(issue: Issue, path: readonly PropertyKey[], value: unknown): ApiError {
  const param = formatPath(path) || null;
  const at = param === null ? "the request" : `'${param}'`;
  switch (issue.code) {
    case "unrecognized_keys": {
      const key = [...path, issue.keys[0] ?? ""];
      const name = formatPath(key);
      return invalidRequest("unknown_parameter", `Unknown parameter: '${name}'.`, name);
    }
    case "invalid_type":
      if (value === undefined && param !== null) {
        return invalidRequest("missing_required_parameter", `Missing required parameter: '${param}'.`, param);
      }
      return invalidRequest(
        "invalid_type",
        `Invalid type for ${at}: expected ${expected(issue.expected)}, but got ${kind(value)} instead.`,
        param,
      );
    case "invalid_union":
      if (value === undefined && param !== null) {
        return invalidRequest("missing_required_parameter", `Missing required parameter: '${param}'.`, param);
      }
      if (issue.message !== "Invalid input") return invalidRequest("invalid_value", issue.message, param);
      return invalidRequest("invalid_type", `Invalid type for ${at}: ${kind(value)} is not accepted here.`, param);
    case "too_small":
      if (issue.origin === "array") {
        const code = Number(issue.minimum) === 1 ? "empty_array" : "array_below_min_length";
        return invalidRequest(code, `Invalid ${at}: expected at least ${issue.minimum} elements.`, param);
      }
      if (issue.origin === "string") {
        return invalidRequest("string_below_min_length", `Invalid ${at}: it must not be empty.`, param);
      }
      return invalidRequest(
        `${numberKind(value)}_below_min_value`,
        `Invalid ${at}: ${issue.inclusive ? "expected a value >=" : "expected a value >"} ${issue.minimum}, but got ${show(value)} instead.`,
        param,
      );
    case "too_big":
      if (issue.origin === "array") {
        return invalidRequest(
          "array_above_max_length",
          `Invalid ${at}: expected at most ${issue.maximum} elements.`,
          param,
        );
      }
      if (issue.origin === "string") {
        return invalidRequest(
          "string_above_max_length",
          `Invalid ${at}: expected at most ${issue.maximum} characters.`,
          param,
        );
      }
      return invalidRequest(
        `${numberKind(value)}_above_max_value`,
        `Invalid ${at}: expected a value <= ${issue.maximum}, but got ${show(value)} instead.`,
        param,
      );
    case "invalid_value":
      return invalidRequest(
        "invalid_value",
        `Invalid value for ${at}: ${show(value)}. Supported values are: ${issue.values.map((v) => `'${String(v)}'`).join(", ")}.`,
        param,
      );
    case "custom": {
      const code = typeof issue.params?.code === "string" ? issue.params.code : "invalid_value";
      return invalidRequest(code, issue.message, param);
    }
    default:
      return invalidRequest("invalid_value", `Invalid ${at}: ${issue.message}.`, param);
  }
}

/** `messages[0].content`. */
export function formatPath(path: readonly PropertyKey[]): string {
  let text = "";
  for (const key of path) {
    if (typeof key === "number") text += `[${key}]`;
    else text += text === "" ? String(key) : `.${String(key)}`;
  }
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  let value = root;
  for (const key of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    value = Reflect.get(value, key);
  }
  return value;
}

function expected(type: string): string {
  const names: Record<string, string> = {
    string: "a string",
    number: "a number",
    int: "an integer",
    boolean: "a boolean",
    array: "an array",
    object: "an object",
    record: "an object",
  };
  return names[type] ?? type;
}

function kind(value: unknown): string {
  if (value === null) return "null";
  if (value === undefined) return "nothing";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "number") return Number.isInteger(value) ? "an integer" : "a decimal";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

function numberKind(value: unknown): "integer" | "decimal" {
  return Number.isInteger(value) ? "integer" : "decimal";
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
