/** A WGSL module and its override values → one lowered kernel, specialised to one lane per workgroup. */
import { KernelError } from "../../device.ts";
import type { Obligation } from "../bounds.ts";
import { binary, dispatchFact, i32, type Kind, type Label, local, make, type Node, type Stmt } from "../ir.ts";
import { mathFunctions } from "../math.ts";
import type { FunctionDecl, Module, Parameter } from "../wgsl/ast.ts";
import { unsupported } from "../wgsl/lexer.ts";
import { parse } from "../wgsl/parser.ts";
import {
  alignOf,
  boolType,
  elementOf,
  roundUp,
  scalar,
  show,
  sizeOf,
  strideOf,
  type Type,
  u32Type,
  vec,
} from "../wgsl/types.ts";
import { Builder } from "./builder.ts";
import { Context, type Features, KeepInMemory } from "./context.ts";
import { Expressions } from "./expressions.ts";
import { addressOf, bindingRef, scratch } from "./memory.ts";
import { buildVector, concrete, convert, convertLiteral } from "./operators.ts";
import { Statements } from "./statements.ts";
import { nodeVal, type Val } from "./values.ts";

export interface BindingUse {
  readonly binding: number;
  readonly name: string;
  readonly space: "storage" | "uniform";
  /** Bytes that the kernel needs at least, whatever its indices. */
  readonly minimumBytes: number;
}

export interface LoweredKernel {
  readonly locals: readonly Kind[];
  readonly body: readonly Stmt[];
  readonly bindings: readonly BindingUse[];
  readonly obligations: readonly Obligation[];
  readonly scratchBytes: number;
}

const parsed = new Map<string, Module>();
function parseOnce(code: string): Module {
  let module = parsed.get(code);
  if (!module) {
    const own = parse(code);
    module = { ...own, functions: new Map([...mathFunctions(), ...own.functions]) };
    parsed.set(code, module);
  }
  return module;
}

/** @throws KernelError `unsupported-wgsl` naming line and column, `compile` when an override has no value. */
export function lowerKernel(
  code: string,
  constants: Readonly<Record<string, number>>,
  features: Features,
): LoweredKernel {
  const module = parseOnce(code);
  const inMemory = new Set<object>();
  for (;;) {
    try {
      return new KernelLowering(module, constants, features, inMemory).run();
    } catch (e) {
      if (!(e instanceof KeepInMemory) || inMemory.has(e.declaration)) throw e;
      inMemory.add(e.declaration);
    }
  }
}

class KernelLowering {
  private readonly builder = new Builder();
  private readonly c: Context;
  private readonly statements: Statements;
  private readonly expressions: Expressions;
  private readonly bindings: BindingUse[] = [];
  private readonly used: [Node | undefined, Node | undefined, Node | undefined] = [undefined, undefined, undefined];
  private readonly constants: Readonly<Record<string, number>>;

  constructor(
    module: Module,
    constants: Readonly<Record<string, number>>,
    features: Features,
    inMemory: ReadonlySet<object>,
  ) {
    this.c = new Context(module, this.builder, features, inMemory);
    this.constants = constants;
    this.statements = new Statements(this.c);
    this.expressions = new Expressions(this.c, (_c, f, result, exit) => this.statements.body(f, result, exit));
    this.statements.use(this.expressions);
  }

  run(): LoweredKernel {
    const entry = this.entry();
    this.declareConstants(entry);
    const zeroed = this.declareGlobals();
    const exit: Label = { name: "workgroup" };
    const top: Label = { name: "workgroups" };
    const current = local("i32", 1, 0);
    const body = this.builder.capture(() => {
      for (const p of entry.parameters) this.c.declare(p.name, { b: "value", val: this.builtinValue(p) });
      this.statements.body(entry, { type: { k: "void" }, ref: undefined, value: undefined }, exit);
    });
    const ids: Stmt[] = this.used.flatMap((node, axis) => (node ? this.groupId(node.imm, axis, current) : []));
    const advance: Stmt[] = [
      { op: "set", local: 1, value: make("i32", "i32.add", [current, i32(1)]) },
      { op: "br", label: top, condition: make("i32", "i32.lt_u", [current, local("i32", 2, 0)]) },
    ];
    const turn: Stmt[] = [...ids, ...zeroed, { op: "block", label: exit, body }, ...advance];
    return {
      locals: this.builder.locals,
      body: [...this.builder.prologue, { op: "loop", label: top, body: turn }],
      bindings: this.bindings,
      obligations: merge(this.builder.obligations),
      scratchBytes: this.builder.scratchBytes,
    };
  }

  private entry(): FunctionDecl {
    const entries = [...this.c.module.functions.values()].filter((f) => f.workgroupSize);
    const [entry] = entries;
    if (!entry || entries.length > 1)
      throw new KernelError("compile", `a kernel has exactly one @compute entry point, found ${entries.length}`);
    return entry;
  }

  private declareConstants(entry: FunctionDecl): void {
    const lanes = new Set(entry.workgroupSize!.flatMap((e) => (e.kind === "name" ? [e.name] : [])));
    for (const name of Object.keys(this.constants))
      if (!this.c.module.overrides.some((o) => o.name === name))
        throw new KernelError(
          "compile",
          `the kernel has no override called ${name}`,
          "check the names given as constants",
        );
    // WGSL knows no order among module-scope declarations: each is computed when it is first named.
    const waiting = new Map<string, () => void>();
    for (const d of this.c.module.constants) waiting.set(d.name, () => this.constant(d));
    for (const d of this.c.module.overrides) waiting.set(d.name, () => this.override(d, lanes.has(d.name)));
    this.c.onMissing = (name) => {
      const compute = waiting.get(name);
      waiting.delete(name);
      compute?.();
      return compute !== undefined;
    };
    for (const name of [...waiting.keys()]) this.c.onMissing(name);
    this.c.onMissing = () => false;
    for (const e of entry.workgroupSize!) {
      const size = this.c.constantNumber(this.expressions.value(e));
      if (size !== 1)
        throw unsupported(
          `a workgroup has one lane on this device, found ${size}`,
          e.at,
          "declare the size as an override, as in @workgroup_size(W)",
        );
    }
  }

  private override(d: Module["overrides"][number], isSize: boolean): void {
    const type = d.type ? this.c.type(d.type) : undefined;
    const given = isSize ? 1 : this.constants[d.name];
    if (given === undefined && !d.init)
      throw new KernelError("compile", `the override ${d.name} needs a value`, "pass it as a constant of the pipeline");
    const raw: Val =
      given === undefined
        ? this.expressions.value(d.init!)
        : { k: "abstract", type: scalar(Number.isInteger(given) ? "abstract-int" : "abstract-float"), value: given };
    const of = type ?? concrete(given === undefined ? raw : this.expressions.value(d.init!)).type;
    const val =
      raw.k === "abstract" && of.k === "scalar" && of.name === "bool"
        ? convert(raw, boolType, d.at)
        : convertLiteral(raw, of, d.at);
    this.c.declare(d.name, { b: "value", val });
  }

  private constant(d: Module["constants"][number]): void {
    if (!d.init) throw unsupported(`${d.name} needs a value`, d.at);
    const type = d.type ? this.c.type(d.type) : undefined;
    const v = this.expressions.value(d.init);
    this.c.declare(d.name, { b: "value", val: type && v.k === "abstract" ? convertLiteral(v, type, d.at) : v });
  }

  /** Buffers, and per-thread memory for workgroup and private variables; returns what clears the latter. */
  private declareGlobals(): Stmt[] {
    const zeroed: Stmt[] = [];
    for (const g of this.c.module.globals) {
      if (!g.type) throw unsupported(`${g.name} needs a type`, g.at);
      const type = this.c.type(g.type);
      if (g.space === "workgroup" || g.space === "private") {
        if (g.init) throw unsupported(`${g.name}: module variables with a value are outside the subset`, g.at);
        if (isRuntimeSized(type)) throw unsupported(`${show(type)} only fits a var<storage>`, g.at);
        const ref = scratch(this.c, type, "workgroup", g.name, g.at);
        this.c.declare(g.name, { b: "place", ref });
        zeroed.push({ op: "fill", address: addressOf(ref), bytes: sizeOf(type) });
        continue;
      }
      const binding = g.binding!;
      if (this.bindings.some((b) => b.binding === binding)) throw unsupported(`binding ${binding} is used twice`, g.at);
      if (g.space === "uniform" && isRuntimeSized(type))
        throw unsupported(`${show(type)} only fits a var<storage>`, g.at);
      if (holdsBool(type)) throw unsupported(`${g.name}: a buffer cannot hold bool`, g.at, "store a u32");
      this.bindings.push({ binding, name: g.name, space: g.space, minimumBytes: minimumBytes(type) });
      const root = {
        space: g.space,
        binding,
        writable: g.access === "read_write" && g.space === "storage",
        name: g.name,
      };
      this.c.declare(g.name, { b: "place", ref: bindingRef(this.c, type, root) });
    }
    const uniform = this.c.module.globals.find((g) => g.space === "uniform");
    const last = Math.max(...this.bindings.map((b) => b.binding));
    if (uniform && (uniform.binding !== last || this.bindings.filter((b) => b.space === "uniform").length > 1))
      throw unsupported(`${uniform.name}: a kernel has one var<uniform>, which is its last binding`, uniform.at);
    return zeroed;
  }

  private builtinValue(p: Parameter): Val {
    const u3 = vec(3, "u32");
    const three = (at: (axis: number) => Node): Val => nodeVal(u3, buildVector([at(0), at(1), at(2)]));
    switch (p.builtin) {
      case "workgroup_id":
      case "global_invocation_id":
        return three((axis) => this.groupLocal(axis));
      case "local_invocation_id":
        return three(() => i32(0));
      case "local_invocation_index":
        return nodeVal(u32Type, i32(0));
      case "num_workgroups":
        return three((axis) => this.groupCount(axis));
      default:
        throw unsupported(`@builtin(${p.builtin ?? "?"}) is outside the subset`, p.at);
    }
  }

  private groupLocal(axis: number): Node {
    const index = this.used[axis]?.imm ?? this.builder.newLocal("i32");
    this.used[axis] ??= local("i32", index, 0, dispatchFact("group", axis));
    return this.used[axis];
  }

  private groupCount(axis: number): Node {
    const word = make("i32", "i32.load", [local("i32", 0, 0)], axis * 4);
    return this.builder.hoisted(`groups ${axis}`, () => word, dispatchFact("groups", axis));
  }

  private groupId(index: number, axis: number, current: Node): Stmt[] {
    const x = this.groupCount(0);
    const yz = binary("i32.div_u", current, x);
    const value =
      axis === 0
        ? binary("i32.rem_u", current, x)
        : axis === 1
          ? binary("i32.rem_u", yz, this.groupCount(1))
          : binary("i32.div_u", yz, this.groupCount(1));
    return [{ op: "set", local: index, value }];
  }
}

/** A runtime-sized array has one element at least (WebGPU, "minimum buffer binding size"). */
function minimumBytes(type: Type): number {
  if (type.k === "array" && type.count === undefined) return strideOf(type);
  const last = type.k === "struct" ? type.members[type.members.length - 1] : undefined;
  if (last && isRuntimeSized(last.type)) return roundUp(last.offset + minimumBytes(last.type), alignOf(type));
  return sizeOf(type);
}

const isRuntimeSized = (t: Type): boolean =>
  (t.k === "array" && t.count === undefined) || (t.k === "struct" && t.members.some((m) => isRuntimeSized(m.type)));
const holdsBool = (t: Type): boolean =>
  t.k === "array"
    ? holdsBool(t.of)
    : t.k === "struct"
      ? t.members.some((m) => holdsBool(m.type))
      : elementOf(t) === "bool";

/** Keeps, of accesses that differ by a constant, the lowest and the highest. */
function merge(obligations: readonly Obligation[]): Obligation[] {
  const groups = new Map<string, { low: Obligation; high: Obligation; least: number; most: number }>();
  for (const o of obligations) {
    const split = o.index.op === "i32.add" && o.index.args[1]!.op === "const";
    const rest = split ? o.index.args[0]! : o.index;
    const offset = split ? o.index.args[1]!.imm : 0;
    const constant = rest.op === "const";
    const facts = o.facts.map((f) => `${f.node.key}${f.side}${f.signed}${f.offset}${f.limit.key}`).join(";");
    const key = `${o.binding}|${constant ? "" : rest.key}|${o.start}|${o.stride}|${o.size}|${facts}`;
    const place = constant ? rest.imm : offset;
    const group = groups.get(key);
    if (!group) groups.set(key, { low: o, high: o, least: place, most: place });
    else {
      if (place < group.least) Object.assign(group, { low: o, least: place });
      if (place > group.most) Object.assign(group, { high: o, most: place });
    }
  }
  return [...groups.values()].flatMap((g) => (g.low === g.high ? [g.low] : [g.low, g.high]));
}
