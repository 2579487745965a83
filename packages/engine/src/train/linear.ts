import { ColumnSums, columnSumsScratch, Gemm, Panels, WeightPanels, weightPanelsSize } from "@tugboat/kernels";
import type { Node } from "../graph/nodes.ts";
import type { RuleContext } from "./context.ts";
import type { TrainingMatrix } from "./model.ts";
import type { Tape } from "./tape.ts";
import type { Scratch } from "./tensors.ts";

type Linear = Extract<Node, { kind: "linear" }>;

/**
 * The f32 panels of a matrix for the next product: made anew, with its adapter merged, because they take more room than
 * what they are made of and cost one row's share of the product.
 */
export function weightPanels(
  { ops, adapts }: RuleContext,
  tape: Tape,
  { weight, lowRank }: TrainingMatrix,
  transposed: boolean,
  part?: { readonly firstRow: number; readonly rows: number },
): Scratch {
  const merged = adapts ? lowRank : undefined;
  const options = merged && { rank: merged.paddedRank, scale: merged.scale };
  const op = new WeightPanels(ops, { shape: weight, transposed, lowRank: options });
  const out = tape.scratch("weight panels", weightPanelsSize(part?.rows ?? weight.n, weight.k));
  const buffers = merged && { a: merged.a.value, b: merged.b.value };
  tape.push([out], (recorder, at) => op.record(recorder, { weight, lowRank: buffers, ...part, out: at(out) }));
  return out;
}

/** y = x · Wᵀ (+ bias). */
export function linearForward(context: RuleContext, tape: Tape, node: Linear): void {
  const { ops, model } = context;
  const matrix = model.matrix(node.tensor);
  const { n, k, type } = matrix.weight;
  const bias = node.bias === undefined ? undefined : model.vector(node.bias).buffer;
  const x = tape.need(node.x);
  const y = tape.like(node.tensor, n);
  const gemm = new Gemm(ops, { b: "panels", c: "rows", bias: bias !== undefined });
  const adapted = context.adapts && matrix.lowRank !== undefined;
  if (type === "f32" && !adapted) {
    tape.push([x, y], (recorder, at, { rows }) => {
      gemm.record(recorder, { a: at(x), b: matrix.weight.quants, bias, c: at(y), rows, columns: n, inner: k });
    });
  } else {
    const panels = weightPanels(context, tape, matrix, false);
    tape.push([x, y, panels], (recorder, at, { rows }) => {
      gemm.record(recorder, { a: at(x), b: at(panels), bias, c: at(y), rows, columns: n, inner: k });
    });
  }
  tape.define(node.out, y);
}

/** dx = dy · W; what W's adapter, W itself and the bias learn. */
export function linearBack(context: RuleContext, tape: Tape, node: Linear): void {
  const matrix = context.model.matrix(node.tensor);
  const dy = tape.gradientOf(node.out);
  if (matrix.lowRank && context.adapts) adapterBack(context, tape, matrix, tape.need(node.x), dy);
  if (matrix.trained) matrixBack(context, tape, matrix, tape.need(node.x), dy);
  if (node.bias !== undefined) biasBack(context, tape, node.bias, dy);
  if (!tape.isTrained(node.x)) return;
  const { n, k } = matrix.weight;
  const panels = weightPanels(context, tape, matrix, true);
  tape.accumulate(node.x, (dx, adds) => {
    const gemm = new Gemm(context.ops, { b: "panels", c: "rows", accumulate: adds });
    tape.push([dy, panels, dx], (recorder, at, { rows }) => {
      gemm.record(recorder, { a: at(dy), b: at(panels), c: at(dx), rows, columns: k, inner: n });
    });
  });
}

/** With y = x · (W + s · B · A)ᵀ: dB = s · dyᵀ · (x · Aᵀ), dA = (s · dy · B)ᵀ · x. */
function adapterBack({ ops, maxRows }: RuleContext, tape: Tape, matrix: TrainingMatrix, x: Scratch, dy: Scratch): void {
  const { n, k } = matrix.weight;
  const { paddedRank: rank, scale, a, b } = matrix.lowRank!;
  const into = new Gemm(ops, { b: "panels", c: "rows" });
  const through = new Gemm(ops, { alpha: scale, b: "rows", c: "rows" });
  const sumB = new Gemm(ops, { alpha: scale, b: "rows", c: "rows", accumulate: true });
  const sumA = new Gemm(ops, { b: "rows", c: "panels", accumulate: true });
  const t = tape.scratch("x · Aᵀ", maxRows * rank * 4);
  const u = tape.scratch("dy · B", maxRows * rank * 4);
  tape.push([x, dy, t, u], (recorder, at, { rows }) => {
    into.record(recorder, { a: at(x), b: a.value, c: at(t), rows, columns: rank, inner: k });
    through.record(recorder, { a: at(dy), b: b.value, c: at(u), rows, columns: rank, inner: n });
    const over = { transposed: true, columns: rank, inner: rows } as const;
    sumB.record(recorder, { ...over, a: at(dy), b: at(t), c: b.gradient, rows: n });
    sumA.record(recorder, { ...over, a: at(x), b: at(u), c: a.gradient, rows: k });
  });
}

/** dW += dyᵀ · x, in the panels in which W lies. */
function matrixBack({ ops, maxRows }: RuleContext, tape: Tape, matrix: TrainingMatrix, x: Scratch, dy: Scratch): void {
  const { n, k } = matrix.weight;
  const gradient = matrix.trained!.gradient;
  const pack = new Panels(ops, { columns: n });
  const sum = new Gemm(ops, { b: "panels", c: "panels", accumulate: true });
  const panels = tape.scratch("dy panels", maxRows * Math.ceil(n / 4) * 16);
  tape.push([x, dy, panels], (recorder, at, { rows }) => {
    pack.record(recorder, { x: at(dy), out: at(panels), rows });
    sum.record(recorder, {
      a: at(x),
      transposed: true,
      b: at(panels),
      c: gradient,
      rows: k,
      columns: n,
      inner: rows,
    });
  });
}

function biasBack({ ops, model, maxRows }: RuleContext, tape: Tape, name: string, dy: Scratch): void {
  const { trained } = model.vector(name);
  if (!trained) return;
  const dim = model.specs.get(name)!.shape[0]!;
  const sums = new ColumnSums(ops, { dim, weighted: false });
  const scratch = tape.scratch("sums", columnSumsScratch(maxRows, dim));
  tape.push([dy, scratch], (recorder, at, { rows }) => {
    sums.record(recorder, { y: at(dy), scratch: at(scratch), out: trained.gradient, rows });
  });
}
