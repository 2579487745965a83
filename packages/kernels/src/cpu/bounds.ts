/**
 * Interval analysis of array indices. An index whose interval is known from the dispatch (group counts, uniform
 * parameters, buffer sizes) is checked once when the dispatch is recorded and costs nothing while it runs; any other
 * index is clamped in code, as WGSL's robustness rules say.
 */
import { isConst, type Node } from "./ir.ts";

/**
 * Holds a number that equals the node's value modulo 2^32: sums and products keep this whatever wraps, anything else
 * first takes the node as the unsigned or signed number that its instruction sees.
 */
export type Interval = readonly [low: number, high: number];

/** A comparison that held where the access was lowered: `node < limit` for `below`, `node >= limit` for `at-least`, … */
export interface Fact {
  readonly node: Node;
  readonly limit: Node;
  readonly side: "below" | "at-most" | "at-least" | "above";
  /** Whether the comparison was of signed numbers. */
  readonly signed: boolean;
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
/** Infinity stands for an end of the range about which nothing is known, so that such indices are clamped. */
const anyU32: Interval = [0, Number.POSITIVE_INFINITY];
const words = 2 ** 32;

/** A dispatch about which nothing is known but that its figures are finite. */
export const someDispatch: DispatchEnvironment = { groups: [2, 2, 2], param: () => 2, length: () => 2 };

export function intervalOf(node: Node, facts: readonly Fact[], env: DispatchEnvironment | undefined): Interval {
  return new Evaluator(facts, env).of(node);
}

function unsigned([low, high]: Interval): Interval {
  if (low >= 0 && high < words) return [low, high];
  return low >= -words && high < 0 ? [low + words, high + words] : anyU32;
}

function signed([low, high]: Interval): Interval {
  if (low >= -words / 2 && high < words / 2) return [low, high];
  return low >= words / 2 && high < words ? [low - words, high - words] : unknown;
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
    let known = plain;
    for (const fact of this.facts) {
      if (fact.node.key === node.key) known = this.narrowed(known, fact);
    }
    this.memo.set(node.key, known);
    return known;
  }

  private narrowed(known: Interval, fact: Fact): Interval {
    const { offset } = fact;
    const seenAs = fact.signed ? signed : unsigned;
    let [low, high] = seenAs(known);
    const least = fact.signed ? -words / 2 : 0;
    const most = least + words - 1;
    if (offset !== 0 && (Math.max(low, least) + offset < least || Math.min(high, most) + offset > most)) return known;
    const [limitLow, limitHigh] = seenAs(this.of(fact.limit));
    if (fact.side === "below") high = Math.min(high, limitHigh - 1 - offset);
    else if (fact.side === "at-most") high = Math.min(high, limitHigh - offset);
    else if (fact.side === "at-least") low = Math.max(low, limitLow - offset);
    else low = Math.max(low, limitLow + 1 - offset);
    if (high < low) this.unreachable = true;
    return [low, Math.max(low, high)];
  }

  private plain(node: Node): Interval {
    const { args, op } = node;
    if (isConst(node)) return [node.imm, node.imm];
    switch (op) {
      case "local":
        return node.definition ? this.of(node.definition) : unknown;
      case "counter":
      case "counter_s":
        return this.counter(node, op === "counter_s");
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

  /** A loop's counter: from `args[0]` in steps of `args[2]` (0: any), below (imm 0) or at most (imm 1) `args[1]`. */
  private counter(node: Node, isSigned: boolean): Interval {
    const [first, limit, by] = node.args.map((a) => this.of(a)) as [Interval, Interval, Interval];
    const seenAs = isSigned ? signed : unsigned;
    const [low, highestFirst] = seenAs(first);
    const least = isSigned ? -words / 2 : 0;
    const most = least + words - 1;
    const last = Math.min(seenAs(limit)[1], most) - (node.imm === 0 ? 1 : 0);
    const step = unsigned(by)[0];
    // A step past the largest number starts again at the smallest.
    if (step === 0 || last + step > most) return [least, last];
    if (last < low) this.unreachable = true;
    if (last === most - 1) return [low, Number.POSITIVE_INFINITY];
    return [
      low,
      low === highestFirst && last >= low ? low + Math.floor((last - low) / step) * step : Math.max(low, last),
    ];
  }
}

const finite = (low: number, high: number): Interval => [
  low >= -(2 ** 52) ? low : Number.NEGATIVE_INFINITY,
  high <= 2 ** 52 ? high : Number.POSITIVE_INFINITY,
];

function arithmetic(op: string, x: Interval, y: Interval): Interval {
  const seenAs = op.endsWith("_s") ? signed : unsigned;
  switch (op) {
    case "i32.add":
      return finite(x[0] + y[0], x[1] + y[1]);
    case "i32.sub":
      return finite(x[0] - y[1], x[1] - y[0]);
    case "i32.mul":
      if (x[0] < 0 || y[0] < 0) return unknown;
      return finite(x[0] * y[0], x[1] === 0 || y[1] === 0 ? 0 : x[1] * y[1]);
  }
  const a = seenAs(x);
  const b = seenAs(y);
  switch (op) {
    case "i32.div_u":
    case "i32.div_s":
      if (a[0] < 0 || b[0] < 0) return unknown;
      return [Math.floor(a[0] / Math.max(b[1], 1)), Math.floor(a[1] / Math.max(b[0], 1))];
    case "i32.rem_u":
    case "i32.rem_s":
      return a[0] < 0 || b[0] < 0 ? unknown : [0, Math.min(a[1], Math.max(b[1] - 1, 0))];
    case "i32.and":
      return [0, Math.min(a[1], b[1])];
    case "i32.shr_u":
      return y[0] === y[1] && y[0] >= 0 && y[0] < 32
        ? [Math.floor(a[0] / 2 ** y[0]), Math.floor(a[1] / 2 ** y[0])]
        : unknown;
    case "i32.min_u":
    case "i32.min_s":
      return [Math.min(a[0], b[0]), Math.min(a[1], b[1])];
    case "i32.max_u":
    case "i32.max_s":
      return [Math.max(a[0], b[0]), Math.max(a[1], b[1])];
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
