/** Expressions → values. Calls of the module's own functions are inlined. */
import { binary, bitsFloat, f32, floatBits, i32, isConst, type Label, lane, type Node, shuffleLanes } from "../ir.ts";
import { mathFunctions } from "../math.ts";
import type { Expr, FunctionDecl, Parameter, Statement, TypeExpr } from "../wgsl/ast.ts";
import { type Position, unsupported } from "../wgsl/lexer.ts";
import { boolType, elementOf, same, scalar, show, type Type, vec } from "../wgsl/types.ts";
import { returnsAlways } from "./analysis.ts";
import { builtin, isBuiltin } from "./builtins.ts";
import { type Context, scalarTypes } from "./context.ts";
import { intrinsic } from "./intrinsics.ts";
import {
  allocate,
  checkIndex,
  indexed,
  leaves,
  load,
  member,
  pin,
  runtimeLength,
  settle,
  swizzle,
  zero,
} from "./memory.ts";
import { binaryOperator, buildVector, concrete, convert, convertLiteral, nodeOf, unaryOperator } from "./operators.ts";
import { boolVal, nodeVal, type Ref, type Val } from "./values.ts";

/** A value of more parts than this is no value to build part by part. */
const maxItems = 4096;

type Inline = (
  c: Context,
  f: FunctionDecl,
  result: { type: Type; ref: Ref | undefined; value: Val | undefined },
  exit: Label,
) => void;

export class Expressions {
  private readonly c: Context;
  private readonly lowerBody: Inline;

  constructor(c: Context, lowerBody: Inline) {
    this.c = c;
    this.lowerBody = lowerBody;
    c.evaluate = (e) => this.value(e);
  }

  value(e: Expr): Val {
    const v = this.evaluate(e);
    if (v.type.k === "void") throw unsupported("this call gives no value", e.at);
    return v;
  }

  /** As `value`, for statements: the call of a function that returns nothing has the type void. */
  evaluate(e: Expr): Val {
    const { c } = this;
    switch (e.kind) {
      case "literal": {
        const name = e.suffix === "u" ? "u32" : e.suffix === "i" ? "i32" : e.suffix === "f" ? "f32" : undefined;
        const abstract: Val = {
          k: "abstract",
          type: scalar(e.float ? "abstract-float" : "abstract-int"),
          value: e.value,
        };
        return name ? convertLiteral(abstract, scalar(name), e.at) : abstract;
      }
      case "bool":
        return boolVal(e.value);
      case "name": {
        const named = c.lookup(e.name);
        if (!named) throw unsupported(`${e.name} is not declared`, e.at);
        return named.b === "value" ? named.val : load(c, named.ref, e.at);
      }
      case "unary":
        if (e.op === "&") {
          const ref = pin(c, this.place(e.operand));
          return { k: "pointer", type: ref.type, ref };
        }
        if (e.op === "*") return load(c, this.place(e), e.at);
        return unaryOperator(e.op, this.value(e.operand), e.at);
      case "binary":
        return e.op === "&&" || e.op === "||" ? this.logical(e) : this.twoSided(e);
      case "index":
        return this.element(e);
      case "member":
        return this.memberValue(e);
      case "call":
        return this.call(e);
    }
  }

  /** A place that can be assigned. */
  place(e: Expr): Ref {
    switch (e.kind) {
      case "name": {
        const named = this.c.lookup(e.name);
        if (named?.b === "place") return named.ref;
        if (named?.b === "value" && named.val.k === "pointer") return named.val.ref;
        throw unsupported(named ? `${e.name} cannot be assigned: it is no var` : `${e.name} is not declared`, e.at);
      }
      case "index":
        return indexed(this.c, this.place(e.base), this.value(e.index), e.at);
      case "member":
        return member(this.place(e.base), e.member, e.at);
      case "unary": {
        const inner = e.op === "*" ? this.value(e.operand) : undefined;
        if (inner?.k === "pointer") return inner.ref;
        break;
      }
    }
    throw unsupported("this expression cannot be assigned", e.at);
  }

  private isPlace(e: Expr): boolean {
    if (e.kind === "name") return this.c.lookup(e.name)?.b === "place";
    if (e.kind === "index" || e.kind === "member") return this.isPlace(e.base);
    return e.kind === "unary" && e.op === "*";
  }

  private twoSided(e: Expr & { kind: "binary" }): Val {
    let left = this.value(e.left);
    if (this.callsOwnFunction(e.right)) left = settle(this.c, left);
    return binaryOperator(e.op, left, this.value(e.right), e.at);
  }

  private logical(e: Expr & { kind: "binary" }): Val {
    const { c } = this;
    const left = this.bool(e.left);
    const isAnd = e.op === "&&";
    if (isConst(left)) return (left.imm !== 0) === isAnd ? nodeVal(boolType, this.bool(e.right)) : boolVal(!isAnd);
    let right: Node | undefined;
    const before = c.builder.mark();
    const inside = c.builder.capture(() => {
      right = this.bool(e.right);
    });
    c.builder.forgetSince(before);
    const known = right!;
    if (inside.length === 0 && c.builder.isStable(known))
      return nodeVal(boolType, binary(isAnd ? "i32.and" : "i32.or", left, known));
    // The right side may only run when the left side asks for it.
    const result = allocate(c, boolType, e, e.at);
    if (result.k !== "slot") throw unsupported("a boolean was expected", e.at);
    c.builder.push({ op: "set", local: result.slot.index, value: left });
    const set = { op: "set", local: result.slot.index, value: known } as const;
    const held = load(c, result, e.at);
    const condition = nodeOf(held, e.at);
    c.builder.push({
      op: "if",
      condition,
      accepted: isAnd ? [...inside, set] : [],
      rejected: isAnd ? [] : [...inside, set],
    });
    result.slot.version = c.builder.nextVersion();
    return load(c, result, e.at);
  }

  bool(e: Expr): Node {
    const v = this.value(e);
    if (v.type.k !== "scalar" || v.type.name !== "bool")
      throw unsupported(`expected a bool, found ${show(v.type)}`, e.at);
    return nodeOf(v, e.at);
  }

  private element(e: Expr & { kind: "index" }): Val {
    if (this.isPlace(e)) return load(this.c, this.place(e), e.at);
    const base = concrete(this.value(e.base));
    const at = this.value(e.index);
    checkIndex(at, e.at);
    const index = this.c.constantNumber(at);
    if (index === undefined) throw unsupported("a value needs a constant index", e.at, "store it in a var");
    if (base.k === "aggregate" && base.items[index]) return base.items[index];
    if (base.type.k === "vec" && index < base.type.n && index >= 0) return this.component(base, [index], e.at);
    throw unsupported(`index ${index} is outside ${show(base.type)}`, e.at);
  }

  private memberValue(e: Expr & { kind: "member" }): Val {
    const named = e.base.kind === "name" ? this.c.lookup(e.base.name) : undefined;
    const throughPointer = named?.b === "value" && named.val.k === "pointer" && named.val.type.k !== "vec";
    if (throughPointer) return load(this.c, this.place(e), e.at);
    if (this.isPlace(e.base)) {
      const base = this.place(e.base);
      if (base.type.k === "struct") return load(this.c, member(base, e.member, e.at), e.at);
    }
    const base = concrete(this.value(e.base));
    if (base.k === "aggregate" && base.type.k === "struct") {
      const i = base.type.members.findIndex((m) => m.name === e.member);
      if (base.items[i]) return base.items[i];
    }
    if (base.type.k === "vec") return this.component(base, swizzle(e.member, base.type.n, e.at), e.at);
    throw unsupported(`${show(base.type)} has no member ${e.member}`, e.at);
  }

  private component(v: Val, lanes: readonly number[], at: Position): Val {
    if (v.type.k !== "vec") throw unsupported(`${show(v.type)} has no components`, at);
    const of = v.type.of;
    const node = nodeOf(v, at);
    if (lanes.length === 1) {
      const scalarNode = lane(node, lanes[0]!, of === "f32");
      return nodeVal(scalar(of), of === "bool" ? binary("i32.and", scalarNode, i32(1)) : scalarNode);
    }
    const padded = [0, 1, 2, 3].map((i) => lanes[Math.min(i, lanes.length - 1)]!);
    return nodeVal(vec(lanes.length, of), shuffleLanes(node, node, padded));
  }

  private call(e: Expr & { kind: "call" }): Val {
    const { c } = this;
    const { name } = e.callee;
    if (name === "arrayLength") return this.arrayLength(e);
    const own = c.module.functions.get(name) ?? undefined;
    const args = this.argumentValues(e.args);
    const special = own ? intrinsic(c, name, args, e.at) : undefined;
    if (special) return special;
    if (own) return this.inline(own, args, e.at);
    if (name === "bitcast") return this.bitcast(c.type(e.callee.args[0] as never), args[0]!, e.at);
    if (isBuiltin(name))
      return builtin(c, name, args, e.at, (math, values) => this.inline(mathFunctions().get(math)!, values, e.at));
    return this.construct(e, args);
  }

  private argumentValues(list: readonly Expr[]): Val[] {
    const later = list.map((_, i) => list.slice(i + 1).some((a) => this.callsOwnFunction(a)));
    return list.map((a, i) => (later[i] ? settle(this.c, this.value(a)) : this.value(a)));
  }

  callsOwnFunction(e: Expr): boolean {
    switch (e.kind) {
      case "call":
        return this.c.module.functions.has(e.callee.name) || e.args.some((a) => this.callsOwnFunction(a));
      case "binary":
        return this.callsOwnFunction(e.left) || this.callsOwnFunction(e.right);
      case "unary":
        return this.callsOwnFunction(e.operand);
      case "index":
        return this.callsOwnFunction(e.base) || this.callsOwnFunction(e.index);
      case "member":
        return this.callsOwnFunction(e.base);
      default:
        return false;
    }
  }

  private arrayLength(e: Expr & { kind: "call" }): Val {
    const [target] = e.args;
    const ref = target?.kind === "unary" && target.op === "&" ? this.place(target.operand) : undefined;
    if (ref?.k !== "memory" || ref.type.k !== "array" || ref.type.count !== undefined)
      throw unsupported("arrayLength takes the address of a runtime-sized array", e.at);
    const stride = ref.type.of.k === "vec" && ref.type.of.n !== 2 ? 16 : ref.type.of.k === "vec" ? 8 : undefined;
    const bytes = stride ?? (ref.type.of.k === "scalar" ? 4 : ref.type.of.k === "struct" ? ref.type.of.size : 0);
    if (bytes === 0) throw unsupported("arrayLength of nested arrays is outside the subset", e.at);
    return nodeVal(scalar("u32"), runtimeLength(this.c, ref.root, ref.offset, bytes));
  }

  private bitcast(to: Type, v: Val, at: Position): Val {
    const from = concrete(v);
    const node = nodeOf(from, at);
    const floatTo = elementOf(to) === "f32";
    const floatFrom = elementOf(from.type) === "f32";
    if (to.k !== from.type.k || (to.k === "vec" && from.type.k === "vec" && to.n !== from.type.n))
      throw unsupported(`cannot bitcast ${show(from.type)} to ${show(to)}`, at);
    if (to.k === "vec" || floatTo === floatFrom) return nodeVal(to, node);
    return nodeVal(to, reinterpret(node, floatTo));
  }

  /** `f32(x)`, `vec4<u32>(a, b, c, d)`, `array<T, n>(…)`, `Struct(…)`, zero values. */
  private construct(e: Expr & { kind: "call" }, args: readonly Val[]): Val {
    const { c } = this;
    const { callee, at } = e;
    const bare = /^vec([234])$/.exec(callee.name)?.[1];
    if (bare && callee.args.length === 0) {
      const known = args.map((a) => elementOf(a.type)).find((n) => n && n !== "abstract-int" && n !== "abstract-float");
      const of = known ?? (args.some((a) => elementOf(a.type) === "abstract-float") ? "f32" : "i32");
      return this.vector(vec(Number(bare), of), args, at);
    }
    if (callee.name === "array" && callee.args.length === 0) {
      const items = args.map(concrete);
      if (items.length === 0) throw unsupported("array() needs its type", at);
      return { k: "aggregate", type: { k: "array", of: items[0]!.type, count: items.length }, items };
    }
    const type = c.type(callee);
    if (args.length === 0) {
      if (leaves(type) > maxItems)
        throw unsupported(`${show(type)}() is too large`, at, "declare a var without a value, which is zero");
      return zero(type);
    }
    if (type.k === "scalar")
      return nodeVal(type, nodeOf(convert(this.only(args, at), scalarTypes[type.name]!, at), at));
    if (type.k === "vec") return this.vector(type, args, at);
    const types =
      type.k === "struct" ? type.members.map((m) => m.type) : type.k === "array" ? args.map(() => type.of) : [];
    const count = type.k === "struct" ? type.members.length : type.k === "array" ? type.count : 0;
    if (count !== args.length) throw unsupported(`${show(type)} takes ${count} values, found ${args.length}`, at);
    return {
      k: "aggregate",
      type,
      items: args.map((a, i) => convertLiteral(a, types[i]!, at)),
    };
  }

  private only(args: readonly Val[], at: Position): Val {
    if (args.length !== 1) throw unsupported("one value was expected", at);
    return args[0]!;
  }

  private vector(type: Type & { k: "vec" }, args: readonly Val[], at: Position): Val {
    const of = scalar(type.of);
    if (args.length === 1) {
      const [v] = args;
      if (v!.type.k === "vec") {
        if (v!.type.n !== type.n) throw unsupported(`${show(type)} cannot be made from ${show(v!.type)}`, at);
        return convert(v!, type, at);
      }
      const one = nodeOf(convertLiteral(v!, of, at), at);
      return nodeVal(type, buildVector([type.of === "bool" ? binary("i32.sub", i32(0), one) : one]));
    }
    const lanes = args.flatMap((a): Node[] => {
      if (a.type.k !== "vec") {
        const one = nodeOf(convertLiteral(a, of, at), at);
        return [type.of === "bool" ? binary("i32.sub", i32(0), one) : one];
      }
      if (a.type.of !== type.of) throw unsupported(`${show(type)} cannot hold ${show(a.type)}`, at);
      const node = this.c.builder.materialise(nodeOf(a, at));
      return Array.from({ length: a.type.n }, (_, i) => lane(node, i, type.of === "f32"));
    });
    if (lanes.length !== type.n)
      throw unsupported(`${show(type)} needs ${type.n} components, found ${lanes.length}`, at);
    return nodeVal(type, buildVector(lanes));
  }

  inline(f: FunctionDecl, args: readonly Val[], at: Position): Val {
    const { c } = this;
    if (c.inlining.includes(f)) throw unsupported(`${f.name} calls itself; recursion is outside WGSL`, at);
    if (args.length !== f.parameters.length)
      throw unsupported(`${f.name} takes ${f.parameters.length} values, found ${args.length}`, at);
    const type: Type = f.result ? c.type(f.result) : { k: "void" };
    if (type.k !== "void" && !returnsAlways(f.body))
      throw unsupported(`${f.name} may end without returning a value`, f.at);
    const settled = args.map((a, i) => {
      const p = f.parameters[i]!;
      if (p.type.name !== "ptr" && a.k !== "pointer") return settle(c, convertLiteral(a, c.type(p.type), at));
      this.checkPointer(p, a, at);
      return a;
    });
    c.inlining.push(f);
    const result = c.isolated(() => {
      f.parameters.forEach((p, i) => {
        const a = settled[i]!;
        c.declare(p.name, { b: "value", val: a });
      });
      return this.inlineBody(f, type, at);
    });
    c.inlining.pop();
    return result;
  }

  private checkPointer(p: Parameter, a: Val, at: Position): void {
    const [space, of] = p.type.args;
    if (p.type.name !== "ptr" || a.k !== "pointer")
      throw unsupported(`${p.name} takes ${p.type.name === "ptr" ? "the address of a variable" : "a value"}`, at);
    const isFunction = space && "name" in space && space.name === "function";
    if (!isFunction || !of || !("args" in of))
      throw unsupported("a pointer parameter is a ptr<function, T> in the subset", p.at);
    if (a.ref.k === "lane" || (a.ref.k === "memory" && a.ref.root.space !== "function"))
      throw unsupported(`${p.name} takes the address of a variable of a function`, at);
    const type = this.c.type(of as TypeExpr);
    if (!same(type, a.type)) throw unsupported(`${p.name} points to ${show(type)}, found ${show(a.type)}`, at);
  }

  private inlineBody(f: FunctionDecl, type: Type, at: Position): Val {
    const { c } = this;
    const last = f.body[f.body.length - 1];
    const early =
      f.body.some((s) => s !== last && returns(s)) || (last !== undefined && last.kind !== "return" && returns(last));
    const exit: Label = { name: f.name };
    if (!early) {
      const single = { type, ref: undefined, value: undefined as Val | undefined };
      this.lowerBody(c, f, single, exit);
      if (type.k !== "void" && !single.value) throw unsupported(`${f.name} ends without returning a value`, at);
      return single.value ?? zero({ k: "void" });
    }
    const ref = type.k === "void" ? undefined : allocate(c, type, f, at);
    const before = c.builder.mark();
    const body = c.builder.capture(() => this.lowerBody(c, f, { type, ref, value: undefined }, exit));
    c.builder.push({ op: "block", label: exit, body });
    // An early return may have left out any of the assignments.
    c.builder.forgetSince(before);
    return ref ? load(c, ref, at) : zero({ k: "void" });
  }
}

export function reinterpret(node: Node, toFloat: boolean): Node {
  if (isConst(node)) return toFloat ? f32(bitsFloat(node.imm)) : i32(floatBits(node.imm));
  const op = toFloat ? "f32.reinterpret_i32" : "i32.reinterpret_f32";
  return { kind: toFloat ? "f32" : "i32", op, args: [node], imm: 0, key: `${op}(${node.key})` };
}

function returns(s: Statement): boolean {
  switch (s.kind) {
    case "return":
      return true;
    case "if":
      return s.accepted.some(returns) || (s.rejected?.some(returns) ?? false);
    case "for":
    case "loop":
    case "block":
      return s.body.some(returns);
    case "switch":
      return s.cases.some((k) => k.body.some(returns));
    default:
      return false;
  }
}
