import { Add, Embed, EmbedBack, Glu, GluBack } from "@tugboat/kernels";
import type { Node } from "../graph/nodes.ts";
import { attentionBack, attentionForward } from "./attention.ts";
import type { RuleContext } from "./context.ts";
import { linearBack, linearForward } from "./linear.ts";
import { normBack, normForward } from "./norm.ts";
import type { OutputHead } from "./output-head.ts";
import type { NodeRules, Tape } from "./tape.ts";
import type { Scratch } from "./tensors.ts";

type Of<K extends Node["kind"]> = Extract<Node, { kind: K }>;

/** How every kind of node is computed and differentiated. */
export function rulesFor(context: RuleContext, head: OutputHead): NodeRules {
  return {
    forward(tape, node) {
      switch (node.kind) {
        case "embed":
          return embedForward(context, tape, node);
        case "norm":
          return normForward(context, tape, node);
        case "linear":
          return linearForward(context, tape, node);
        case "attention":
          return attentionForward(context, tape, node);
        case "glu":
          return gluForward(context, tape, node);
        case "add":
          return addForward(context, tape, node);
        case "output":
          return head.forward(tape, node);
      }
    },
    back(tape, node) {
      switch (node.kind) {
        case "embed":
          return embedBack(context, tape, node);
        case "norm":
          return normBack(context, tape, node);
        case "linear":
          return linearBack(context, tape, node);
        case "attention":
          return attentionBack(context, tape, node);
        case "glu":
          return gluBack(context, tape, node);
        case "add": {
          const gradient = tape.gradientOf(node.out);
          tape.contribute(node.a, gradient);
          tape.contribute(node.b, gradient);
          return;
        }
        case "output":
          return head.back(tape, node);
      }
    },
    isTrained: (node) => tensorsOf(node).some((name) => isParameter(context, name)),
  };
}

function tensorsOf(node: Node): string[] {
  switch (node.kind) {
    case "embed":
    case "norm":
      return [node.tensor];
    case "linear":
      return node.bias === undefined ? [node.tensor] : [node.tensor, node.bias];
    case "attention":
      return [node.inputs.qNorm, node.inputs.kNorm].filter((name) => name !== undefined);
    default:
      return [];
  }
}

function isParameter({ model, adapts }: RuleContext, name: string): boolean {
  const isVector = model.specs.get(name)?.shape.length === 1;
  if (isVector) return model.vector(name).trained !== undefined;
  const { trained, lowRank } = model.matrix(name);
  return trained !== undefined || (adapts && lowRank !== undefined);
}

/** out = a + b, as the tape sums gradients. */
export function addScratch({ ops }: RuleContext, width: (scratch: Scratch) => number) {
  const op = new Add(ops);
  return (tape: Tape, a: Scratch, b: Scratch, out: Scratch) => {
    const columns = width(out);
    tape.push([a, b, out], (recorder, at, { rows }) => {
      op.record(recorder, { a: at(a), b: at(b), out: at(out), count: rows * columns });
    });
  };
}

function embedForward({ ops, model, batch }: RuleContext, tape: Tape, node: Of<"embed">): void {
  const { weight } = model.matrix(node.tensor);
  const op = new Embed(ops, { shape: weight, scale: node.scale });
  const x = tape.like("embedding", node.out.width);
  tape.push([x], (recorder, at, { rows }) => {
    op.record(recorder, { tokens: batch.tokens, table: weight, x: at(x), rows });
  });
  tape.define(node.out, x);
}

function embedBack({ ops, model, batch, maxRows }: RuleContext, tape: Tape, node: Of<"embed">): void {
  const { weight, trained } = model.matrix(node.tensor);
  if (!trained) return;
  const op = new EmbedBack(ops, { n: weight.n, k: weight.k, rows: maxRows, scale: node.scale });
  const dx = tape.gradientOf(node.out);
  tape.push([dx], (recorder, at, { rows }) => {
    op.record(recorder, { ...batch.distinct, dx: at(dx), gradient: trained.gradient }, rows);
  });
}

function gluForward({ ops }: RuleContext, tape: Tape, node: Of<"glu">): void {
  const op = new Glu(ops, { dim: node.out.width, activation: node.activation, fused: false });
  const [gate, up] = [tape.need(node.gate), tape.need(node.up)];
  const y = tape.like("glu", node.out.width);
  tape.push([gate, up, y], (recorder, at, { rows }) => {
    op.record(recorder, { gate: at(gate), up: at(up), y: at(y), rows });
  });
  tape.define(node.out, y);
}

function gluBack({ ops }: RuleContext, tape: Tape, node: Of<"glu">): void {
  const { width } = node.out;
  const op = new GluBack(ops, { activation: node.activation });
  const [gate, up, dy] = [tape.need(node.gate), tape.need(node.up), tape.gradientOf(node.out)];
  const [dgate, dup] = [tape.like("gradient of gate", width), tape.like("gradient of up", width)];
  tape.push([gate, up, dy, dgate, dup], (recorder, at, { rows }) => {
    const buffers = { gate: at(gate), up: at(up), dy: at(dy), dgate: at(dgate), dup: at(dup) };
    op.record(recorder, { ...buffers, count: rows * width });
  });
  tape.contribute(node.gate, dgate);
  tape.contribute(node.up, dup);
}

function addForward({ ops }: RuleContext, tape: Tape, node: Of<"add">): void {
  const op = new Add(ops);
  const [a, b, out] = [tape.need(node.a), tape.need(node.b), tape.like("sum", node.out.width)];
  tape.push([a, b, out], (recorder, at, { rows }) => {
    op.record(recorder, { a: at(a), b: at(b), out: at(out), count: rows * node.out.width });
  });
  tape.define(node.out, out);
}
