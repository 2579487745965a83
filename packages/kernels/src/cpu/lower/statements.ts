/** Statements. Loops with constant bounds over arrays held in locals are unrolled; others stay loops. */
import type { Fact } from "../bounds.ts";
import { i32, isConst, type Label, loads, make, type Node, not } from "../ir.ts";
import type { Block, Expr, FunctionDecl, Statement } from "../wgsl/ast.ts";
import { type Position, unsupported } from "../wgsl/lexer.ts";
import { same, show, type Type, u32Type } from "../wgsl/types.ts";
import { type Analysis, analyse } from "./analysis.ts";
import type { Context } from "./context.ts";
import type { Expressions } from "./expressions.ts";
import { allocate, clear, load, pin, settle, store } from "./memory.ts";
import { binaryOperator, concrete, convertLiteral } from "./operators.ts";
import { nodeVal, type Ref, type Slot, type Val } from "./values.ts";

interface Targets {
  readonly onBreak: Label | undefined;
  readonly onContinue: Label | undefined;
  readonly onReturn: Label;
  readonly result: { type: Type; ref: Ref | undefined; value: Val | undefined };
}

const maxUnrolled = 512;
/**
 * Other loops are unrolled only when very short: a loop's turn is a block that V8 schedules by itself, and long
 * straight-line code with many loads makes it keep everything in flight and spill registers.
 */
const smallTrips = 4;
const maxUnrolledWork = 200;

export class Statements {
  private readonly c: Context;
  private expressions!: Expressions;

  constructor(c: Context) {
    this.c = c;
  }

  use(expressions: Expressions): void {
    this.expressions = expressions;
  }

  /** The body of an inlined function or of the entry point; returns branch to `exit`. */
  body(f: FunctionDecl, result: Targets["result"], exit: Label): void {
    this.block(f.body, { onBreak: undefined, onContinue: undefined, onReturn: exit, result });
  }

  private block(body: Block, t: Targets): void {
    const facts = this.c.builder.facts;
    this.c.scoped(() => {
      for (const s of body) {
        this.statement(s, t);
        if (s.kind === "return" || s.kind === "break" || s.kind === "continue") break;
      }
    });
    this.c.builder.facts = facts;
  }

  private statement(s: Statement, t: Targets): void {
    const { c } = this;
    switch (s.kind) {
      case "const":
      case "let":
      case "var":
        this.declare(s);
        return;
      case "assign":
        this.assign(s);
        return;
      case "call":
        this.expressions.evaluate(s.call);
        return;
      case "block":
        this.block(s.body, t);
        return;
      case "if":
        this.conditional(s, t);
        return;
      case "for":
        this.c.scoped(() => this.forLoop(s, t));
        return;
      case "loop":
        this.forLoop({ kind: "for", body: s.body, at: s.at }, t, s.continuing, s.breakIf);
        return;
      case "switch":
        this.switchCase(s, t);
        return;
      case "break":
        if (!t.onBreak) throw unsupported("break outside a loop", s.at);
        c.builder.branch(t.onBreak);
        return;
      case "continue":
        if (!t.onContinue) throw unsupported("continue outside a loop", s.at);
        c.builder.branch(t.onContinue);
        return;
      case "return":
        this.returnFrom(s, t);
        return;
    }
  }

  private declare(s: Statement & { kind: "let" | "var" | "const" }): void {
    const { c } = this;
    const { decl } = s;
    if (c.isDeclaredHere(decl.name)) throw unsupported(`${decl.name} is declared twice`, decl.at);
    const type = decl.type ? c.type(decl.type) : undefined;
    let init = decl.init ? this.expressions.value(decl.init) : undefined;
    if (init?.k === "abstract" && (type || s.kind !== "const"))
      init = type ? convertLiteral(init, type, s.at) : concrete(init);
    if (type && init && init.k !== "pointer" && !same(type, init.type))
      throw unsupported(`${decl.name} is ${show(type)}, its value ${show(init.type)}`, s.at);
    if (s.kind !== "var") {
      if (!init) throw unsupported(`${decl.name} needs a value`, s.at);
      if (s.kind === "const" && !isConstant(init)) throw unsupported(`${decl.name} is not constant: use let`, s.at);
      c.declare(decl.name, { b: "value", val: settle(c, init) });
      return;
    }
    const of = type ?? init?.type;
    if (!of) throw unsupported(`${decl.name} needs a type or a value`, s.at);
    const value = init && settle(c, init);
    const ref = allocate(c, of, decl, s.at);
    if (value) store(c, ref, value, s.at);
    else clear(c, ref, s.at);
    c.declare(decl.name, { b: "place", ref });
  }

  private assign(s: Statement & { kind: "assign" }): void {
    const { c } = this;
    const ref = pin(c, this.expressions.place(s.target));
    let value: Val;
    if (s.op === "") {
      const v = this.expressions.value(s.value);
      value = v.k === "abstract" ? convertLiteral(v, ref.type, s.at) : v;
    } else {
      let left = load(c, ref, s.at);
      if (this.expressions.callsOwnFunction(s.value)) left = settle(c, left);
      const right = this.expressions.value(s.value);
      const shift = s.op === "<<" || s.op === ">>";
      value = binaryOperator(
        s.op,
        left,
        shift && right.k === "abstract" ? convertLiteral(right, u32Type, s.at) : right,
        s.at,
      );
    }
    if (!same(value.type, ref.type)) throw unsupported(`a ${show(ref.type)} cannot hold ${show(value.type)}`, s.at);
    store(c, ref, value, s.at);
  }

  private conditional(s: Statement & { kind: "if" }, t: Targets): void {
    const { c } = this;
    const condition = this.expressions.bool(s.condition);
    if (isConst(condition)) {
      const taken = condition.imm !== 0 ? s.accepted : s.rejected;
      if (taken) {
        this.block(taken, t);
        if (leaves(taken)) c.builder.facts = [...c.builder.facts];
      }
      return;
    }
    const yes = factsOf(condition, true);
    const no = factsOf(condition, false);
    const branch = (body: Block | undefined, facts: readonly Fact[]) =>
      c.builder.capture(() => {
        if (body) c.builder.withFacts(facts, () => this.block(body, t));
      });
    const before = c.builder.mark();
    const accepted = branch(s.accepted, yes);
    // Definitions that the first branch made do not hold in the second.
    c.builder.forgetSince(before);
    const rejected = branch(s.rejected, no);
    c.builder.forgetSince(before);
    c.builder.push({ op: "if", condition, accepted, rejected });
    if (leaves(s.accepted)) c.builder.facts = [...c.builder.facts, ...no];
    else if (s.rejected && leaves(s.rejected)) c.builder.facts = [...c.builder.facts, ...yes];
  }

  private switchCase(s: Statement & { kind: "switch" }, t: Targets): void {
    const { c } = this;
    const exit: Label = { name: "switch" };
    const value = settle(c, concrete(this.expressions.value(s.value)));
    const ordered = [...s.cases.filter((k) => !k.isDefault), ...s.cases.filter((k) => k.isDefault)];
    const known = c.constantNumber(value);
    const before = c.builder.mark();
    const body = c.builder.capture(() => {
      for (const k of ordered) {
        const tests = k.values.map((v) => binaryOperator("==", value, this.expressions.value(v), s.at));
        const condition = k.isDefault
          ? i32(1)
          : tests.map((v) => c.node(v, s.at)).reduce((a, b) => make("i32", "i32.or", [a, b]));
        const matches = known !== undefined && tests.some((v) => c.constantNumber(v) === 1);
        if (known !== undefined && !k.isDefault && !matches) continue;
        const inner = c.builder.capture(() => {
          this.block(k.body, { ...t, onBreak: exit });
          c.builder.branch(exit);
        });
        c.builder.forgetSince(before);
        if (k.isDefault || matches) {
          for (const one of inner) c.builder.push(one);
          break;
        }
        c.builder.push({ op: "if", condition, accepted: inner, rejected: [] });
      }
    });
    c.builder.push({ op: "block", label: exit, body });
  }

  private returnFrom(s: Statement & { kind: "return" }, t: Targets): void {
    const { c } = this;
    const { result } = t;
    if (s.value) {
      let v = this.expressions.value(s.value);
      if (v.k === "abstract") v = convertLiteral(v, result.type, s.at);
      if (!same(v.type, result.type))
        throw unsupported(`the function returns ${show(result.type)}, found ${show(v.type)}`, s.at);
      if (!result.ref) {
        result.value = settle(c, v);
        return;
      }
      store(c, result.ref, settle(c, v), s.at);
    } else if (result.type.k !== "void") throw unsupported(`the function returns ${show(result.type)}`, s.at);
    if (result.ref || result.type.k === "void") c.builder.branch(t.onReturn);
  }

  private forLoop(s: Statement & { kind: "for" }, t: Targets, continuing?: Block, breakIf?: Expr): void {
    const { c } = this;
    if (s.init) this.statement(s.init, t);
    const inside = analyse([...s.body, ...(continuing ?? []), ...(s.update ? [s.update] : [])]);
    const header = [s.condition, breakIf].flatMap((call): Block => (call ? [{ kind: "call", call, at: s.at }] : []));
    const counter = this.counterOf(s, inside);
    if (counter) {
      const values = this.trips(s, counter, inside);
      if (values) {
        this.unroll(s, t, counter, values, inside);
        return;
      }
    }
    const range = counter ? this.counterRange(s, counter) : undefined;
    const before = c.builder.mark();
    const changing = this.forget([inside, analyse(header)], t.result.ref);
    const top: Label = { name: "loop" };
    const exit: Label = { name: "break" };
    const next: Label = { name: "continue" };
    const outerFacts = c.builder.facts;
    const { before: invariant, body } = c.builder.loop(() => {
      let condition: Node | undefined;
      if (counter && range) {
        const slot = counter.ref.slot;
        slot.definition = range;
      }
      if (s.condition) {
        condition = this.expressions.bool(s.condition);
        c.builder.branch(exit, not(condition));
        c.builder.facts = [...outerFacts, ...factsOf(condition, true)];
      }
      const inner = c.builder.capture(() =>
        c.scoped(() => {
          if (counter && range) this.nameCounter(counter, range.args[2]!.imm, s.at);
          this.block(s.body, { ...t, onBreak: exit, onContinue: next });
        }),
      );
      if (inside.continues) c.builder.push({ op: "block", label: next, body: inner });
      else for (const one of inner) c.builder.push(one);
      c.builder.facts = outerFacts;
      // A `continue` may have left out what the body did to them.
      c.builder.forgetSince(before, changing);
      if (continuing) this.block(continuing, { ...t, onBreak: undefined, onContinue: undefined });
      if (breakIf) c.builder.branch(exit, this.expressions.bool(breakIf));
      if (s.update) this.statement(s.update, t);
      c.builder.movePointers();
      c.builder.branch(top);
    });
    for (const one of invariant) c.builder.push(one);
    c.builder.push({ op: "block", label: exit, body: [{ op: "loop", label: top, body }] });
    c.builder.forgetSince(before, changing);
  }

  /** The body cannot change the counter: it reads a name for this turn's value, which loops inside it see as fixed. */
  private nameCounter({ name, ref }: { name: string; ref: Ref & { k: "slot" } }, step: number, at: Position): void {
    const { c } = this;
    const value = c.builder.materialise(c.node(load(c, ref, at), at));
    c.declare(name, { b: "value", val: nodeVal(ref.type, value) });
    if (step !== 0) c.builder.countedBy(ref.slot.index, value.imm, step);
  }

  /** The loop's own variable: declared in its header, changed only by its update. */
  private counterOf(
    s: Statement & { kind: "for" },
    inside: Analysis,
  ): { name: string; ref: Ref & { k: "slot" } } | undefined {
    if (s.init?.kind !== "var" || !s.update || s.update.kind !== "assign" || s.update.target.kind !== "name")
      return undefined;
    const { name } = s.init.decl;
    const named = this.c.lookup(name);
    const changes = analyse(s.body).assigned.has(name);
    if (s.update.target.name !== name || changes || !inside.assigned.has(name)) return undefined;
    return named?.b === "place" && named.ref.k === "slot" && named.ref.type.k === "scalar"
      ? { name, ref: named.ref }
      : undefined;
  }

  /** The values that the counter takes, when they are few, constant, and unrolling is worth it. */
  private trips(
    s: Statement & { kind: "for" },
    counter: { name: string; ref: Ref & { k: "slot" } },
    inside: Analysis,
  ): Val[] | undefined {
    const { c } = this;
    const first = counter.ref.slot.definition;
    if (!s.condition || s.update?.kind !== "assign" || !first || !isConst(first)) return undefined;
    const needed = inside.indexedBy(counter.name).some((root) => {
      const named = c.lookup(root);
      const ref = named?.b === "place" ? named.ref : named?.val.k === "pointer" ? named.val.ref : undefined;
      return inside.declared.has(root) || ref?.k === "aggregate";
    });
    const limit = needed ? maxUnrolled : Math.min(smallTrips, Math.floor(maxUnrolledWork / Math.max(1, inside.work)));
    const values: Val[] = [];
    let value: Val = nodeVal(counter.ref.type, first);
    for (;;) {
      const step = c.scoped(() => {
        c.declare(counter.name, { b: "value", val: value });
        let more: Val | undefined;
        let next: Val | undefined;
        const emitted = c.builder.capture(() => {
          more = this.expressions.value(s.condition!);
          const update = s.update as Statement & { kind: "assign" };
          const by = this.expressions.value(update.value);
          next =
            update.op === ""
              ? by
              : binaryOperator(
                  update.op,
                  value,
                  update.op === "<<" || update.op === ">>" ? shiftBy(by, update.at) : by,
                  update.at,
                );
        });
        const running = more ? c.constantNumber(more) : undefined;
        if (emitted.length > 0 || running === undefined || !next || c.constantNumber(next) === undefined)
          return undefined;
        return { running: running !== 0, next };
      });
      if (!step) return undefined;
      if (!step.running) return values;
      values.push(value);
      if (values.length > limit) return undefined;
      value = step.next.k === "abstract" ? convertLiteral(step.next, counter.ref.type, s.at) : step.next;
    }
  }

  private unroll(
    s: Statement & { kind: "for" },
    t: Targets,
    counter: { name: string },
    values: readonly Val[],
    inside: Analysis,
  ): void {
    const { c } = this;
    const exit: Label = { name: "break" };
    const before = c.builder.mark();
    const turns = c.builder.capture(() => {
      for (const value of values) {
        const next: Label = { name: "continue" };
        const turn = c.builder.capture(() =>
          c.scoped(() => {
            c.declare(counter.name, { b: "value", val: value });
            this.block(s.body, { ...t, onBreak: exit, onContinue: next });
          }),
        );
        if (inside.continues) {
          c.builder.push({ op: "block", label: next, body: turn });
          c.builder.forgetSince(before);
        } else for (const one of turn) c.builder.push(one);
      }
    });
    if (inside.breaks) {
      c.builder.push({ op: "block", label: exit, body: turns });
      c.builder.forgetSince(before);
    } else for (const one of turns) c.builder.push(one);
  }

  /** The interval of a counter that only grows: from its first value to below the loop's limit. */
  private counterRange(
    s: Statement & { kind: "for" },
    counter: { name: string; ref: Ref & { k: "slot" } },
  ): Node | undefined {
    const { c } = this;
    const { condition, update } = s;
    if (condition?.kind !== "binary" || condition.left.kind !== "name" || condition.left.name !== counter.name)
      return undefined;
    if ((condition.op !== "<" && condition.op !== "<=") || update?.kind !== "assign" || update.op !== "+")
      return undefined;
    let limit: Node | undefined;
    let step: number | undefined;
    const emitted = c.builder.capture(() => {
      const by = this.expressions.value(update.value);
      step = c.constantNumber(by);
      const unsigned = counter.ref.type.k === "scalar" && counter.ref.type.name === "u32";
      const v = this.expressions.value(condition.right);
      const grows = step === undefined ? unsigned : step > 0;
      if (grows && v.k === "node" && c.builder.isStable(v.node)) limit = v.node;
      else if (grows && v.k === "abstract") limit = i32(v.value);
    });
    const first = counter.ref.slot.definition;
    if (emitted.length > 0 || !limit || !first) return undefined;
    const isSigned = counter.ref.type.k === "scalar" && counter.ref.type.name === "i32";
    const op = isSigned ? "counter_s" : "counter";
    return make("i32", op, [first, limit, i32(step ?? 0)], condition.op === "<" ? 0 : 1);
  }

  /** Variables that these parts may change, and what a `return` sets: nothing is known of what they hold. */
  private forget(parts: readonly Analysis[], result: Ref | undefined): ReadonlySet<Slot> {
    const slots = new Set<Slot>();
    if (result) slotsOf(result, slots);
    for (const { assigned, passed } of parts) {
      for (const name of [...assigned, ...passed]) {
        const named = this.c.lookup(name);
        if (named?.b === "value" && named.val.k === "pointer") slotsOf(named.val.ref, slots);
        else if (named?.b === "place" && assigned.has(name)) slotsOf(named.ref, slots);
      }
    }
    for (const slot of slots) this.c.builder.forget(slot);
    return slots;
  }
}

/** Whether a value is known while compiling. */
function isConstant(v: Val): boolean {
  const known = (n: Node): boolean => isConst(n) || (n.args.length > 0 && !loads(n) && n.args.every(known));
  if (v.k === "aggregate") return v.items.every(isConstant);
  return v.k === "abstract" || (v.k === "node" && known(v.node));
}

function slotsOf(ref: Ref, into: Set<Slot>): void {
  if (ref.k === "slot") into.add(ref.slot);
  else if (ref.k === "aggregate") for (const r of ref.items) slotsOf(r, into);
  else if (ref.k === "lane") slotsOf(ref.vector, into);
}

function shiftBy(v: Val, at: Position): Val {
  return v.k === "abstract" ? convertLiteral(v, u32Type, at) : v;
}

/** Whether control never passes the end of a block. */
function leaves(body: Block): boolean {
  const last = body[body.length - 1];
  return last !== undefined && (last.kind === "return" || last.kind === "break" || last.kind === "continue");
}

function factsOf(condition: Node, holds: boolean): Fact[] {
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
