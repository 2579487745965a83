import { ColumnSums, columnSumsScratch, RmsNorm, RmsNormBack } from "@tugboat/kernels";
import type { Node } from "../graph/nodes.ts";
import type { RuleContext } from "./context.ts";
import type { Tape } from "./tape.ts";
import type { Scratch } from "./tensors.ts";

type Norm = Extract<Node, { kind: "norm" }>;

export function normForward({ ops, model }: RuleContext, tape: Tape, node: Norm): void {
  const op = new RmsNorm(ops, { dim: node.out.width, epsilon: model.hyperparameters.normEps });
  const weight = model.vector(node.tensor).buffer;
  const x = tape.need(node.x);
  const y = tape.like("norm", node.out.width);
  tape.push([x, y], (recorder, at, { rows }) => op.record(recorder, { x: at(x), weight, y: at(y), rows }));
  tape.define(node.out, y);
}

export function normBack(context: RuleContext, tape: Tape, node: Norm): void {
  const dy = tape.gradientOf(node.out);
  const x = tape.need(node.x);
  tape.replace(node.x, (dx, residual) => {
    recordNormBack(context, tape, { tensor: node.tensor, dim: node.out.width, perRow: 1, x, dy, residual, dx });
  });
  if (tape.isTrained(node.x)) return;
  // Only the weight learns: the gradient of x goes nowhere.
  const dx = tape.like("unused", node.out.width);
  recordNormBack(context, tape, {
    tensor: node.tensor,
    dim: node.out.width,
    perRow: 1,
    x,
    dy,
    residual: undefined,
    dx,
  });
}

/** Gradient of a norm over `perRow` vectors of `dim` in each row, and of its weight where that learns. */
export function recordNormBack(
  { ops, model, maxRows }: RuleContext,
  tape: Pick<Tape, "push" | "scratch">,
  parts: {
    readonly tensor: string;
    readonly dim: number;
    readonly perRow: number;
    readonly x: Scratch;
    readonly dy: Scratch;
    readonly residual: Scratch | undefined;
    readonly dx: Scratch;
  },
): void {
  const { tensor, dim, perRow, x, dy, residual, dx } = parts;
  const { buffer: weight, trained } = model.vector(tensor);
  const epsilon = model.hyperparameters.normEps;
  const op = new RmsNormBack(ops, { dim, epsilon, residual: residual !== undefined });
  const inverse = tape.scratch("inverse norms", maxRows * perRow * 4);
  const touched = [x, dy, dx, inverse, ...(residual ? [residual] : [])];
  tape.push(touched, (recorder, at, shape) => {
    const rows = shape.rows * perRow;
    const buffers = { x: at(x), dy: at(dy), dx: at(dx), inverse: at(inverse), weight };
    op.record(recorder, { ...buffers, residual: residual && at(residual), rows });
  });
  if (!trained) return;
  const sums = new ColumnSums(ops, { dim, weighted: true });
  const scratch = tape.scratch("sums", columnSumsScratch(maxRows * perRow, dim));
  tape.push([x, dy, inverse, scratch], (recorder, at, shape) => {
    const rows = shape.rows * perRow;
    const buffers = { y: at(dy), x: at(x), inverse: at(inverse), scratch: at(scratch) };
    sums.record(recorder, { ...buffers, out: trained.gradient, rows });
  });
}
