import { AttentionPack, RmsNorm, RopeTurn } from "@tugboat/kernels";
import type { Value } from "../architectures/architecture.ts";
import type { Node } from "../graph/nodes.ts";
import type { RuleContext } from "./context.ts";
import { recordNormBack } from "./norm.ts";
import type { Tape } from "./tape.ts";
import type { Scratch } from "./tensors.ts";

type AttentionNode = Extract<Node, { kind: "attention" }>;

/** q and k as they attend, what came out, and the logarithm of each row's sum of exponentials. */
interface AttentionState {
  readonly q: Scratch;
  readonly k: Scratch;
  readonly out: Scratch;
  readonly lse: Scratch;
}

function isState(value: unknown): value is AttentionState {
  return typeof value === "object" && value !== null && "lse" in value;
}

function opFor({ ops, model }: RuleContext, layer: number): AttentionPack {
  const { heads, kvHeads, headDim, attentionScale: scale, attention } = model.hyperparameters;
  return new AttentionPack(ops, { heads, kvHeads, headDim, scale, window: attention[layer]?.window });
}

export function attentionForward(context: RuleContext, tape: Tape, node: AttentionNode): void {
  const { model, batch, maxRows } = context;
  const { inputs, layer } = node;
  const op = opFor(context, layer);
  const q = prepareHeads(context, tape, node, inputs.q, inputs.qNorm);
  const k = prepareHeads(context, tape, node, inputs.k, inputs.kNorm);
  const v = tape.need(inputs.v);
  const out = tape.like("attention", node.out.width);
  const lse = tape.scratch("lse", maxRows * model.hyperparameters.heads * 4);
  tape.push([q, k, v, out, lse], (recorder, at, { rows }) => {
    const buffers = { q: at(q), k: at(k), v: at(v), out: at(out), lse: at(lse) };
    op.record(recorder, { ...buffers, segments: batch.segments, hidden: batch.hidden, rows });
  });
  tape.define(node.out, out);
  tape.remember(node, { q, k, out, lse } satisfies AttentionState);
}

/** Heads normalised where the family does that, and turned: in place where nothing else wants them as they were. */
function prepareHeads(context: RuleContext, tape: Tape, node: AttentionNode, value: Value, norm?: string): Scratch {
  const { ops, model } = context;
  const { headDim, normEps } = model.hyperparameters;
  const raw = tape.need(value);
  let heads = raw;
  if (norm !== undefined) {
    const op = new RmsNorm(ops, { dim: headDim, epsilon: normEps });
    const weight = model.vector(norm).buffer;
    const y = tape.like("normed heads", value.width);
    const perRow = value.width / headDim;
    tape.push([raw, y], (recorder, at, { rows }) => {
      op.record(recorder, { x: at(raw), weight, y: at(y), rows: rows * perRow });
    });
    heads = y;
  }
  turn(context, tape, node, value.width, heads, false);
  return heads;
}

function turn(
  context: RuleContext,
  tape: Tape,
  { layer }: AttentionNode,
  width: number,
  x: Scratch,
  back: boolean,
): void {
  const { ops, model, batch } = context;
  const { headDim, attention } = model.hyperparameters;
  const rope = attention[layer]?.rope;
  if (!rope) return;
  const table = context.ropeTable(rope);
  const op = new RopeTurn(ops, {
    heads: width / headDim,
    headDim,
    dimensions: rope.dimensions,
    style: rope.style,
    positions: table.size / (rope.dimensions * 4),
    back,
  });
  tape.push([x], (recorder, at, { rows }) => {
    op.record(recorder, { x: at(x), at: batch.positions, table, rows });
  });
}

export function attentionBack(context: RuleContext, tape: Tape, node: AttentionNode): void {
  const { model, batch, maxRows } = context;
  const { inputs, layer } = node;
  const { headDim, heads } = model.hyperparameters;
  const state = tape.recall(node);
  if (!isState(state)) throw new Error("an attention node forgot its state");
  const op = opFor(context, layer);
  const { q, k, out, lse } = state;
  const v = tape.need(inputs.v);
  const dout = tape.gradientOf(node.out);
  const stats = tape.scratch("softmax statistics", maxRows * heads * 8);
  const dq = tape.like("gradient of q", inputs.q.width);
  const dk = tape.like("gradient of k", inputs.k.width);
  const dv = tape.like("gradient of v", inputs.v.width);
  tape.push([q, k, v, out, lse, dout, stats, dq, dk, dv], (recorder, at, { rows }) => {
    const before = { q: at(q), k: at(k), v: at(v), out: at(out), lse: at(lse), segments: batch.segments };
    const after = { dout: at(dout), stats: at(stats), dq: at(dq), dk: at(dk), dv: at(dv) };
    op.recordBack(recorder, { ...before, ...after, rows });
  });
  for (const [value, gradient, norm] of [
    [inputs.q, dq, inputs.qNorm],
    [inputs.k, dk, inputs.kNorm],
  ] as const) {
    if (!tape.isTrained(value) && norm === undefined) continue;
    turn(context, tape, node, value.width, gradient, true);
    if (norm === undefined) {
      tape.contribute(value, gradient);
      continue;
    }
    const dx = tape.like("gradient of heads", value.width);
    const perRow = value.width / headDim;
    const x = tape.need(value);
    recordNormBack(context, tape, { tensor: norm, dim: headDim, perRow, x, dy: gradient, residual: undefined, dx });
    tape.contribute(value, dx);
  }
  tape.contribute(inputs.v, dv);
}
