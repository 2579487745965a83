/**
 * Functions of the prelude that this device replaces by its own instructions. Their WGSL bodies, which GPUs compile,
 * define what they mean; the tests compare both.
 */
import { f32, i32, lane, make, type Node, shuffleLanes, splat, unary, vector } from "../ir.ts";
import type { Position } from "../wgsl/lexer.ts";
import { f32Type, type Type, vec } from "../wgsl/types.ts";
import type { Context } from "./context.ts";
import { nodeOf } from "./operators.ts";
import { nodeVal, type Val } from "./values.ts";

const ints: Type = vec(4, "i32");
const floats: Type = vec(4, "f32");

/** Sixteen bytes as two vectors of eight shorts; straight from memory where they are loaded for this alone. */
function widened(bytes: Node, held: (v: Val) => Node): [low: Node, high: Node] {
  if (bytes.op === "v128.load") {
    const half = (offset: number): Node => make("v128", "v128.load8x8_s", bytes.args, bytes.imm + offset);
    return [half(0), half(8)];
  }
  const kept = held(nodeVal(vec(4, "u32"), bytes));
  return [extendLow(kept), extendHigh(kept)];
}

const extendLow = (v: Node): Node => unary("v128", "i16x8.extend_low_i8x16_s", v);
const extendHigh = (v: Node): Node => unary("v128", "i16x8.extend_high_i8x16_s", v);

/** Lane-wise partial sums of two rows each in `low` and `high` → one sum a row. */
function joinPairs(low: Node, high: Node): Node {
  return vector("i32x4.add", shuffleLanes(low, high, [0, 2, 4, 6]), shuffleLanes(low, high, [1, 3, 5, 7]));
}

/** Low or high halves of four lanes as floats. Finite halves only: see the prelude. */
function halves(bits: Node, low: boolean): Node {
  const shifted = (op: string, by: number): Node => vector(`i32x4.${op}`, bits, i32(by));
  const sign = vector("v128.and", low ? shifted("shl", 16) : bits, splat(i32(-0x80000000)));
  const magnitude = vector("v128.and", low ? shifted("shl", 13) : shifted("shr_u", 3), splat(i32(0x0fffe000)));
  return vector("v128.or", vector("f32x4.mul", magnitude, splat(f32(2 ** 112))), sign);
}

export function intrinsic(c: Context, name: string, args: readonly Val[], at: Position): Val | undefined {
  const held = (v: Val): Node => c.builder.materialise(nodeOf(v, at));
  switch (name) {
    case "widen_s8": {
      const [low, high] = widened(nodeOf(args[0]!, at), held);
      const item = (n: Node): Val => nodeVal(vec(4, "u32"), c.builder.materialise(n));
      return { k: "aggregate", type: c.type({ name: "Wide", args: [], at }), items: [item(low), item(high)] };
    }
    case "pairs_s8": {
      const [low, high] = widened(nodeOf(args[0]!, at), held).map((half) => c.builder.materialise(half)) as [
        Node,
        Node,
      ];
      const item = (lanes: readonly number[]): Val =>
        nodeVal(vec(4, "u32"), c.builder.materialise(shuffleLanes(low, high, lanes)));
      const type = c.type({ name: "Wide", args: [], at });
      return { k: "aggregate", type, items: [item([0, 2, 4, 6]), item([1, 3, 5, 7])] };
    }
    case "dot_i16": {
      const [acc, w, x] = args;
      if (x?.k !== "aggregate") return undefined;
      const products = vector("i32x4.dot_i16x8_s", nodeOf(w!, at), nodeOf(x.items[0]!, at));
      return nodeVal(ints, vector("i32x4.add", nodeOf(acc!, at), products));
    }
    case "dot_s8": {
      const [acc, w, x] = args;
      if (acc?.k !== "aggregate" || w?.k !== "aggregate" || x?.k !== "aggregate") return undefined;
      const activation = nodeOf(x.items[0]!, at);
      const dot = (sum: Val, half: Val): Val =>
        nodeVal(ints, vector("i32x4.add", nodeOf(sum, at), vector("i32x4.dot_i16x8_s", nodeOf(half, at), activation)));
      return { ...acc, items: [dot(acc.items[0]!, w.items[0]!), dot(acc.items[1]!, w.items[1]!)] };
    }
    case "spread_s8":
    case "spread_i16":
    case "spread_u7": {
      const wide = name === "spread_s8" ? extendLow(splat(nodeOf(args[0]!, at))) : splat(nodeOf(args[0]!, at));
      const spread = c.type({ name: "Spread", args: [], at });
      return { k: "aggregate", type: spread, items: [nodeVal(vec(4, "u32"), c.builder.materialise(wide))] };
    }
    case "dot_sum": {
      const [acc] = args;
      if (acc?.k !== "aggregate") return undefined;
      return nodeVal(ints, joinPairs(held(acc.items[0]!), held(acc.items[1]!)));
    }
    case "dot_u7": {
      const [acc, w, x] = args;
      if (x?.k !== "aggregate") return undefined;
      const activation = nodeOf(x.items[0]!, at);
      if (c.features.relaxed)
        return nodeVal(
          ints,
          vector("i32x4.relaxed_dot_i8x16_i7x16_add_s", activation, nodeOf(w!, at), nodeOf(acc!, at)),
        );
      const wide = c.builder.materialise(extendLow(activation));
      const weights = held(w!);
      const low = c.builder.materialise(vector("i32x4.dot_i16x8_s", extendLow(weights), wide));
      const high = c.builder.materialise(vector("i32x4.dot_i16x8_s", extendHigh(weights), wide));
      return nodeVal(ints, vector("i32x4.add", nodeOf(acc!, at), joinPairs(low, high)));
    }
    case "dot_u4": {
      // 8 · 2 · 15 · 128 = 30,720: eight pairs of products fit 16 bits.
      const [acc, w, x] = args;
      if (acc?.k !== "aggregate" || x?.k !== "aggregate") return undefined;
      const [a, b] = acc.items.map((item) => nodeOf(item, at)) as [Node, Node];
      const activation = nodeOf(x.items[0]!, at);
      const plus = (sum: Node, products: Node): Val => nodeVal(ints, vector("i16x8.add", sum, products));
      if (c.features.relaxed) {
        const pairs = vector("i16x8.relaxed_dot_i8x16_i7x16_s", activation, nodeOf(w!, at));
        return { ...acc, items: [plus(a, pairs), acc.items[1]!] };
      }
      const weights = held(w!);
      const product = (half: string): Node => vector(`i16x8.extmul_${half}_i8x16_s`, weights, activation);
      return { ...acc, items: [plus(a, product("low")), plus(b, product("high"))] };
    }
    case "dot_u4_sum": {
      const [acc] = args;
      if (acc?.k !== "aggregate") return undefined;
      const pairs = (item: Val): Node => unary("v128", "i32x4.extadd_pairwise_i16x8_s", nodeOf(item, at));
      const [a, b] = acc.items as [Val, Val];
      if (c.features.relaxed) return nodeVal(ints, pairs(a));
      return nodeVal(ints, joinPairs(c.builder.materialise(pairs(a)), c.builder.materialise(pairs(b))));
    }
    case "f16_lo":
    case "f16_hi":
      return nodeVal(floats, halves(held(args[0]!), name === "f16_lo"));
    case "f16x4": {
      const wide = unary("v128", "i32x4.extend_low_i16x8_u", nodeOf(args[0]!, at));
      return nodeVal(floats, halves(c.builder.materialise(wide), true));
    }
    case "sum4": {
      const v = held(args[0]!);
      return nodeVal(f32Type, horizontalSum(v));
    }
  }
  return undefined;
}

/** x + y + z + w, as (x + z) + (y + w). */
export function horizontalSum(v: Node): Node {
  const pairs = vector("f32x4.add", v, shuffleLanes(v, v, [2, 3, 0, 1]));
  return make("f32", "f32.add", [lane(pairs, 0, true), lane(pairs, 1, true)]);
}
