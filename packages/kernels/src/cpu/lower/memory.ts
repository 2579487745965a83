/** Places: variables in locals, in per-thread memory and in the dispatch's buffers; loads, stores, bounds. */

import { KernelError } from "../../device.ts";
import { intervalOf, someDispatch } from "../bounds.ts";
import { binary, dispatchFact, i32, isConst, type Kind, lane, loads, local, make, minU, type Node } from "../ir.ts";
import { type Position, unsupported } from "../wgsl/lexer.ts";
import { roundUp, scalar, show, sizeOf, strideOf, type Type } from "../wgsl/types.ts";
import { argumentHeaderWords } from "./builder.ts";
import { type Context, KeepInMemory } from "./context.ts";
import { buildVector } from "./operators.ts";
import { type MemoryRoot, nodeVal, type Ref, type Slot, type Val } from "./values.ts";

const kindOf = (t: Type): Kind => (t.k === "vec" ? "v128" : t.k === "scalar" && t.name === "f32" ? "f32" : "i32");

/** More locals than this for one array, and it lives in memory. */
const maxLeaves = 96;
const maxScratchBytes = 2 ** 24;
export const leaves = (t: Type): number =>
  t.k === "array"
    ? leaves(t.of) * (t.count ?? 0)
    : t.k === "struct"
      ? t.members.reduce((n, m) => n + leaves(m.type), 0)
      : 1;

/** A variable inside a function. Small arrays become one local per element. */
export function allocate(c: Context, type: Type, declaration: object, at: Position): Ref {
  if (type.k === "scalar" || type.k === "vec") {
    const slot: Slot = {
      index: c.builder.newLocal(kindOf(type)),
      version: c.builder.nextVersion(),
      definition: undefined,
    };
    return { k: "slot", type, slot };
  }
  if (type.k === "struct")
    return { k: "aggregate", type, declaration, items: type.members.map((m) => allocate(c, m.type, declaration, at)) };
  if (type.k === "array" && type.count !== undefined) {
    if (c.inMemory.has(declaration) || leaves(type) > maxLeaves) return scratch(c, type, "function", "the array", at);
    return {
      k: "aggregate",
      type,
      declaration,
      items: Array.from({ length: type.count }, () => allocate(c, type.of, declaration, at)),
    };
  }
  throw unsupported(`a variable cannot have the type ${show(type)}`, at);
}

/** Per-thread memory: workgroup variables (a workgroup has one lane here) and arrays indexed at run time. */
export function scratch(
  c: Context,
  type: Type,
  space: "workgroup" | "function",
  name: string,
  at: Position,
): Ref & { k: "memory" } {
  if (c.builder.scratchBytes + sizeOf(type) > maxScratchBytes)
    throw unsupported(`${name} needs more than ${maxScratchBytes / 2 ** 20} MiB of memory inside a workgroup`, at);
  const offset = roundUp(c.builder.scratchBytes, 16);
  c.builder.scratchBytes = offset + roundUp(sizeOf(type), 16);
  const root: MemoryRoot = { space, binding: -1, writable: true, name };
  return { k: "memory", type, root, base: make("i32", "scratch", []), offset };
}

const argument = (word: number): Node => make("i32", "i32.load", [local("i32", 0, 0)], word * 4);

function pointerTo(c: Context, { binding }: MemoryRoot): Node {
  return c.builder.hoisted(`pointer ${binding}`, () => argument(argumentHeaderWords + binding * 2));
}

export function bindingRef(c: Context, type: Type, root: MemoryRoot): Ref {
  return { k: "memory", type, root, base: pointerTo(c, root), offset: 0 };
}

/** Elements of the runtime array that starts `start` bytes into a binding. */
export function runtimeLength(c: Context, root: MemoryRoot, start: number, stride: number): Node {
  const bytes = argument(argumentHeaderWords + root.binding * 2 + 1);
  if (root.binding >= 256 || start >= lengthUnits.start || stride >= lengthUnits.stride)
    throw new KernelError(
      "unsupported-wgsl",
      `${root.name}: its binding, its place or its elements' size is too large`,
    );
  const value = (): Node => binary("i32.div_u", binary("i32.sub", bytes, i32(start)), i32(stride));
  // The fact's number carries binding, start and stride, which the dispatch turns into a length.
  return c.builder.hoisted(
    `length ${root.binding} ${start} ${stride}`,
    value,
    dispatchFact("length", lengthId(root.binding, start, stride)),
  );
}

const lengthUnits = { start: 2 ** 22, stride: 2 ** 22 };
const lengthId = (binding: number, start: number, stride: number): number =>
  (binding * lengthUnits.start + start) * lengthUnits.stride + stride;
export function lengthFromId(id: number, bytesOf: (binding: number) => number): number {
  const stride = id % lengthUnits.stride;
  const rest = Math.floor(id / lengthUnits.stride);
  return Math.floor((bytesOf(Math.floor(rest / lengthUnits.start)) - (rest % lengthUnits.start)) / stride);
}

export function member(ref: Ref, name: string, at: Position): Ref {
  if (ref.type.k === "struct") {
    const i = ref.type.members.findIndex((m) => m.name === name);
    const found = ref.type.members[i];
    if (!found) throw unsupported(`${show(ref.type)} has no member ${name}`, at);
    if (ref.k === "aggregate") return ref.items[i]!;
    if (ref.k === "memory") return { ...ref, type: found.type, offset: ref.offset + found.offset };
  }
  if (ref.type.k === "vec") {
    const lanes = swizzle(name, ref.type.n, at);
    if (lanes.length === 1) return { k: "lane", type: scalar(ref.type.of), vector: ref, lane: lanes[0]! };
    throw unsupported("a swizzle of several components cannot be assigned", at);
  }
  throw unsupported(`${show(ref.type)} has no member ${name}`, at);
}

export function swizzle(name: string, size: number, at: Position): number[] {
  const set = /^[xyzw]{1,4}$/.test(name) ? "xyzw" : /^[rgba]{1,4}$/.test(name) ? "rgba" : undefined;
  const lanes = set ? [...name].map((ch) => set.indexOf(ch)) : [];
  if (lanes.length === 0 || lanes.some((l) => l >= size)) throw unsupported(`vec${size} has no component ${name}`, at);
  return lanes;
}

export function checkIndex({ type }: Val, at: Position): void {
  if (type.k === "scalar" && ["i32", "u32", "abstract-int"].includes(type.name)) return;
  throw unsupported(`an index is i32 or u32, found ${show(type)}`, at);
}

export function indexed(c: Context, ref: Ref, index: Val, at: Position): Ref {
  checkIndex(index, at);
  const constant = c.constantNumber(index);
  if (ref.type.k === "vec") {
    if (constant === undefined && ref.k === "memory")
      return elementAt(c, ref, scalar(ref.type.of), 4, ref.type.n, index, at);
    if (constant === undefined)
      throw unsupported("a vector in a local needs a constant index", at, "use an array, or select()");
    if (constant < 0 || constant >= ref.type.n) throw unsupported(`index ${constant} is outside ${show(ref.type)}`, at);
    return { k: "lane", type: scalar(ref.type.of), vector: ref, lane: constant };
  }
  if (ref.type.k !== "array") throw unsupported(`${show(ref.type)} cannot be indexed`, at);
  const { count, of } = ref.type;
  if (constant !== undefined && (constant < 0 || (count !== undefined && constant >= count)))
    throw unsupported(`index ${constant} is outside ${show(ref.type)}`, at);
  if (ref.k === "aggregate") {
    if (constant === undefined) throw new KeepInMemory(ref.declaration);
    return ref.items[constant]!;
  }
  if (ref.k !== "memory") throw unsupported("this value cannot be indexed", at);
  return elementAt(c, ref, of, strideOf(ref.type), count, index, at);
}

function elementAt(
  c: Context,
  ref: Ref & { k: "memory" },
  of: Type,
  stride: number,
  count: number | undefined,
  index: Val,
  at: Position,
): Ref {
  const constant = c.constantNumber(index);
  if (constant !== undefined && count !== undefined)
    return { ...ref, type: of, offset: ref.offset + constant * stride };
  const raw = constant !== undefined ? i32(constant) : c.node(index, at);
  const [low, high] = intervalOf(raw, c.builder.facts, count === undefined ? someDispatch : undefined);
  const finite = low >= 0 && high < 2 ** 31;
  let node = raw;
  let proven = finite && count !== undefined && high < count;
  if (finite && count === undefined && ref.root.space === "storage") {
    c.builder.obligations.push({
      binding: ref.root.binding,
      index: raw,
      facts: c.builder.facts,
      start: ref.offset,
      stride,
      size: Math.max(sizeOf(of), 4),
    });
    proven = true;
  }
  if (!proven) {
    const limit = count === undefined ? runtimeLength(c, ref.root, ref.offset, stride) : i32(count);
    node = minU(raw, binary("i32.sub", limit, i32(1)));
  }
  const { constant: offset, terms } = sumOf(node, stride);
  // The constant part of a proven index may travel in the memory operand, where the rest cannot be below zero.
  const rest = binary("i32.sub", raw, i32(offset / stride));
  const travels = proven && offset >= 0 && (offset === 0 || intervalOf(rest, c.builder.facts, undefined)[0] >= 0);
  // What changes in outer loops is added first: the engine's compiler then takes these sums out of the inner loops.
  terms.sort((a, b) => c.builder.depthOf(a) - c.builder.depthOf(b));
  const start = travels || offset === 0 ? ref.base : binary("i32.add", ref.base, i32(offset));
  const base = terms.reduce((sum, term) => {
    const fixed = c.builder.outside(sum);
    return c.builder.moving(fixed, term) ?? make("i32", "i32.add", [fixed, term]);
  }, start);
  return { ...ref, type: of, base, offset: ref.offset + (travels ? offset : 0) };
}

/** `index · stride` as a constant and terms. */
function sumOf(index: Node, stride: number): { constant: number; terms: Node[] } {
  if (isConst(index)) return { constant: Math.imul(index.imm, stride), terms: [] };
  if (index.op === "i32.add") {
    const [a, b] = index.args.map((part) => sumOf(part, stride)) as [
      ReturnType<typeof sumOf>,
      ReturnType<typeof sumOf>,
    ];
    return { constant: (a.constant + b.constant) | 0, terms: [...a.terms, ...b.terms] };
  }
  if (index.op === "i32.mul" && isConst(index.args[1]!))
    return sumOf(index.args[0]!, Math.imul(stride, index.args[1]!.imm));
  return { constant: 0, terms: [binary("i32.mul", index, i32(stride))] };
}

export function load(c: Context, ref: Ref, at: Position): Val {
  switch (ref.k) {
    case "slot": {
      const { slot } = ref;
      return nodeVal(ref.type, local(kindOf(ref.type), slot.index, slot.version, slot.definition));
    }
    case "aggregate":
      return { k: "aggregate", type: ref.type, items: ref.items.map((r) => load(c, r, at)) };
    case "lane": {
      const v = load(c, ref.vector, at);
      const { type } = ref;
      const float = type.k === "scalar" && type.name === "f32";
      const node = lane(c.node(v, at), ref.lane, float);
      return nodeVal(type, type.k === "scalar" && type.name === "bool" ? binary("i32.and", node, i32(1)) : node);
    }
    case "memory":
      return loadMemory(c, ref, at);
  }
}

function loadMemory(c: Context, ref: Ref & { k: "memory" }, at: Position): Val {
  const { type, base, offset } = ref;
  if (type.k === "struct")
    return {
      k: "aggregate",
      type,
      items: type.members.map((m) => load(c, { ...ref, type: m.type, offset: offset + m.offset }, at)),
    };
  if (type.k === "array") {
    if (type.count === undefined || leaves(type) > maxLeaves)
      throw unsupported(`${show(type)} cannot be copied as a whole`, at);
    const stride = strideOf(type);
    const items = Array.from({ length: type.count }, (_, i) =>
      load(c, { ...ref, type: type.of, offset: offset + i * stride }, at),
    );
    return { k: "aggregate", type, items };
  }
  const code = type.k === "vec" ? (type.n === 2 ? "v128.load64_zero" : "v128.load") : `${kindOf(type)}.load`;
  const node = make(kindOf(type), code, [base], offset);
  // What lies at a fixed place in the uniform is read once; an element chosen while running is not.
  const fixed = ref.root.space === "uniform" && base.key === pointerTo(c, ref.root).key;
  if (!fixed) return nodeVal(type, node);
  const fact = type.k === "scalar" && type.name !== "f32" ? dispatchFact("param", offset) : undefined;
  return nodeVal(
    type,
    c.builder.hoisted(`param ${offset} ${show(type)} ${base.key}`, () => node, fact),
  );
}

export function store(c: Context, ref: Ref, value: Val, at: Position): void {
  switch (ref.k) {
    case "slot":
      c.builder.assign(ref.slot, c.node(value, at));
      return;
    case "aggregate": {
      if (value.k !== "aggregate") throw unsupported(`expected ${show(ref.type)}`, at);
      // All parts are read before the first is overwritten: the value may be made of the same locals.
      const parts = value.items.map((v) => settle(c, v));
      ref.items.forEach((r, i) => {
        store(c, r, parts[i]!, at);
      });
      return;
    }
    case "lane": {
      const whole = c.node(load(c, ref.vector, at), at);
      const part = c.node(value, at);
      const isBool = ref.type.k === "scalar" && ref.type.name === "bool";
      const lanePart = isBool ? binary("i32.sub", i32(0), part) : part;
      if (ref.vector.k === "memory") {
        store(c, { ...ref.vector, type: ref.type, offset: ref.vector.offset + ref.lane * 4 }, value, at);
        return;
      }
      const prefix = part.kind === "f32" ? "f32x4" : "i32x4";
      store(
        c,
        ref.vector,
        nodeVal(ref.vector.type, make("v128", `${prefix}.replace_lane`, [whole, lanePart], ref.lane)),
        at,
      );
      return;
    }
    case "memory":
      // As above: `a[i] = Pair(a[i].y, a[i].x)`.
      storeMemory(c, ref, value.k === "aggregate" && readsMemory(value) ? settle(c, value) : value, at);
  }
}

const readsMemory = (v: Val): boolean =>
  v.k === "aggregate" ? v.items.some(readsMemory) : v.k === "node" && loads(v.node);

/** Sets a new variable to zero. */
export function clear(c: Context, ref: Ref, at: Position): void {
  if (ref.k === "aggregate") for (const item of ref.items) clear(c, item, at);
  else if (ref.k === "memory") c.builder.push({ op: "fill", address: addressOf(ref), bytes: sizeOf(ref.type) });
  else store(c, ref, settle(c, zero(ref.type)), at);
}

export const addressOf = (ref: Ref & { k: "memory" }): Node => binary("i32.add", ref.base, i32(ref.offset));

/** Computes a place's address now, so that later assignments cannot move it. */
export function pin(c: Context, ref: Ref): Ref {
  if (ref.k === "memory") return { ...ref, base: c.builder.materialise(ref.base) };
  if (ref.k === "lane") return { ...ref, vector: pin(c, ref.vector) };
  return ref;
}

/** Evaluates a value now, so that later assignments cannot change it. */
export function settle(c: Context, v: Val): Val {
  if (v.k === "node") return nodeVal(v.type, c.builder.materialise(v.node));
  if (v.k === "aggregate") return { ...v, items: v.items.map((i) => settle(c, i)) };
  return v;
}

function storeMemory(c: Context, ref: Ref & { k: "memory" }, value: Val, at: Position): void {
  const { type, base, offset, root } = ref;
  if (!root.writable) throw unsupported(`${root.name} is read-only`, at, "declare it var<storage, read_write>");
  if (value.k === "aggregate") {
    const stride = type.k === "array" ? strideOf(type) : 0;
    value.items.forEach((item, i) => {
      const m = type.k === "struct" ? type.members[i]! : undefined;
      storeMemory(
        c,
        { ...ref, type: m?.type ?? (type as Type & { k: "array" }).of, offset: offset + (m?.offset ?? i * stride) },
        item,
        at,
      );
    });
    return;
  }
  const node = c.node(value, at);
  if (type.k === "vec" && type.n !== 4) {
    const held = c.builder.materialise(node);
    const place = c.builder.materialise(base);
    c.builder.push({ op: "store", code: "v128.store64_lane", address: place, offset, value: held, lane: 0 });
    if (type.n === 3)
      c.builder.push({
        op: "store",
        code: "v128.store32_lane",
        address: place,
        offset: offset + 8,
        value: held,
        lane: 2,
      });
    return;
  }
  c.builder.push({ op: "store", code: `${kindOf(type)}.store`, address: base, offset, value: node });
}

/** The zero of a type: what `var x: T;` and `T()` hold. */
export function zero(type: Type): Val {
  if (type.k === "scalar") return nodeVal(type, kindOf(type) === "f32" ? make0("f32") : i32(0));
  if (type.k === "vec") return nodeVal(type, buildVector([type.of === "f32" ? make0("f32") : i32(0)]));
  if (type.k === "struct") return { k: "aggregate", type, items: type.members.map((m) => zero(m.type)) };
  if (type.k === "array")
    return { k: "aggregate", type, items: Array.from({ length: type.count ?? 0 }, () => zero(type.of)) };
  return { k: "abstract", type, value: 0 };
}
const make0 = (kind: Kind): Node => ({ kind, op: "const", args: [], imm: 0, key: "f0" });
