import { GrammarError } from "./errors.ts";
import { choice, type Expression, empty, literal, never, optional, repeat, rule, sequence } from "./expression.ts";
import type { Convert, Schema } from "./json-schema.ts";
import { anyString, colon, comma, fixedText, space, stringExcept } from "./json-text.ts";

/**
 * Members in the order of their declaration, the optional ones there or not, others after them where they are allowed.
 * @param rules takes a rule for each member, so that what follows is written once
 * @param closed no other members, even where the schema does not forbid them
 */
export function objectOf(
  schema: Schema,
  where: string,
  convert: Convert,
  rules: Map<string, Expression>,
  closed: boolean,
): Expression {
  const { additionalProperties, maxProperties, minProperties = 0, properties = {}, required = [] } = schema;
  const names = Object.keys(properties);
  const due = new Set(required);
  const others = closed || additionalProperties === false ? undefined : (additionalProperties ?? true);
  for (const name of required) {
    if (Object.hasOwn(properties, name)) continue;
    if (others === undefined) throw new GrammarError("unsatisfiable", `\`${name}\` is required and not allowed`, where);
  }
  const missing = required.filter((name) => !Object.hasOwn(properties, name));
  if (names.length + missing.length > 0 && (minProperties > due.size || maxProperties !== undefined)) {
    throw new GrammarError("unsupported", "counts of members are offered for objects without declared members", where);
  }
  if (names.length + missing.length === 0) {
    if (others === undefined) return literal("{}");
    return map(anyString, convert(others, `${where}/additionalProperties`), minProperties, maxProperties);
  }
  const members = names.map((name) => ({
    needed: due.has(name),
    text: member(fixedText(name), convert(properties[name], `${where}/properties/${escapePointer(name)}`)),
  }));
  for (const name of missing) {
    members.push({
      needed: true,
      text: member(fixedText(name), convert(others, `${where}/additionalProperties`)),
    });
  }
  const extra =
    others === undefined
      ? undefined
      : member(stringExcept([...names, ...missing]), convert(others, `${where}/additionalProperties`));
  return sequence(literal("{"), space, memberList(members, extra, where, rules), space, literal("}"));
}

interface Member {
  readonly needed: boolean;
  readonly text: Expression;
}

/** One rule for each place in the list: `…/first/i` while nothing was written, `…/later/i` after something. */
function memberList(
  members: readonly Member[],
  extra: Expression | undefined,
  where: string,
  rules: Map<string, Expression>,
): Expression {
  const name = (kind: "first" | "later", i: number) => `${where} member ${kind} ${i}`;
  const end = members.length;
  rules.set(name("later", end), extra === undefined ? empty : repeat(sequence(comma, extra), 0));
  rules.set(name("first", end), extra === undefined ? empty : optional(sequence(extra, rule(name("later", end)))));
  for (const [i, { needed, text }] of members.entries()) {
    const next = rule(name("later", i + 1));
    rules.set(name("later", i), choice(sequence(comma, text, next), needed ? never : rule(name("later", i + 1))));
    rules.set(name("first", i), choice(sequence(text, next), needed ? never : rule(name("first", i + 1))));
  }
  return rule(name("first", 0));
}

function map(key: Expression, value: Expression, min: number, max: number | undefined): Expression {
  if (max === 0) return literal("{}");
  const one = member(key, value);
  const some = sequence(
    one,
    repeat(sequence(comma, one), Math.max(0, min - 1), max === undefined ? undefined : Math.max(0, max - 1)),
  );
  return sequence(literal("{"), space, min > 0 ? some : optional(some), space, literal("}"));
}

function member(key: Expression, value: Expression): Expression {
  return sequence(key, colon, value);
}

function escapePointer(name: string): string {
  return name.replaceAll("~", "~0").replaceAll("/", "~1");
}
