import type { Json } from "@tugboat/db";

/** What `${find.passages.0.text}` names: first a name in scope, then fields and positions. */
export type Reference = readonly [string, ...string[]];

/** A text with references in it, in their order. */
export interface Template {
  readonly parts: readonly (string | Reference)[];
}

/** A value with references anywhere in its texts. */
export type Expression = Json;

export class TemplateError extends Error {
  override readonly name = "TemplateError";
}

const inner = /^[A-Za-z_][\w-]*(?:\.[\w-]+)*$/;

/**
 * Reads a text with `${name.field}` in it; `$${` stands for `${` itself.
 * @throws TemplateError
 */
export function parseTemplate(text: string): Template {
  const parts: (string | Reference)[] = [];
  let plain = "";
  for (let at = 0; at < text.length; ) {
    if (text.startsWith("$${", at)) {
      plain += "${";
      at += 3;
    } else if (text.startsWith("${", at)) {
      const end = text.indexOf("}", at);
      const said = text.slice(at + 2, end === -1 ? undefined : end).trim();
      if (end === -1 || !inner.test(said)) {
        throw new TemplateError(
          `"\${${said.slice(0, 40)}${end === -1 ? "" : "}"}" is no reference: it looks like \${find.passages}.`,
        );
      }
      if (plain !== "") parts.push(plain);
      plain = "";
      const [name = "", ...path] = said.split(".");
      parts.push([name, ...path]);
      at = end + 1;
    } else {
      plain += text[at];
      at++;
    }
  }
  if (plain !== "") parts.push(plain);
  return { parts };
}

/** The reference that a text is as a whole; undefined for any other text. */
export function wholeReference({ parts }: Template): Reference | undefined {
  const [only] = parts;
  return parts.length === 1 && typeof only === "object" ? only : undefined;
}

/** Every reference in an expression. */
export function referencesOf(expression: Expression): Reference[] {
  if (typeof expression === "string") return parseTemplate(expression).parts.filter((part) => typeof part !== "string");
  if (Array.isArray(expression)) return expression.flatMap(referencesOf);
  if (typeof expression !== "object" || expression === null) return [];
  return Object.values(expression).flatMap(referencesOf);
}

/** What names stand for. */
export type Scope = Readonly<Record<string, Json>>;

/** An expression's value. What a reference names must be there: it was checked before, but for values of any type. */
export function evaluate(expression: Expression, scope: Scope): Json {
  if (typeof expression === "string") {
    const template = parseTemplate(expression);
    const whole = wholeReference(template);
    if (whole !== undefined) return valueAt(whole, scope);
    return template.parts.map((part) => (typeof part === "string" ? part : textOf(valueAt(part, scope)))).join("");
  }
  if (Array.isArray(expression)) return expression.map((one) => evaluate(one, scope));
  if (typeof expression !== "object" || expression === null) return expression;
  return Object.fromEntries(Object.entries(expression).map(([name, one]) => [name, evaluate(one, scope)]));
}

/** @throws TemplateError where there is no such field */
export function valueAt([name, ...path]: Reference, scope: Scope): Json {
  let value = scope[name];
  if (value === undefined) throw new TemplateError(`\${${name}} has no value.`);
  for (const [depth, part] of path.entries()) {
    const next = fieldOf(value, part);
    if (next === undefined) {
      const asked = [name, ...path.slice(0, depth + 1)].join(".");
      throw new TemplateError(
        `\${${asked}} has no value: there is no ${part} in ${JSON.stringify(value).slice(0, 80)}.`,
      );
    }
    value = next;
  }
  return value;
}

function textOf(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function fieldOf(value: Json, part: string): Json | undefined {
  if (Array.isArray(value)) return value[Number(part)];
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, part)) return undefined;
  return new Map(Object.entries(value)).get(part);
}
