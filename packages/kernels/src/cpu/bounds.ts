/**
 * Interval analysis of array indices. An index whose interval is known from the dispatch (group counts, uniform
 * parameters, buffer sizes) is checked once when the dispatch is recorded and costs nothing while it runs; any other
 * index is clamped in code, as WGSL's robustness rules say.
 */
import { isConst, type Node } from "./ir.ts";

export type Interval = readonly [low: number, high: number];

/** `node < limit` held where the access was lowered (`node <= limit` when `inclusive`); `lower` for `node >= limit`. */
export interface Fact {
  readonly node: Node;
  readonly limit: Node;
  readonly side: "below" | "at-most" | "at-least" | "above";
  /** The fact is about `node + offset`; it is used only where that sum surely does not wrap. */
  readonly offset: number;
}

/** What is known when a dispatch is recorded. */
export interface DispatchEnvironment {
  readonly groups: readonly [number, number, number];
  /** The uniform's 32-bit word at a byte offset. */
  param(offset: number): number;
  /** Elements of the runtime array bound at a binding (its `arrayLength`). */
  length(id: number): number;
}

export interface Obligation {
  readonly binding: number;
  readonly index: Node;
  readonly facts: readonly Fact[];
  /** Bytes: where the array starts, from one element to the next, and within the last one. */
  readonly start: number;
  readonly stride: number;
  readonly size: number;
}

const unknown: Interval = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
const anyU32: Interval = [0, Number.POSITIVE_INFINITY];

/** A dispatch about which nothing is known but that its figures are finite. */
export const someDispatch: DispatchEnvironment = { groups: [2, 2, 2], param: () => 2, length: () => 2 };

export function intervalOf(node: Node, facts: readonly Fact[], env: DispatchEnvironment | undefined): Interval {
  return new Evaluator(facts, env).of(node);
}

class Evaluator {
  /** The facts contradict each other: the access is never reached. */
  unreachable = false;
  private readonly memo = new Map<string, Interval>();
  private readonly facts: readonly Fact[];
  private readonly env: DispatchEnvironment | undefined;

  constructor(facts: readonly Fact[], env: DispatchEnvironment | undefined) {
    this.facts = facts;
    this.env = env;
  }

  of(node: Node): Interval {
    const seen = this.memo.get(node.key);
    if (seen) return seen;
    const plain = this.plain(node);
    if (isConst(node)) return plain;
    // Facts may speak of each other in circles: what is known without them stands in meanwhile.
    this.memo.set(node.key, plain);
    let [low, high] = plain;
    for (const fact of this.facts) {
      if (fact.node.key !== node.key) continue;
      if (fact.offset !== 0 && (low + fact.offset < 0 || high + fact.offset >= 2 ** 32)) continue;
      const bound = this.of(fact.limit);
      const limitLow = bound[0] - fact.offset;
      const limitHigh = bound[1] - fact.offset;
      if (fact.side === "below") high = Math.min(high, limitHigh - 1);
      else if (fact.side === "at-most") high = Math.min(high, limitHigh);
      else if (fact.side === "at-least") low = Math.max(low, limitLow);
      else low = Math.max(low, limitLow + 1);
    }
    if (high < low) this.unreachable = true;
    const result: Interval = [low, Math.max(low, high)];
    this.memo.set(node.key, result);
    return result;
  }

  private plain(node: Node): Interval {
    const { args, op } = node;
    if (isConst(node)) return [node.imm, node.imm];
    switch (op) {
      case "local":
        return node.definition ? this.of(node.definition) : unknown;
      case "counter": {
        // A loop's counter: from `args[0]` in steps of `args[2]`, below (imm 0) or at most (imm 1) `args[1]`.
        const [low, first] = this.of(args[0]!);
        const last = this.of(args[1]!)[1] - (node.imm === 0 ? 1 : 0);
        const step = args[2]!.imm;
        return [low, low === first && last >= low ? low + Math.floor((last - low) / step) * step : last];
      }
      case "group":
        return this.env ? [0, this.env.groups[node.imm]! - 1] : anyU32;
      case "groups":
        return this.env ? [this.env.groups[node.imm]!, this.env.groups[node.imm]!] : anyU32;
      case "param": {
        if (!this.env) return anyU32;
        const value = this.env.param(node.imm);
        return [value, value];
      }
      case "length": {
        if (!this.env) return anyU32;
        const value = this.env.length(node.imm);
        return [value, value];
      }
      case "select": {
        const a = this.of(args[0]!);
        const b = this.of(args[1]!);
        return [Math.min(a[0], b[0]), Math.max(a[1], b[1])];
      }
      default:
        return args.length === 2 ? arithmetic(op, this.of(args[0]!), this.of(args[1]!)) : unknown;
    }
  }
}

function arithmetic(op: string, a: Interval, b: Interval): Interval {
  switch (op) {
    case "i32.add":
      return [a[0] + b[0], a[1] + b[1]];
    case "i32.sub":
      return [a[0] - b[1], a[1] - b[0]];
    case "i32.mul": {
      if (a[0] < 0 || b[0] < 0) return unknown;
      return [a[0] * b[0], a[1] === 0 || b[1] === 0 ? 0 : a[1] * b[1]];
    }
    case "i32.div_u":
    case "i32.div_s":
      return a[0] < 0 || b[0] < 0
        ? unknown
        : [Math.floor(a[0] / Math.max(b[1], 1)), Math.floor(a[1] / Math.max(b[0], 1))];
    case "i32.rem_u":
    case "i32.rem_s":
      if (a[0] < 0 || b[0] < 0) return op === "i32.rem_u" ? anyU32 : unknown;
      return [0, Math.min(a[1], Math.max(b[1] - 1, 0))];
    case "i32.and":
      // A mask bounds the result whatever the other side holds.
      if (b[0] >= 0 && b[1] < 2 ** 31) return [0, a[0] >= 0 ? Math.min(a[1], b[1]) : b[1]];
      return a[0] >= 0 ? [0, a[1]] : unknown;
    case "i32.shr_u":
      return a[0] < 0 || b[0] !== b[1] ? unknown : [Math.floor(a[0] / 2 ** b[0]), Math.floor(a[1] / 2 ** b[0])];
    case "i32.min_u":
    case "i32.min_s": {
      // An unknown side may be a large unsigned number seen as negative: only the known side bounds it.
      if (op === "i32.min_u" && (a[0] < 0 || b[0] < 0)) {
        const known = a[0] >= 0 ? a[1] : b[0] >= 0 ? b[1] : Number.POSITIVE_INFINITY;
        return [0, known];
      }
      return [Math.min(a[0], b[0]), Math.min(a[1], b[1])];
    }
    case "i32.max_u":
    case "i32.max_s":
      return op === "i32.max_u" && (a[0] < 0 || b[0] < 0) ? anyU32 : [Math.max(a[0], b[0]), Math.max(a[1], b[1])];
    default:
      return unknown;
  }
}

/** The first obligation that a dispatch breaks, as a sentence, or undefined when every access is in bounds. */
export function brokenObligation(
  obligations: readonly Obligation[],
  bytesOf: (binding: number) => number,
  env: DispatchEnvironment,
): string | undefined {
  for (const o of obligations) {
    const evaluator = new Evaluator(o.facts, env);
    const [low, high] = evaluator.of(o.index);
    const needs = o.start + high * o.stride + o.size;
    if (evaluator.unreachable || (low >= 0 && needs <= bytesOf(o.binding))) continue;
    return `binding ${o.binding} holds ${bytesOf(o.binding)} bytes, but element ${low < 0 ? low : high} would be touched (${needs} bytes)`;
  }
  return undefined;
}
