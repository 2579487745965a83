/** Collects a kernel's statements, locals, facts and what it needs from a dispatch. */
import { KernelError } from "../../device.ts";
import type { Fact, Obligation } from "../bounds.ts";
import { binary, i32, type Kind, type Label, local, type Node, type Stmt } from "../ir.ts";
import type { Slot } from "./values.ts";

/** Function parameters of every kernel: argument block, first workgroup, end of workgroups. */
export const parameterCount = 3;
/** Words of the argument block before the first binding: groups in x, y, z, and one spare. */
export const argumentHeaderWords = 4;

const maxStatements = 100_000;

interface Mark {
  readonly assigned: number;
  readonly locals: number;
}

interface LoopFrame {
  /** Run once before the loop. */
  readonly before: Stmt[];
  /** Names of what runs there, by the key of their nodes. */
  readonly known: Map<string, Node>;
  counter: { readonly local: number; readonly turn: number; readonly step: number } | undefined;
  /** Addresses that move with the counter: by base and factor. */
  readonly pointers: Map<string, { readonly local: number; readonly step: number }>;
}

export class Builder {
  readonly locals: Kind[] = [];
  readonly prologue: Stmt[] = [];
  readonly obligations: Obligation[] = [];
  facts: Fact[] = [];
  /** Bytes of per-thread memory for workgroup variables and arrays that are indexed while running. */
  scratchBytes = 0;
  private statements: Stmt[] = [];
  private pushed = 0;
  private readonly cached = new Map<string, Node>();
  private readonly stableMemo = new WeakMap<Node, boolean>();

  /** Loops around the statement being lowered, outermost first. */
  private readonly loops: LoopFrame[] = [];
  /** The innermost loop that changes each local, by index; 0 outside loops. */
  private readonly depths: number[] = [];

  newLocal(kind: Kind): number {
    this.locals.push(kind);
    return parameterCount + this.locals.length - 1;
  }

  /** How deep the innermost loop lies in which a node's value changes. */
  depthOf(node: Node): number {
    if (node.op === "local") return this.depths[node.imm] ?? 0;
    return node.args.reduce((deepest, a) => Math.max(deepest, this.depthOf(a)), 0);
  }

  push(statement: Stmt): void {
    if (++this.pushed > maxStatements)
      throw new KernelError(
        "unsupported-wgsl",
        "the kernel is too large once its functions are inlined and its loops over local arrays unrolled",
        "index the array by values known only at run time, or make the loops' bounds smaller",
      );
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

  /**
   * Evaluates `node` now and gives an immutable name to it. What does not change in the loops around is evaluated
   * before them, once for equal nodes.
   */
  materialise(node: Node): Node {
    if (node.op === "const" || (node.op === "local" && this.isStable(node))) return node;
    const definition = node.kind === "i32" || /x4\.(splat|replace_lane)$/.test(node.op) ? node : undefined;
    const depth = this.depthOf(node);
    const loop = this.isStable(node) ? this.loops[depth] : undefined;
    const known = loop?.known.get(node.key);
    if (known) return known;
    const index = this.newLocal(node.kind);
    const name = local(node.kind, index, 0, definition);
    const set: Stmt = { op: "set", local: index, value: node };
    if (loop) {
      loop.before.push(set);
      loop.known.set(node.key, name);
      this.depths[index] = depth;
    } else {
      this.push(set);
      this.depths[index] = this.loops.length;
    }
    return name;
  }

  /**
   * Tells the innermost loop that the local `counter` grows by `step` in each of its turns, and in no other way; `turn`
   * is the local that holds its value during a turn.
   */
  countedBy(counter: number, turn: number, step: number): void {
    this.loops[this.loops.length - 1]!.counter = { local: counter, turn, step };
  }

  /**
   * `base + term` as an address that moves with the innermost loop instead of being computed in every turn: possible
   * when `base` does not change in it and `term` is a multiple of its counter.
   */
  moving(base: Node, term: Node): Node | undefined {
    const loop = this.loops[this.loops.length - 1];
    const counter = loop?.counter;
    const scaled = term.op === "i32.mul" && term.args[1]!.op === "const";
    const variable = scaled ? term.args[0]! : term;
    if (!loop || !counter || variable.op !== "local" || variable.imm !== counter.turn) return undefined;
    if (!this.isStable(base) || this.depthOf(base) >= this.loops.length) return undefined;
    const factor = scaled ? term.args[1]!.imm : 1;
    const key = `${base.key}*${factor}`;
    let pointer = loop.pointers.get(key);
    if (!pointer) {
      pointer = { local: this.newLocal("i32"), step: Math.imul(factor, counter.step) };
      // The counter has its first value here.
      const first = binary("i32.mul", local("i32", counter.local, this.nextVersion()), i32(factor));
      loop.before.push({ op: "set", local: pointer.local, value: binary("i32.add", base, first) });
      loop.pointers.set(key, pointer);
      this.depths[pointer.local] = this.loops.length;
    }
    return local("i32", pointer.local, this.nextVersion());
  }

  /** To be called where the innermost loop's counter takes its step. */
  movePointers(): void {
    for (const { local: index, step } of this.loops[this.loops.length - 1]!.pointers.values()) {
      const moved = binary("i32.add", local("i32", index, this.nextVersion()), i32(step));
      this.push({ op: "set", local: index, value: moved });
    }
  }

  /** A node that changes in no loop around: evaluated before it. Others stay as they are. */
  outside(node: Node): Node {
    return this.isStable(node) && this.depthOf(node) < this.loops.length ? this.materialise(node) : node;
  }

  /** Lowers a loop; returns what is to run before it and its body. */
  loop(build: () => void): { before: Stmt[]; body: Stmt[] } {
    const frame: LoopFrame = { before: [], known: new Map(), counter: undefined, pointers: new Map() };
    this.loops.push(frame);
    const body = this.capture(build);
    this.loops.pop();
    return { before: frame.before, body };
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
    this.assigned.push(slot);
    this.depths[slot.index] = Math.max(this.depths[slot.index] ?? 0, this.loops.length);
  }

  /** Every assignment so far, to find those that code lowered in between made. */
  private readonly assigned: Slot[] = [];

  mark(): Mark {
    return { assigned: this.assigned.length, locals: this.locals.length };
  }

  /** Nothing is known of what the slot holds. */
  forget(slot: Slot): void {
    slot.version = this.nextVersion();
    slot.definition = undefined;
  }

  /**
   * Forgets what was assigned since: that code may not have run. `expected`, where given, must name every older slot
   * among them, or else what was lowered in between relied on stale knowledge.
   */
  forgetSince(mark: Mark, expected?: ReadonlySet<Slot>): void {
    for (const slot of new Set(this.assigned.slice(mark.assigned))) {
      if (expected && slot.index < parameterCount + mark.locals && !expected.has(slot))
        throw new KernelError("compile", "a loop changes a variable in a way that this device does not follow");
      this.forget(slot);
    }
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
