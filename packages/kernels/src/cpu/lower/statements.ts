/** Statements. Loops with constant bounds over arrays held in locals are unrolled; others stay loops. */
import type { Fact } from "../bounds.ts";
import { i32, isConst, type Label, loads, make, type Node, not } from "../ir.ts";
import type { Block, Expr, FunctionDecl, Statement } from "../wgsl/ast.ts";
import { type Position, unsupported } from "../wgsl/lexer.ts";
import { same, show, type Type, u32Type } from "../wgsl/types.ts";
import { type Analysis, analyse } from "./analysis.ts";
import type { Context } from "./context.ts";
import { Counters } from "./counters.ts";
import type { Expressions } from "./expressions.ts";
import { factsOf } from "./facts.ts";
import { allocate, clear, load, pin, settle, store } from "./memory.ts";
import { binaryOperator, concrete, convertLiteral } from "./operators.ts";
import { nodeVal, type Ref, type Slot, type Val } from "./values.ts";

interface Targets {
  readonly onBreak: Label | undefined;
  readonly onContinue: Label | undefined;
  readonly onReturn: Label;
  readonly result: { type: Type; ref: Ref | undefined; value: Val | undefined };
}

export class Statements {
  private readonly c: Context;
  private expressions!: Expressions;
  private counters!: Counters;

  constructor(c: Context) {
    this.c = c;
  }

  use(expressions: Expressions): void {
    this.expressions = expressions;
    this.counters = new Counters(this.c, expressions);
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
    const counter = this.counters.of(s, inside);
    if (counter) {
      const values = this.counters.trips(s, counter, inside);
      if (values) {
        this.unroll(s, t, counter, values, inside);
        return;
      }
    }
    const range = counter ? this.counters.range(s, counter) : undefined;
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

/** Whether control never passes the end of a block. */
function leaves(body: Block): boolean {
  const last = body[body.length - 1];
  return last !== undefined && (last.kind === "return" || last.kind === "break" || last.kind === "continue");
}
