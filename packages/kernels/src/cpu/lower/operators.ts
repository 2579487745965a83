/** Unary and binary operators, conversions and constructors on values. */
import {
  binary,
  f32,
  i32,
  isConst,
  lane,
  make,
  type Node,
  not,
  select,
  shuffleLanes,
  splat,
  unary,
  vector,
} from "../ir.ts";
import { type Position, unsupported } from "../wgsl/lexer.ts";
import {
  boolType,
  elementOf,
  isAbstract,
  isFloat,
  type ScalarName,
  same,
  scalar,
  show,
  type Type,
  vec,
  withElement,
} from "../wgsl/types.ts";
import { boolVal, nodeVal, type Val } from "./values.ts";

export const isFloatType = (t: Type): boolean => elementOf(t) === "f32";

/** A literal as a value of a concrete scalar type; other values must have that type already. */
export function convertLiteral(v: Val, to: Type, at: Position): Val {
  if (v.k === "abstract") {
    const name = elementOf(to);
    if (to.k !== "scalar" || name === undefined) throw unsupported(`${v.value} is no ${show(to)}`, at);
    if (name === "f32" && Number.isFinite(Math.fround(v.value))) return nodeVal(to, f32(v.value));
    const isWhole = elementOf(v.type) === "abstract-int" && Number.isInteger(v.value);
    if ((name !== "i32" && name !== "u32") || !isWhole || !holds(name, v.value))
      throw unsupported(`${v.value} is no ${show(to)}`, at);
    return nodeVal(to, i32(v.value));
  }
  if (!same(v.type, to))
    throw unsupported(`expected ${show(to)}, found ${show(v.type)}`, at, "WGSL converts no types by itself");
  return v;
}

const holds = (name: "i32" | "u32", value: number): boolean =>
  name === "u32" ? value >= 0 && value < 2 ** 32 : value >= -(2 ** 31) && value < 2 ** 31;

/** Literals become i32 or f32 when nothing says otherwise. */
export function concrete(v: Val): Val {
  if (v.k !== "abstract") return v;
  return elementOf(v.type) === "abstract-float"
    ? nodeVal(scalar("f32"), f32(v.value))
    : nodeVal(scalar("i32"), i32(v.value));
}

export function nodeOf(v: Val, at: Position): Node {
  const c = concrete(v);
  if (c.k !== "node") throw unsupported("a scalar or vector was expected here", at);
  return c.node;
}

/** Gives both operands one element type, then one shape (scalars are spread over vectors). */
export function unify(a: Val, b: Val, at: Position): { a: Node; b: Node; type: Type } {
  const elementA = elementOf(a.type);
  const elementB = elementOf(b.type);
  if (elementA === undefined || elementB === undefined)
    throw unsupported(`no operator for ${show(a.type)} and ${show(b.type)}`, at);
  let left = a;
  let right = b;
  if (a.k === "abstract" && b.k === "abstract") {
    const name = isFloat(elementA) || isFloat(elementB) ? "f32" : "i32";
    left = convertLiteral(a, scalar(name), at);
    right = convertLiteral(b, scalar(name), at);
  } else if (a.k === "abstract") left = convertLiteral(a, scalar(elementB), at);
  else if (b.k === "abstract") right = convertLiteral(b, scalar(elementA), at);
  if (elementOf(left.type) !== elementOf(right.type))
    throw unsupported(`no operator for ${show(a.type)} and ${show(b.type)}`, at);
  let x = nodeOf(left, at);
  let y = nodeOf(right, at);
  if (left.type.k === "vec" && right.type.k === "scalar") y = splat(y);
  else if (left.type.k === "scalar" && right.type.k === "vec") x = splat(x);
  else if (!same(left.type, right.type)) throw unsupported(`no operator for ${show(a.type)} and ${show(b.type)}`, at);
  return { a: x, b: y, type: left.type.k === "vec" ? left.type : right.type };
}

const arithmetic: Record<string, string> = { "+": "add", "-": "sub", "*": "mul" };
const comparisons: Record<string, string> = { "==": "eq", "!=": "ne", "<": "lt", ">": "gt", "<=": "le", ">=": "ge" };

function abstractBinary(op: string, a: number, b: number, float: boolean): number | boolean | undefined {
  if (float && ["<<", ">>", "&", "|", "^"].includes(op)) return undefined;
  switch (op) {
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    case "/":
      return float ? a / b : b === 0 ? undefined : Math.trunc(a / b);
    case "%":
      return b === 0 && !float ? undefined : a % b;
    case "<<":
      return a * 2 ** b;
    case ">>":
      return Math.floor(a / 2 ** b);
    case "&":
      return Number(BigInt(a) & BigInt(b));
    case "|":
      return Number(BigInt(a) | BigInt(b));
    case "^":
      return Number(BigInt(a) ^ BigInt(b));
    case "==":
      return a === b;
    case "!=":
      return a !== b;
    case "<":
      return a < b;
    case ">":
      return a > b;
    case "<=":
      return a <= b;
    case ">=":
      return a >= b;
  }
  return undefined;
}

export function binaryOperator(op: string, a: Val, b: Val, at: Position): Val {
  if (a.k === "abstract" && b.k === "abstract") {
    const float = elementOf(a.type) === "abstract-float" || elementOf(b.type) === "abstract-float";
    const value = abstractBinary(op, a.value, b.value, float);
    if (typeof value === "number" && !float && !Number.isSafeInteger(value))
      throw unsupported(`${a.value} ${op} ${b.value} is too large`, at);
    if (typeof value === "boolean") return boolVal(value);
    if (value === undefined) throw unsupported(`cannot compute ${a.value} ${op} ${b.value}`, at);
    return { k: "abstract", type: scalar(float ? "abstract-float" : "abstract-int"), value };
  }
  if (op === "<<" || op === ">>") return shift(op, a, b, at);
  const { a: x, b: y, type } = unify(a, b, at);
  const element = elementOf(type)!;
  if (op in arithmetic && element !== "bool") return nodeVal(type, binary(`${prefixOf(type)}.${arithmetic[op]}`, x, y));
  if (op === "/" || op === "%") return nodeVal(type, divide(op, type, element, x, y, at));
  if (op in comparisons) {
    const name = comparisons[op]!;
    const signed = element === "f32" || name === "eq" || name === "ne" ? "" : element === "u32" ? "_u" : "_s";
    const result: Type = type.k === "vec" ? vec(type.n, "bool") : boolType;
    return nodeVal(result, binary(`${prefixOf(type)}.${name}${signed}`, x, y));
  }
  if ((op === "&" || op === "|" || op === "^") && element !== "f32") {
    const name = op === "&" ? "and" : op === "|" ? "or" : "xor";
    return nodeVal(type, type.k === "vec" ? vector(`v128.${name}`, x, y) : binary(`i32.${name}`, x, y));
  }
  throw unsupported(`the operator ${op} does not take ${show(a.type)} and ${show(b.type)}`, at);
}

/** `f32x4` for vectors of floats, `i32` for scalar integers and booleans, … */
export function prefixOf(t: Type): string {
  const float = elementOf(t) === "f32";
  return t.k === "vec" ? (float ? "f32x4" : "i32x4") : float ? "f32" : "i32";
}

function divide(op: string, type: Type, element: ScalarName, x: Node, y: Node, at: Position): Node {
  if (element === "bool") throw unsupported("booleans cannot be divided", at);
  if (element === "f32") {
    if (op === "/") return binary(`${prefixOf(type)}.div`, x, y);
    const p = prefixOf(type);
    const quotient = unary(type.k === "vec" ? "v128" : "f32", `${p}.trunc`, binary(`${p}.div`, x, y));
    return binary(`${p}.sub`, x, binary(`${p}.mul`, y, quotient));
  }
  const scalarDivide = (a: Node, b: Node): Node => {
    const name = `i32.${op === "/" ? "div" : "rem"}_${element === "u32" ? "u" : "s"}`;
    // WGSL: x / 0 = x and x % 0 = 0; the same divisor 1 gives for the one overflowing quotient.
    if (isConst(b))
      return binary(name, a, b.imm === 0 ? i32(1) : element === "i32" && b.imm === -1 ? overflowing(a, b) : b);
    const safe = select(binary("i32.eq", b, i32(0)), i32(1), element === "i32" ? overflowing(a, b) : b);
    return binary(name, a, safe);
  };
  if (type.k !== "vec") return scalarDivide(x, y);
  const lanes = Array.from({ length: type.n }, (_, i) => scalarDivide(lane(x, i, false), lane(y, i, false)));
  return buildVector(lanes);
}

function overflowing(a: Node, b: Node): Node {
  const bad = binary("i32.and", binary("i32.eq", a, i32(-(2 ** 31))), binary("i32.eq", b, i32(-1)));
  return select(bad, i32(1), b);
}

function shift(op: string, a: Val, b: Val, at: Position): Val {
  const left = concrete(a);
  const element = elementOf(left.type);
  const shifts = b.k === "abstract" ? convertLiteral(b, scalar("u32"), at) : b;
  if ((element !== "i32" && element !== "u32") || elementOf(shifts.type) !== "u32")
    throw unsupported(`cannot shift ${show(a.type)} by ${show(b.type)}`, at, "the shift is a u32");
  const name = op === "<<" ? "shl" : element === "u32" ? "shr_u" : "shr_s";
  const x = nodeOf(left, at);
  const y = nodeOf(shifts, at);
  if (left.type.k !== "vec") return nodeVal(left.type, binary(`i32.${name}`, x, y));
  if (shifts.type.k !== "vec" || y.op === "i32x4.splat")
    return nodeVal(left.type, vector(`i32x4.${name}`, x, shifts.type.k === "vec" ? y.args[0]! : y));
  const lanes = Array.from({ length: left.type.n }, (_, i) =>
    binary(`i32.${name}`, lane(x, i, false), lane(y, i, false)),
  );
  return nodeVal(left.type, buildVector(lanes));
}

export function unaryOperator(op: string, v: Val, at: Position): Val {
  if (v.k === "abstract") {
    if (op === "-") return { ...v, value: -v.value };
    v = concrete(v);
  }
  const element = elementOf(v.type);
  const x = nodeOf(v, at);
  const isVec = v.type.k === "vec";
  if (op === "-" && element === "f32")
    return nodeVal(v.type, isVec ? vector("f32x4.neg", x) : isConst(x) ? f32(-x.imm) : unary("f32", "f32.neg", x));
  if (op === "-" && element === "i32")
    return nodeVal(v.type, isVec ? vector("i32x4.neg", x) : binary("i32.sub", i32(0), x));
  if (op === "!" && element === "bool") return nodeVal(v.type, isVec ? vector("v128.not", x) : not(x));
  if (op === "~" && (element === "i32" || element === "u32"))
    return nodeVal(v.type, isVec ? vector("v128.not", x) : binary("i32.xor", x, i32(-1)));
  throw unsupported(`the operator ${op} does not take ${show(v.type)}`, at);
}

/** A vector from scalar nodes of one kind; missing lanes repeat the last. */
export function buildVector(lanes: readonly Node[]): Node {
  const first = lanes[0]!;
  if (lanes.every((l) => l.key === first.key)) return splat(first);
  const source = first.args[0];
  const extract = /x4\.extract_lane$/;
  if (source && lanes.every((l) => extract.test(l.op) && l.args[0]!.key === source.key)) {
    const order = [0, 1, 2, 3].map((i) => lanes[Math.min(i, lanes.length - 1)]!.imm);
    return shuffleLanes(source, source, order);
  }
  const prefix = first.kind === "f32" ? "f32x4" : "i32x4";
  return lanes.slice(1).reduce((v, l, i) => make("v128", `${prefix}.replace_lane`, [v, l], i + 1), splat(first));
}

/** Value conversion `T(x)` between scalars, or lane by lane between vectors. */
export function convert(v: Val, to: Type, at: Position): Val {
  const target = elementOf(to)!;
  if (v.k === "abstract") {
    if (target === "bool") return boolVal(v.value !== 0);
    const value = target === "f32" ? v.value : Math.trunc(v.value);
    const whole = target === "f32" ? v.type : scalar("abstract-int");
    return convertLiteral({ k: "abstract", type: whole, value }, scalar(target), at);
  }
  const from = elementOf(v.type);
  if (from === undefined || isAbstract(from)) throw unsupported(`cannot convert ${show(v.type)} to ${show(to)}`, at);
  const x = nodeOf(v, at);
  const isVec = v.type.k === "vec";
  const type = withElement(v.type, target);
  const p = isVec ? "x4" : "";
  if (from === target) return nodeVal(type, x);
  const kind = isVec ? "v128" : "f32";
  if (target === "f32") {
    if (from === "bool") return nodeVal(type, isVec ? vector("v128.and", x, splat(f32(1))) : select(x, f32(1), f32(0)));
    const sign = from === "u32" ? "u" : "s";
    if (isConst(x)) return nodeVal(type, f32(sign === "u" ? x.imm >>> 0 : x.imm));
    return nodeVal(type, unary(kind, `f32${p}.convert_i32${p}_${sign}`, x));
  }
  if (target === "bool") {
    if (from === "f32") return nodeVal(type, binary(`f32${p}.ne`, x, isVec ? splat(f32(0)) : f32(0)));
    return nodeVal(type, binary(`i32${p}.ne`, x, isVec ? splat(i32(0)) : i32(0)));
  }
  if (from === "f32") {
    const sign = target === "u32" ? "u" : "s";
    return nodeVal(type, unary(isVec ? "v128" : "i32", `i32${p}.trunc_sat_f32${p}_${sign}`, x));
  }
  if (from === "bool" && isVec) return nodeVal(type, vector("v128.and", x, splat(i32(1))));
  return nodeVal(type, x);
}
