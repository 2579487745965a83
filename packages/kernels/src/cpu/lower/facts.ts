/** What a condition says about the values in it, for the code that runs only when it holds, or does not. */
import type { Fact } from "../bounds.ts";
import { isConst, loads, type Node } from "../ir.ts";

export function factsOf(condition: Node, holds: boolean): Fact[] {
  if (condition.op === "i32.eqz") return factsOf(condition.args[0]!, !holds);
  if (condition.op === (holds ? "i32.and" : "i32.or"))
    return condition.args.flatMap((a) => (isBoolean(a) ? factsOf(a, holds) : []));
  if (condition.op === "local") return condition.definition ? factsOf(condition.definition, holds) : [];
  const match = /^i32\.(lt|le|gt|ge|eq|ne)(?:_([su]))?$/.exec(condition.op);
  // What is loaded twice may differ the second time.
  if (!match || loads(condition)) return [];
  const [a, b] = condition.args as [Node, Node];
  const isSigned = match[2] === "s";
  const kind = holds ? match[1]! : { lt: "ge", le: "gt", gt: "le", ge: "lt", eq: "ne", ne: "eq" }[match[1]!];
  switch (kind) {
    case "lt":
      return [...fact(a, b, "below", isSigned), ...fact(b, a, "above", isSigned)];
    case "le":
      return [...fact(a, b, "at-most", isSigned), ...fact(b, a, "at-least", isSigned)];
    case "gt":
      return [...fact(a, b, "above", isSigned), ...fact(b, a, "below", isSigned)];
    case "ge":
      return [...fact(a, b, "at-least", isSigned), ...fact(b, a, "at-most", isSigned)];
    case "eq":
      return [...fact(a, b, "at-most", false), ...fact(a, b, "at-least", false)];
    default:
      return [];
  }
}

/** A fact about a node, and about its variable part where it is `x + constant`. */
function fact(node: Node, limit: Node, side: Fact["side"], signed: boolean): Fact[] {
  const plain: Fact = { node, limit, side, signed, offset: 0 };
  const constant = node.args[1];
  if (node.op !== "i32.add" || !constant || !isConst(constant)) return [plain];
  return [plain, { ...plain, node: node.args[0]!, offset: constant.imm }];
}
const isBoolean = (n: Node): boolean =>
  /\.(eq|ne|lt|le|gt|ge)(_[su])?$|eqz$|i32\.and$|i32\.or$/.test(n.op) || n.op === "local";
