/** Counters of loops: which variable one is, the values it takes, the interval it stays in. */
import { i32, isConst, make, type Node } from "../ir.ts";
import type { Statement } from "../wgsl/ast.ts";
import type { Position } from "../wgsl/lexer.ts";
import { u32Type } from "../wgsl/types.ts";
import { type Analysis, analyse } from "./analysis.ts";
import type { Context } from "./context.ts";
import type { Expressions } from "./expressions.ts";
import { binaryOperator, convertLiteral } from "./operators.ts";
import { nodeVal, type Ref, type Val } from "./values.ts";

const maxUnrolled = 512;
/**
 * Other loops are unrolled only when very short: a loop's turn is a block that V8 schedules by itself, and long
 * straight-line code with many loads makes it keep everything in flight and spill registers.
 */
const smallTrips = 4;
const maxUnrolledWork = 200;

export class Counters {
  private readonly c: Context;
  private readonly expressions: Expressions;

  constructor(c: Context, expressions: Expressions) {
    this.c = c;
    this.expressions = expressions;
  }

  /** The loop's own variable: declared in its header, changed only by its update. */
  of(s: Statement & { kind: "for" }, inside: Analysis): { name: string; ref: Ref & { k: "slot" } } | undefined {
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
  trips(
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

  /** The interval of a counter that only grows: from its first value to below the loop's limit. */
  range(s: Statement & { kind: "for" }, counter: { name: string; ref: Ref & { k: "slot" } }): Node | undefined {
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
}

function shiftBy(v: Val, at: Position): Val {
  return v.k === "abstract" ? convertLiteral(v, u32Type, at) : v;
}
