import { GrammarError } from "./errors.ts";
import { type Expression, empty, literal, optional, repeat, sequence } from "./expression.ts";
import type { Convert, Schema } from "./json-schema.ts";
import { comma, space } from "./json-text.ts";

/** @throws GrammarError `unsatisfiable`, and what its items' schemas throw */
export function arrayOf(schema: Schema, where: string, convert: Convert): Expression {
  const { items = true, maxItems, minItems = 0, prefixItems = [] } = schema;
  if (maxItems !== undefined && maxItems < minItems) {
    throw new GrammarError("unsatisfiable", "`maxItems` lies below `minItems`", where);
  }
  const heads = prefixItems.map((one, i) => convert(one, `${where}/prefixItems/${i}`));
  const item = items === false ? undefined : convert(items, `${where}/items`);
  if (item === undefined && heads.length < minItems) {
    throw new GrammarError("unsatisfiable", "it wants more items than `prefixItems` has", where);
  }
  const last = Math.min(maxItems ?? Infinity, item === undefined ? heads.length : Infinity);
  if (last === 0) return literal("[]");
  const inner = after(0, heads, item, minItems, last);
  return sequence(literal("["), space, inner, space, literal("]"));
}

/** The items from `index` on, each with the comma before it. */
function after(
  index: number,
  heads: readonly Expression[],
  item: Expression | undefined,
  min: number,
  max: number,
): Expression {
  const head = heads[index];
  if (index >= max) return empty;
  if (head !== undefined) {
    const here = sequence(index === 0 ? empty : comma, head, after(index + 1, heads, item, min, max));
    return index < min ? here : optional(here);
  }
  if (item === undefined) return empty;
  const left = max === Infinity ? undefined : max - index;
  const due = Math.max(0, min - index);
  if (index > 0) return repeat(sequence(comma, item), due, left);
  const more = repeat(sequence(comma, item), Math.max(0, due - 1), left === undefined ? undefined : left - 1);
  const some = sequence(item, more);
  return due > 0 ? some : optional(some);
}
