import type { Json } from "@tugboat/db";
import { canonicalJson } from "@tugboat/db";
import { z } from "zod";
import { type Evaluate, expectedText, jsonIn, passed, unsaid } from "./judged.ts";

/** The share of fields that are equal; of those named, or of all that the expected answer has. */
export function jsonFields(fields: readonly string[] | undefined): Evaluate {
  return ({ text }, expected) => {
    const wanted = typeof expected === "string" ? jsonIn(expected) : expected;
    if (wanted === null || wanted === undefined) return unsaid;
    const said = jsonIn(text);
    if (said === undefined) return { value: 0, reason: "The answer holds no JSON." };
    const names = fields ?? (isRecord(wanted) ? Object.keys(wanted) : undefined);
    if (names === undefined || names.length === 0) return passed(canonicalJson(said) === canonicalJson(wanted));
    const wrong = names.filter((name) => !same(at(said, name), at(wanted, name)));
    const reason = wrong.length === 0 ? {} : { reason: `Other than expected: ${wrong.join(", ")}.` };
    return { value: 1 - wrong.length / names.length, ...reason };
  };
}

function isRecord(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Of a path such as `customer.name`. */
function at(value: Json, path: string): Json | undefined {
  let here: Json | undefined = value;
  for (const part of path.split(".")) {
    if (here === undefined || !isRecord(here) || !Object.hasOwn(here, part)) return undefined;
    here = here[part];
  }
  return here;
}

function same(a: Json | undefined, b: Json | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return canonicalJson(a) === canonicalJson(b);
}

/** JSON that a JSON Schema accepts. @throws Error for a schema that is none */
export function schemaValid(schema: { readonly [key: string]: Json }): Evaluate {
  const shape = z.fromJSONSchema(schema);
  return ({ text }) => {
    const said = jsonIn(text);
    if (said === undefined) return passed(false, "The answer holds no JSON.");
    const checked = shape.safeParse(said);
    const [issue] = checked.error?.issues ?? [];
    return passed(checked.success, issue && `${issue.path.join(".") || "the answer"}: ${issue.message}`);
  };
}

/** The first number of an answer is the expected one, within a tolerance; relative: a share of the expected one. */
export function numeric(tolerance: number, relative: boolean): Evaluate {
  return ({ text }, expected) => {
    const wanted = numberIn(expectedText(expected) ?? "");
    if (wanted === undefined) return { value: null, reason: "The expected answer is no number." };
    const said = numberIn(text);
    if (said === undefined) return passed(false, "The answer holds no number.");
    const most = relative ? tolerance * Math.abs(wanted) : tolerance;
    // A hair more, for what decimals lose in binary.
    return passed(Math.abs(said - wanted) <= most + 1e-12 * Math.max(1, Math.abs(wanted)), `${said} for ${wanted}`);
  };
}

function numberIn(text: string): number | undefined {
  const found = /[-−+]?(?:\d[\d,_ ]*\d|\d)?(?:\.\d+)?(?:[eE][-+]?\d+)?/g;
  for (const [match] of text.matchAll(found)) {
    if (!/\d/.test(match)) continue;
    const value = Number(match.replace("−", "-").replace(/[,_ ]/g, ""));
    if (Number.isFinite(value)) return value;
  }
  return undefined;
}

const wantedCalls = z.object({
  tool_calls: z.array(z.object({ function: z.object({ name: z.string(), arguments: z.string() }) })),
});

/** The share of calls that are right in name, arguments and, when asked, order; more calls than expected count too. */
export function toolCalls(inOrder: boolean): Evaluate {
  return ({ calls }, expected) => {
    const wanted = wantedCalls.safeParse(expected).data?.tool_calls.map(({ function: one }) => keyOf(one));
    if (wanted === undefined) return { value: null, reason: "The example expects no calls of tools." };
    const made = calls.map(keyOf);
    const most = Math.max(made.length, wanted.length);
    if (most === 0) return passed(true);
    const left = [...made];
    const right = wanted.filter((one, i) => {
      const found = inOrder ? (made[i] === one ? i : -1) : left.indexOf(one);
      if (found >= 0 && !inOrder) left.splice(found, 1);
      return found >= 0;
    }).length;
    const reason = right === most ? {} : { reason: `${right} of ${most} calls are as expected.` };
    return { value: right / most, ...reason };
  };
}

function keyOf({ arguments: given, name }: { readonly name: string; readonly arguments: string }): string {
  const value = jsonIn(given);
  return `${name} ${value === undefined ? given : canonicalJson(value)}`;
}
