/** WGSL's built-in functions of the subset. */
import { binary, f32, i32, isConst, lane, make, type Node, select, splat, unary, vector } from "../ir.ts";
import { type Position, unsupported } from "../wgsl/lexer.ts";
import {
  boolType,
  elementOf,
  f32Type,
  i32Type,
  scalar,
  show,
  type Type,
  u32Type,
  vec,
  withElement,
} from "../wgsl/types.ts";
import type { Context } from "./context.ts";
import { horizontalSum } from "./intrinsics.ts";
import { load, settle } from "./memory.ts";
import { binaryOperator, buildVector, concrete, convertLiteral, nodeOf, unify } from "./operators.ts";
import { nodeVal, type Val } from "./values.ts";

type InlineMath = (name: string, values: readonly Val[]) => Val;
type Builtin = (c: Context, args: readonly Val[], at: Position, math: InlineMath) => Val;

const four: Type = vec(4, "f32");
const fourU: Type = vec(4, "u32");
const literal = (value: number, float = true): Val => ({
  k: "abstract",
  type: scalar(float ? "abstract-float" : "abstract-int"),
  value,
});

/** A number as a value of a type: f32, i32 or vectors of them. */
function shaped(value: number, type: Type): Val {
  const node = elementOf(type) === "f32" ? f32(value) : i32(value);
  return nodeVal(type, type.k === "vec" ? splat(node) : node);
}

/** Runs a `vec4<f32>` function of the math library on scalars and shorter vectors too. */
function throughMath(name: string): Builtin {
  return (_c, [x], at, math) => {
    const v = x!.k === "abstract" ? convertLiteral(x!, f32Type, at) : x!;
    if (elementOf(v.type) !== "f32") throw unsupported(`expected f32, found ${show(v.type)}`, at);
    const node = nodeOf(v, at);
    const result = nodeOf(math(name, [nodeVal(four, v.type.k === "vec" ? node : splat(node))]), at);
    return nodeVal(v.type, v.type.k === "vec" ? result : lane(result, 0, true));
  };
}

function floatUnary(op: string): Builtin {
  return (_c, [x], at) => {
    const v = x!.k === "abstract" ? convertLiteral(x!, f32Type, at) : x!;
    if (elementOf(v.type) !== "f32") throw unsupported(`expected f32, found ${show(v.type)}`, at);
    const isVec = v.type.k === "vec";
    return nodeVal(v.type, unary(isVec ? "v128" : "f32", `${isVec ? "f32x4" : "f32"}.${op}`, nodeOf(v, at)));
  };
}

/** min and max; of floats by comparison, which is one instruction for vectors. */
function extreme(which: "min" | "max"): Builtin {
  return (c, [x, y], at) => {
    if (x!.k === "abstract" && y!.k === "abstract") {
      const value = which === "min" ? Math.min(x!.value, y!.value) : Math.max(x!.value, y!.value);
      const isFloat = [x!, y!].some((v) => elementOf(v.type) === "abstract-float");
      return literal(value, isFloat);
    }
    const { a, b, type } = unify(x!, y!, at);
    const element = elementOf(type)!;
    if (element === "f32") {
      if (type.k === "vec") return nodeVal(type, vector(`f32x4.p${which}`, a, b));
      const left = c.builder.materialise(a);
      const right = c.builder.materialise(b);
      return nodeVal(type, select(binary(which === "min" ? "f32.lt" : "f32.gt", right, left), right, left));
    }
    const sign = element === "u32" ? "u" : "s";
    if (type.k === "vec") return nodeVal(type, vector(`i32x4.${which}_${sign}`, a, b));
    if (isConst(a) && isConst(b)) {
      const less = binary(`i32.lt_${sign}`, a, b).imm !== 0;
      return nodeVal(type, less === (which === "min") ? a : b);
    }
    return nodeVal(type, make("i32", `i32.${which}_${sign}`, [a, b]));
  };
}

const fma: Builtin = (c, [x, y, z], at) => {
  const p = unify(x!, y!, at);
  const typed = nodeVal(p.type, p.a);
  const q = unify(typed, z!, at);
  if (elementOf(p.type) !== "f32") throw unsupported("fma takes f32", at);
  if (p.type.k === "vec" && c.features.relaxed) return nodeVal(p.type, vector("f32x4.relaxed_madd", p.a, p.b, q.b));
  const prefix = p.type.k === "vec" ? "f32x4" : "f32";
  return nodeVal(p.type, binary(`${prefix}.add`, binary(`${prefix}.mul`, p.a, p.b), q.b));
};

const dot: Builtin = (c, [x, y], at) => {
  const { a, b, type } = unify(x!, y!, at);
  if (type.k !== "vec") throw unsupported("dot takes vectors", at);
  const float = type.of === "f32";
  const prefix = float ? "f32" : "i32";
  const product = c.builder.materialise(binary(`${prefix}x4.mul`, a, b));
  if (float && type.n === 4) return nodeVal(f32Type, horizontalSum(product));
  const lanes = Array.from({ length: type.n }, (_, i) => lane(product, i, float));
  return nodeVal(
    scalar(type.of),
    lanes.reduce((s, l) => binary(`${prefix}.add`, s, l)),
  );
};

const selectValue: Builtin = (_c, [onFalse, onTrue, condition], at) => {
  const { a, b, type } = unify(onFalse!, onTrue!, at);
  const cond = nodeOf(condition!, at);
  if (elementOf(condition!.type) !== "bool")
    throw unsupported(`select takes a bool, found ${show(condition!.type)}`, at);
  if (condition!.type.k === "vec") {
    if (type.k !== "vec" || type.n !== condition!.type.n)
      throw unsupported(`select by ${show(condition!.type)} takes vectors of its size`, at);
    return nodeVal(type, vector("v128.bitselect", b, a, cond));
  }
  return nodeVal(type, select(cond, b, a));
};

/** Four signed (or unsigned) bytes dotted with four others, exact. */
function dotPacked(signed: boolean): Builtin {
  return (_c, [x, y], at) => {
    const s = signed ? "s" : "u";
    const wide = (v: Val): Node => unary("v128", `i16x8.extend_low_i8x16_${s}`, splat(nodeOf(v, at)));
    const pairs = vector("i32x4.dot_i16x8_s", wide(x!), wide(y!));
    return nodeVal(signed ? i32Type : u32Type, binary("i32.add", lane(pairs, 0, false), lane(pairs, 1, false)));
  };
}

function unpackBytes(signed: boolean): Builtin {
  return (_c, [x], at) => {
    const s = signed ? "s" : "u";
    const shorts = unary("v128", `i16x8.extend_low_i8x16_${s}`, splat(nodeOf(x!, at)));
    return nodeVal(vec(4, signed ? "i32" : "u32"), unary("v128", `i32x4.extend_low_i16x8_${s}`, shorts));
  };
}

function packBytes(element: "i32" | "u32", clampTo: "none" | "s" | "u"): Builtin {
  return (_c, [x], at) => {
    if (x!.type.k !== "vec" || x!.type.n !== 4 || x!.type.of !== element)
      throw unsupported(`expected vec4<${element}>, found ${show(x!.type)}`, at);
    let v = nodeOf(x!, at);
    if (clampTo === "none") v = vector("v128.and", v, splat(i32(255)));
    // Narrowing takes its operand as signed.
    if (clampTo === "u") v = vector("i32x4.min_u", v, splat(i32(255)));
    const shorts = vector("i16x8.narrow_i32x4_s", v, v);
    return nodeVal(
      u32Type,
      lane(vector(`i8x16.narrow_i16x8_${clampTo === "s" ? "s" : "u"}`, shorts, shorts), 0, false),
    );
  };
}

const truth =
  (name: "any" | "all"): Builtin =>
  (_c, [x], at) => {
    if (x!.type.k !== "vec") return nodeVal(boolType, nodeOf(x!, at));
    const lanes = Array.from({ length: x!.type.n }, (_, i) => lane(nodeOf(x!, at), i, false));
    if (x!.type.n === 4)
      return nodeVal(boolType, unary("i32", name === "any" ? "v128.any_true" : "i32x4.all_true", nodeOf(x!, at)));
    const bit = (n: Node): Node => binary("i32.and", n, i32(1));
    return nodeVal(
      boolType,
      lanes.map(bit).reduce((a, b) => binary(name === "any" ? "i32.or" : "i32.and", a, b)),
    );
  };

/** One 32-bit operation, lane by lane for vectors. */
function perLane(f: (n: Node, signed: boolean) => Node): Builtin {
  return (c, [x], at) => {
    const v = concrete(x!);
    const element = elementOf(v.type);
    if (element !== "i32" && element !== "u32") throw unsupported(`expected integers, found ${show(v.type)}`, at);
    const node = c.builder.materialise(nodeOf(v, at));
    if (v.type.k !== "vec") return nodeVal(v.type, f(node, element === "i32"));
    return nodeVal(
      v.type,
      buildVector(Array.from({ length: v.type.n }, (_, i) => f(lane(node, i, false), element === "i32"))),
    );
  };
}
const firstLeading = (n: Node, signed: boolean): Node => {
  const bits = signed ? binary("i32.xor", n, binary("i32.shr_s", n, i32(31))) : n;
  return binary("i32.sub", i32(31), unary("i32", "i32.clz", bits));
};
const firstTrailing = (n: Node): Node => select(binary("i32.eq", n, i32(0)), i32(-1), unary("i32", "i32.ctz", n));
const reversed = (n: Node): Node =>
  [
    [1, 0x55555555],
    [2, 0x33333333],
    [4, 0x0f0f0f0f],
    [8, 0x00ff00ff],
    [16, 0xffff],
  ].reduce((v, [by, mask]) => {
    const high = binary("i32.and", binary("i32.shr_u", v, i32(by!)), i32(mask!));
    return binary("i32.or", high, binary("i32.shl", binary("i32.and", v, i32(mask!)), i32(by!)));
  }, n);

const extractBits: Builtin = (c, [x, start, count], at) => {
  const v = concrete(x!);
  if (v.type.k !== "scalar") throw unsupported("extractBits of vectors is outside the subset", at);
  const s = v.type.name === "u32" ? "u" : "s";
  const from = minimum(c, nodeOf(convertLiteral(start!, u32Type, at), at), i32(32));
  const width = minimum(c, nodeOf(convertLiteral(count!, u32Type, at), at), binary("i32.sub", i32(32), from));
  const up = binary("i32.sub", i32(32), binary("i32.add", from, width));
  const shifted = binary("i32.shl", nodeOf(v, at), up);
  const down = binary(`i32.shr_${s}`, shifted, binary("i32.sub", i32(32), width));
  return nodeVal(v.type, select(binary("i32.eq", width, i32(0)), i32(0), down));
};
const insertBits: Builtin = (c, [x, bits, start, count], at) => {
  const v = concrete(x!);
  if (v.type.k !== "scalar") throw unsupported("insertBits of vectors is outside the subset", at);
  const from = minimum(c, nodeOf(convertLiteral(start!, u32Type, at), at), i32(32));
  const width = minimum(c, nodeOf(convertLiteral(count!, u32Type, at), at), binary("i32.sub", i32(32), from));
  const ones = select(
    binary("i32.eq", width, i32(32)),
    i32(-1),
    binary("i32.sub", binary("i32.shl", i32(1), width), i32(1)),
  );
  const mask = c.builder.materialise(select(binary("i32.eq", from, i32(32)), i32(0), binary("i32.shl", ones, from)));
  const placed = binary("i32.and", binary("i32.shl", nodeOf(convertLiteral(bits!, v.type, at), at), from), mask);
  return nodeVal(v.type, binary("i32.or", binary("i32.and", nodeOf(v, at), binary("i32.xor", mask, i32(-1))), placed));
};
const minimum = (c: Context, a: Node, b: Node): Node => {
  const x = c.builder.materialise(a);
  const y = c.builder.materialise(b);
  return select(binary("i32.lt_u", x, y), x, y);
};

const builtins: Record<string, Builtin> = {
  min: extreme("min"),
  max: extreme("max"),
  clamp: (c, [x, low, high], at, math) => builtin(c, "min", [builtin(c, "max", [x!, low!], at, math), high!], at, math),
  saturate: (c, [x], at, math) => builtin(c, "clamp", [x!, literal(0), literal(1)], at, math),
  abs: (c, [x], at) => {
    const v = concrete(x!);
    const element = elementOf(v.type);
    if (element === "u32") return v;
    if (element === "f32") return floatUnary("abs")(c, [v], at, () => v);
    const node = c.builder.materialise(nodeOf(v, at));
    if (v.type.k === "vec") return nodeVal(v.type, vector("i32x4.abs", node));
    return nodeVal(v.type, select(binary("i32.lt_s", node, i32(0)), binary("i32.sub", i32(0), node), node));
  },
  sign: (c, [x], at, math) => {
    const v = concrete(x!);
    const [minus, zero, one] = [-1, 0, 1].map((k) => shaped(k, v.type)) as [Val, Val, Val];
    const up = selectValue(c, [zero, one, binaryOperator(">", v, zero, at)], at, math);
    return selectValue(c, [up, minus, binaryOperator("<", v, zero, at)], at, math);
  },
  step: (c, [edge, x], at, math) => {
    const reached = binaryOperator("<=", edge!, x!, at);
    const type = withElement(reached.type, "f32");
    return selectValue(c, [shaped(0, type), shaped(1, type), reached], at, math);
  },
  mix: (_c, [x, y, t], at) => {
    const rest = binaryOperator("-", literal(1), t!, at);
    return binaryOperator("+", binaryOperator("*", x!, rest, at), binaryOperator("*", y!, t!, at), at);
  },
  fract: (c, [x], at, math) => binaryOperator("-", concrete(x!), builtin(c, "floor", [x!], at, math), at),
  floor: floatUnary("floor"),
  ceil: floatUnary("ceil"),
  trunc: floatUnary("trunc"),
  round: floatUnary("nearest"),
  sqrt: floatUnary("sqrt"),
  inverseSqrt: (c, [x], at, math) => binaryOperator("/", literal(1), builtin(c, "sqrt", [x!], at, math), at),
  exp: throughMath("tug_exp"),
  exp2: throughMath("tug_exp2"),
  log: throughMath("tug_log"),
  log2: throughMath("tug_log2"),
  tanh: throughMath("tug_tanh"),
  sin: throughMath("tug_sin"),
  cos: throughMath("tug_cos"),
  pow: (c, [x, y], at, math) =>
    builtin(c, "exp2", [binaryOperator("*", y!, builtin(c, "log2", [x!], at, math), at)], at, math),
  fma,
  dot,
  select: selectValue,
  any: truth("any"),
  all: truth("all"),
  countOneBits: perLane((n) => unary("i32", "i32.popcnt", n)),
  countLeadingZeros: perLane((n) => unary("i32", "i32.clz", n)),
  countTrailingZeros: perLane((n) => unary("i32", "i32.ctz", n)),
  firstLeadingBit: perLane(firstLeading),
  firstTrailingBit: perLane(firstTrailing),
  reverseBits: perLane(reversed),
  extractBits,
  insertBits,
  dot4I8Packed: dotPacked(true),
  dot4U8Packed: dotPacked(false),
  unpack4xI8: unpackBytes(true),
  unpack4xU8: unpackBytes(false),
  pack4xI8: packBytes("i32", "none"),
  pack4xU8: packBytes("u32", "none"),
  pack4xI8Clamp: packBytes("i32", "s"),
  pack4xU8Clamp: packBytes("u32", "u"),
  unpack2x16float: (_c, [x], at, math) => {
    const node = nodeOf(x!, at);
    const halves = buildVector([binary("i32.and", node, i32(0xffff)), binary("i32.shr_u", node, i32(16))]);
    return nodeVal(vec(2, "f32"), nodeOf(math("tug_from_half", [nodeVal(fourU, halves)]), at));
  },
  pack2x16float: (c, [x], at, math) => {
    const halves = c.builder.materialise(nodeOf(math("tug_to_half", [nodeVal(four, nodeOf(x!, at))]), at));
    return nodeVal(
      u32Type,
      binary("i32.or", lane(halves, 0, false), binary("i32.shl", lane(halves, 1, false), i32(16))),
    );
  },
  workgroupBarrier: () => nodeVal(i32Type, i32(0)),
  workgroupUniformLoad: (c, [p], at) => {
    if (p!.k !== "pointer") throw unsupported("workgroupUniformLoad takes the address of a workgroup variable", at);
    return settle(c, load(c, p!.ref, at));
  },
  storageBarrier: () => nodeVal(i32Type, i32(0)),
};

export const isBuiltin = (name: string): boolean => Object.hasOwn(builtins, name);

const arity: Record<string, number> = {
  workgroupBarrier: 0,
  storageBarrier: 0,
  clamp: 3,
  fma: 3,
  select: 3,
  mix: 3,
  extractBits: 3,
  insertBits: 4,
};
for (const name of ["min", "max", "dot", "pow", "step", "dot4I8Packed", "dot4U8Packed"]) arity[name] = 2;

export function builtin(c: Context, name: string, args: readonly Val[], at: Position, math: InlineMath): Val {
  const wanted = arity[name] ?? 1;
  if (args.length !== wanted) throw unsupported(`${name} takes ${wanted} values, found ${args.length}`, at);
  return builtins[name]!(c, args, at, math);
}
