/** What every part of the lowering shares: the module, its scopes, the builder. */
import type { Node } from "../ir.ts";
import type { Expr, FunctionDecl, Module, StructDecl, TypeExpr } from "../wgsl/ast.ts";
import { type Position, unsupported } from "../wgsl/lexer.ts";
import {
  boolType,
  f32Type,
  i32Type,
  type ScalarName,
  scalar,
  show,
  structType,
  type Type,
  u32Type,
  vec,
  voidType,
} from "../wgsl/types.ts";
import type { Builder } from "./builder.ts";
import type { Ref, Val } from "./values.ts";

export type Named = { readonly b: "value"; readonly val: Val } | { readonly b: "place"; readonly ref: Ref };

/** Thrown to start the lowering over with one more array kept in memory instead of in locals. */
export class KeepInMemory extends Error {
  readonly declaration: object;
  constructor(declaration: object) {
    super("array indexed at run time");
    this.declaration = declaration;
  }
}

export interface Features {
  /** Relaxed SIMD: fused multiply-add and the 8-bit dot product. */
  readonly relaxed: boolean;
}

export class Context {
  readonly module: Module;
  readonly builder: Builder;
  readonly features: Features;
  /** Declarations of function-scope arrays that are indexed by values known only at run time. */
  readonly inMemory: ReadonlySet<object>;
  private scopes: Map<string, Named>[] = [new Map()];
  private readonly types = new Map<string, Type>();
  private readonly building = new Set<string>();
  /** Functions being inlined, to refuse recursion. */
  readonly inlining: FunctionDecl[] = [];
  /** Declares a module-scope constant that was not reached yet; false when there is none by that name. */
  onMissing: (name: string) => boolean = () => false;
  evaluate: (e: Expr) => Val = () => {
    throw new Error("the lowering is not assembled");
  };

  constructor(module: Module, builder: Builder, features: Features, inMemory: ReadonlySet<object>) {
    this.module = module;
    this.builder = builder;
    this.features = features;
    this.inMemory = inMemory;
  }

  lookup(name: string): Named | undefined {
    for (let i = this.scopes.length - 1; i >= 0; i--) {
      const found = this.scopes[i]!.get(name);
      if (found) return found;
    }
    // A constant of the module may be named before the line that declares it.
    return this.onMissing(name) ? this.scopes[0]!.get(name) : undefined;
  }

  declare(name: string, named: Named): void {
    this.scopes[this.scopes.length - 1]!.set(name, named);
  }

  isDeclaredHere(name: string): boolean {
    return this.scopes[this.scopes.length - 1]!.has(name);
  }

  scoped<T>(build: () => T): T {
    this.scopes.push(new Map());
    try {
      return build();
    } finally {
      this.scopes.pop();
    }
  }

  /** Runs `build` seeing module scope only, as a called function does. */
  isolated<T>(build: () => T): T {
    const outer = this.scopes;
    this.scopes = [outer[0]!, new Map()];
    try {
      return build();
    } finally {
      this.scopes = outer;
    }
  }

  type(t: TypeExpr): Type {
    const simple = simpleTypes[t.name];
    if (simple && t.args.length === 0) return simple;
    const dimension = /^vec([234])$/.exec(t.name)?.[1];
    if (dimension) {
      const of = t.args[0] && "name" in t.args[0] ? this.type(t.args[0] as TypeExpr) : undefined;
      if (of?.k !== "scalar") throw unsupported(`${t.name} needs a scalar type`, t.at);
      return vec(Number(dimension), of.name);
    }
    if (t.name === "array") {
      const [of, count] = t.args;
      if (!of || !("args" in of)) throw unsupported("array needs an element type", t.at);
      return {
        k: "array",
        of: this.sized(of as TypeExpr),
        count: count === undefined ? undefined : this.count(count, t.at),
      };
    }
    if (t.name === "ptr") return voidType;
    const known = this.types.get(t.name);
    if (known) return known;
    const alias = this.module.aliases.get(t.name);
    const struct = this.module.structs.get(t.name);
    if ((!alias && !struct) || t.args.length > 0)
      throw unsupported(`the type ${t.name} is outside the subset`, t.at, "see docs/wgsl-subset.md");
    if (this.building.has(t.name)) throw unsupported(`the type ${t.name} contains itself`, t.at);
    this.building.add(t.name);
    const built = alias ? this.type(alias) : this.struct(struct!);
    this.building.delete(t.name);
    this.types.set(t.name, built);
    return built;
  }

  private struct(s: StructDecl): Type {
    if (s.members.length === 0) throw unsupported(`${s.name} has no members`, s.at);
    const members = s.members.map((m, i) => {
      const type = i === s.members.length - 1 ? this.type(m.type) : this.sized(m.type);
      if (s.members.findIndex((other) => other.name === m.name) !== i)
        throw unsupported(`${s.name} has two members called ${m.name}`, m.at);
      return { name: m.name, type };
    });
    return structType(s.name, members);
  }

  /** A type that may stand in the middle of another. */
  private sized(t: TypeExpr): Type {
    const type = this.type(t);
    const last = type.k === "struct" ? type.members[type.members.length - 1]?.type : type;
    if (type.k === "void" || (last?.k === "array" && last.count === undefined))
      throw unsupported(`${show(type)} has no size of its own`, t.at);
    return type;
  }

  private count(e: TypeExpr | Expr, at: Position): number {
    const expr: Expr = "kind" in e ? e : { kind: "name", name: e.name, at: e.at };
    const n = this.constantNumber(this.evaluate(expr));
    if (n === undefined || n < 1 || n > 2 ** 24)
      throw unsupported("an array's size must be a constant between 1 and 2^24", at);
    return n;
  }

  constantNumber(v: Val): number | undefined {
    if (v.k === "abstract") return v.value;
    if (v.k !== "node" || v.node.op !== "const") return undefined;
    return v.type.k === "scalar" && v.type.name === "u32" ? v.node.imm >>> 0 : v.node.imm;
  }

  /** The node of a scalar or vector value, literals made concrete. */
  node(v: Val, at: Position): Node {
    if (v.k === "node") return v.node;
    throw unsupported("a scalar or vector was expected here", at);
  }
}

const simpleTypes: Record<string, Type> = { f32: f32Type, i32: i32Type, u32: u32Type, bool: boolType };
for (const n of [2, 3, 4])
  for (const [suffix, of] of Object.entries({ f: "f32", i: "i32", u: "u32" } satisfies Record<string, ScalarName>))
    simpleTypes[`vec${n}${suffix}`] = vec(n, of);
export const scalarTypes: Record<string, Type> = {
  f32: scalar("f32"),
  i32: scalar("i32"),
  u32: scalar("u32"),
  bool: scalar("bool"),
};
