/** Collects a kernel's statements, locals, facts and what it needs from a dispatch. */
import type { Fact, Obligation } from "../bounds.ts";
import { type Kind, type Label, local, type Node, type Stmt } from "../ir.ts";
import type { Slot } from "./values.ts";

/** Function parameters of every kernel: argument block, first workgroup, end of workgroups. */
export const parameterCount = 3;
/** Words of the argument block before the first binding: groups in x, y, z, and one spare. */
export const argumentHeaderWords = 4;

export class Builder {
  readonly locals: Kind[] = [];
  readonly prologue: Stmt[] = [];
  readonly obligations: Obligation[] = [];
  facts: Fact[] = [];
  /** Bytes of per-thread memory for workgroup variables and arrays that are indexed while running. */
  scratchBytes = 0;
  private statements: Stmt[] = [];
  private readonly cached = new Map<string, Node>();
  private readonly stableMemo = new WeakMap<Node, boolean>();

  newLocal(kind: Kind): number {
    this.locals.push(kind);
    return parameterCount + this.locals.length - 1;
  }

  push(statement: Stmt): void {
    this.statements.push(statement);
  }

  /** Runs `build` and returns the statements it pushed, in place of appending them. */
  capture(build: () => void): Stmt[] {
    const outer = this.statements;
    this.statements = [];
    build();
    const inner = this.statements;
    this.statements = outer;
    return inner;
  }

  /** Evaluates `node` now and gives an immutable name to it. */
  materialise(node: Node): Node {
    if (node.op === "const" || (node.op === "local" && this.isStable(node))) return node;
    const index = this.newLocal(node.kind);
    this.push({ op: "set", local: index, value: node });
    return local(node.kind, index, 0, node.kind === "i32" ? node : undefined);
  }

  /** A value computed once, before the first workgroup. */
  hoisted(key: string, value: () => Node, definition?: Node): Node {
    const known = this.cached.get(key);
    if (known) return known;
    const node = value();
    const index = this.newLocal(node.kind);
    this.prologue.push({ op: "set", local: index, value: node });
    const name = local(node.kind, index, 0, definition);
    this.cached.set(key, name);
    return name;
  }

  assign(slot: Slot, value: Node): void {
    this.push({ op: "set", local: slot.index, value });
    slot.version = this.nextVersion();
    slot.definition = value;
  }

  private versions = 0;
  nextVersion(): number {
    return ++this.versions;
  }

  /** Whether a node means the same wherever it is read: nothing in it is reassigned or loaded. */
  isStable(node: Node): boolean {
    const known = this.stableMemo.get(node);
    if (known !== undefined) return known;
    const stable =
      node.op === "local"
        ? node.imm < parameterCount || node.key.endsWith(".0")
        : !node.op.includes("load") && node.op !== "short" && node.args.every((a) => this.isStable(a));
    this.stableMemo.set(node, stable);
    return stable;
  }

  withFacts(facts: readonly Fact[], build: () => void): void {
    const outer = this.facts;
    this.facts = [...outer, ...facts];
    build();
    this.facts = outer;
  }

  branch(label: Label, condition?: Node): void {
    this.push({ op: "br", label, condition });
  }
}
