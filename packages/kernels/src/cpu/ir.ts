/**
 * What a kernel is lowered to: statements over expression trees of scalar (`i32`, `f32`) and 128-bit vector (`v128`)
 * nodes. Names of lane operations follow the common SIMD vocabulary (`f32x4.add`); nothing here knows an encoding, so
 * that emitters other than WebAssembly can follow from the same tree.
 *
 * Constructors fold constants and keep sums as `x + constant`, so that constant offsets reach the memory operand.
 */

export type Kind = "i32" | "f32" | "v128";

export interface Node {
  readonly kind: Kind;
  readonly op: string;
  readonly args: readonly Node[];
  /** Constant value, lane, byte offset, local index. */
  readonly imm: number;
  /** Lanes of a `shuffle`, 16 bytes. */
  readonly bytes?: readonly number[];
  /** For a `local`: what it is known to hold, for bounds analysis only. */
  readonly definition?: Node;
  /** Equal keys mean equal values at the same point of the program. */
  readonly key: string;
}

export type Stmt =
  | { readonly op: "set"; readonly local: number; readonly value: Node }
  | {
      readonly op: "store";
      readonly code: string;
      readonly address: Node;
      readonly offset: number;
      readonly value: Node;
      readonly lane?: number;
    }
  | { readonly op: "fill"; readonly address: Node; readonly bytes: number }
  | { readonly op: "if"; readonly condition: Node; readonly accepted: Stmt[]; readonly rejected: Stmt[] }
  | { readonly op: "block" | "loop"; readonly label: Label; readonly body: Stmt[] }
  | { readonly op: "br"; readonly label: Label; readonly condition?: Node };

/** Branch target, compared by identity. */
export interface Label {
  readonly name: string;
}

export function make(kind: Kind, op: string, args: readonly Node[], imm = 0, bytes?: readonly number[]): Node {
  const key = `${op}${imm === 0 ? "" : `#${imm}`}${bytes ? `[${bytes}]` : ""}(${args.map((a) => a.key).join()})`;
  return { kind, op, args, imm, bytes, key };
}

const scratch = new DataView(new ArrayBuffer(4));
export function floatBits(value: number): number {
  scratch.setFloat32(0, value);
  return scratch.getInt32(0);
}
export function bitsFloat(bits: number): number {
  scratch.setInt32(0, bits);
  return scratch.getFloat32(0);
}

const leaf = (kind: Kind, op: string, imm: number, key: string, definition?: Node): Node => ({
  kind,
  op,
  args: [],
  imm,
  key,
  definition,
});

export const i32 = (value: number): Node => leaf("i32", "const", value | 0, `${value | 0}`);
export const f32 = (value: number): Node => leaf("f32", "const", Math.fround(value), `f${floatBits(value)}`);
/** Reads a local. `version` tells apart its values over time. */
export const local = (kind: Kind, index: number, version: number, definition?: Node): Node =>
  leaf(kind, "local", index, `$${index}.${version}`, definition);

/** Facts about a dispatch, only seen by bounds analysis. */
export const dispatchFact = (op: "group" | "groups" | "param" | "length" | "unknown", imm: number): Node =>
  leaf("i32", op, imm, `${op}${imm}`);

export const isConst = (n: Node): boolean => n.op === "const";
/** Whether a node reads memory: it may give another value the next time. */
export const loads = (n: Node): boolean => n.op.includes("load") || n.args.some(loads);
export const isZero = (n: Node): boolean => n.op === "const" && n.imm === 0;

const u = (n: number): number => n >>> 0;
const intFold: Record<string, (a: number, b: number) => number> = {
  "i32.add": (a, b) => a + b,
  "i32.sub": (a, b) => a - b,
  "i32.mul": Math.imul,
  "i32.div_s": (a, b) => (b === 0 ? a : a / b),
  "i32.div_u": (a, b) => (b === 0 ? a : u(a) / u(b)),
  "i32.rem_s": (a, b) => (b === 0 ? 0 : a % b),
  "i32.rem_u": (a, b) => (b === 0 ? 0 : u(a) % u(b)),
  "i32.and": (a, b) => a & b,
  "i32.or": (a, b) => a | b,
  "i32.xor": (a, b) => a ^ b,
  "i32.shl": (a, b) => a << (b & 31),
  "i32.shr_s": (a, b) => a >> (b & 31),
  "i32.shr_u": (a, b) => a >>> (b & 31),
  "i32.eq": (a, b) => Number(a === b),
  "i32.ne": (a, b) => Number(a !== b),
  "i32.lt_s": (a, b) => Number(a < b),
  "i32.lt_u": (a, b) => Number(u(a) < u(b)),
  "i32.gt_s": (a, b) => Number(a > b),
  "i32.gt_u": (a, b) => Number(u(a) > u(b)),
  "i32.le_s": (a, b) => Number(a <= b),
  "i32.le_u": (a, b) => Number(u(a) <= u(b)),
  "i32.ge_s": (a, b) => Number(a >= b),
  "i32.ge_u": (a, b) => Number(u(a) >= u(b)),
};
const floatFold: Record<string, (a: number, b: number) => number> = {
  "f32.add": (a, b) => a + b,
  "f32.sub": (a, b) => a - b,
  "f32.mul": (a, b) => a * b,
  "f32.div": (a, b) => a / b,
};
const floatCompare: Record<string, (a: number, b: number) => boolean> = {
  "f32.eq": (a, b) => a === b,
  "f32.ne": (a, b) => a !== b,
  "f32.lt": (a, b) => a < b,
  "f32.gt": (a, b) => a > b,
  "f32.le": (a, b) => a <= b,
  "f32.ge": (a, b) => a >= b,
};

/** A binary scalar or lane operation, folded where its operands are known. */
export function binary(op: string, a: Node, b: Node): Node {
  const prefix = op.slice(0, op.indexOf("."));
  if (isConst(a) && isConst(b)) {
    const fold = intFold[op];
    if (fold) return i32(fold(a.imm, b.imm));
    const float = floatFold[op];
    if (float) return f32(float(a.imm, b.imm));
    const compare = floatCompare[op];
    if (compare) return i32(Number(compare(a.imm, b.imm)));
  }
  switch (op) {
    case "i32.add":
      return add(a, b);
    case "i32.sub":
      return isConst(b) ? add(a, i32(-b.imm)) : a.key === b.key ? i32(0) : make("i32", op, [a, b]);
    case "i32.mul":
      return multiply(a, b);
    case "i32.shl":
      return isConst(b) ? multiply(a, i32(1 << (b.imm & 31))) : make("i32", op, [a, b]);
    case "i32.div_u":
    case "i32.rem_u":
      return powerOfTwo(op, a, b);
    case "i32.shr_u":
    case "i32.shr_s":
    case "i32.or":
    case "i32.xor":
      if (isZero(b)) return a;
      if (isZero(a)) return op === "i32.or" || op === "i32.xor" ? b : a;
      break;
    case "i32.and":
      if (isZero(a) || isZero(b)) return i32(0);
      if (isConst(a) && !isConst(b)) return make("i32", op, [b, a]);
      break;
  }
  const isCompare = prefix === "f32" && op in floatCompare;
  return make(prefix.includes("x") ? "v128" : isCompare ? "i32" : (prefix as Kind), op, [a, b]);
}

function add(a: Node, b: Node): Node {
  if (isConst(a)) return isConst(b) ? i32(a.imm + b.imm) : add(b, a);
  if (isZero(b)) return a;
  const constantOf = (n: Node): number => (n.op === "i32.add" && isConst(n.args[1]!) ? n.args[1]!.imm : 0);
  const rest = (n: Node): Node => (constantOf(n) === 0 ? n : n.args[0]!);
  if (isConst(b)) {
    const sum = (constantOf(a) + b.imm) | 0;
    return sum === 0 ? rest(a) : make("i32", "i32.add", [rest(a), i32(sum)]);
  }
  const c = (constantOf(a) + constantOf(b)) | 0;
  const sum = make("i32", "i32.add", [rest(a), rest(b)]);
  return c === 0 ? sum : make("i32", "i32.add", [sum, i32(c)]);
}

function multiply(a: Node, b: Node): Node {
  if (isConst(a)) return multiply(b, a);
  if (!isConst(b)) return make("i32", "i32.mul", [a, b]);
  if (b.imm === 0) return b;
  if (b.imm === 1) return a;
  if (a.op === "i32.add" && isConst(a.args[1]!))
    return add(multiply(a.args[0]!, b), i32(Math.imul(a.args[1]!.imm, b.imm)));
  if (a.op === "i32.mul" && isConst(a.args[1]!)) return multiply(a.args[0]!, i32(Math.imul(a.args[1]!.imm, b.imm)));
  return make("i32", "i32.mul", [a, b]);
}

function powerOfTwo(op: string, a: Node, b: Node): Node {
  if (!isConst(b)) return make("i32", op, [a, b]);
  const d = u(b.imm);
  if (d === 1) return op === "i32.div_u" ? a : i32(0);
  if (d !== 0 && (d & (d - 1)) === 0)
    return op === "i32.div_u"
      ? make("i32", "i32.shr_u", [a, i32(31 - Math.clz32(d))])
      : make("i32", "i32.and", [a, i32(d - 1)]);
  return make("i32", op, [a, b]);
}

/** `condition ? a : b`, both evaluated. */
export function select(condition: Node, a: Node, b: Node): Node {
  if (isConst(condition)) return condition.imm !== 0 ? a : b;
  return a.key === b.key ? a : make(a.kind, "select", [a, b, condition]);
}

export const not = (n: Node): Node => {
  if (isConst(n)) return i32(Number(n.imm === 0));
  const flipped = inverse[n.op];
  return flipped ? make("i32", flipped, n.args) : make("i32", "i32.eqz", [n]);
};
const inverse: Record<string, string> = {
  "i32.eq": "i32.ne",
  "i32.ne": "i32.eq",
  "i32.lt_s": "i32.ge_s",
  "i32.lt_u": "i32.ge_u",
  "i32.gt_s": "i32.le_s",
  "i32.gt_u": "i32.le_u",
  "i32.le_s": "i32.gt_s",
  "i32.le_u": "i32.gt_u",
  "i32.ge_s": "i32.lt_s",
  "i32.ge_u": "i32.lt_u",
};

export const minU = (a: Node, b: Node): Node =>
  isConst(a) && isConst(b) ? i32(Math.min(u(a.imm), u(b.imm))) : make("i32", "i32.min_u", [a, b]);

/** All four lanes equal to a scalar of kind `i32` or `f32`. */
export function splat(n: Node): Node {
  const lane = n.op === "f32x4.extract_lane" || n.op === "i32x4.extract_lane";
  if (lane) {
    const first = n.imm * 4;
    const four = [first, first + 1, first + 2, first + 3];
    return make("v128", "shuffle", [n.args[0]!, n.args[0]!], 0, [...four, ...four, ...four, ...four]);
  }
  if (n.op === "i32.load" || n.op === "f32.load")
    return { ...make("v128", "v128.load32_splat", n.args, n.imm), key: `s${n.key}` };
  return make("v128", n.kind === "f32" ? "f32x4.splat" : "i32x4.splat", [n]);
}

/** Lane `index` (0…3) of a vector; `float` tells which scalar it is. */
export function lane(n: Node, index: number, float: boolean): Node {
  if (n.op === "f32x4.splat" || n.op === "i32x4.splat") return n.args[0]!;
  if (n.op === "f32x4.replace_lane" || n.op === "i32x4.replace_lane") {
    if (n.imm === index) return n.args[1]!;
    return lane(n.args[0]!, index, float);
  }
  if (n.op === "local" && n.definition) {
    // A vector made of named scalars: the scalar itself is at hand.
    const known = lane(n.definition, index, float);
    if (known.op === "const" || (known.op === "local" && known.key.endsWith(".0"))) return known;
  }
  if (n.op === "shuffle" && n.bytes![index * 4]! % 4 === 0) {
    const byte = n.bytes![index * 4]!;
    return lane(n.args[byte < 16 ? 0 : 1]!, (byte % 16) / 4, float);
  }
  return make(float ? "f32" : "i32", float ? "f32x4.extract_lane" : "i32x4.extract_lane", [n], index);
}

/** Lanes by index: 0…3 from `a`, 4…7 from `b`. */
export function shuffleLanes(a: Node, b: Node, lanes: readonly number[]): Node {
  if (a.key === b.key) lanes = lanes.map((l) => l % 4);
  if (lanes.every((l, i) => l === i)) return a;
  const bytes = lanes.flatMap((l) => [l * 4, l * 4 + 1, l * 4 + 2, l * 4 + 3]);
  return make("v128", "shuffle", [a, b], 0, bytes);
}

export const unary = (kind: Kind, op: string, a: Node): Node => make(kind, op, [a]);
export const vector = (op: string, ...args: Node[]): Node => make("v128", op, args);
