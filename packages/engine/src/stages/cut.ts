import type { Value } from "../architectures/architecture.ts";
import { EngineError } from "../errors.ts";
import { inputsOf, type Node } from "../graph/nodes.ts";

/** A part of a model that is computed in one place: some of its layers, with its beginning, its end, or neither. */
export interface Stage {
  /** The embedding of the tokens comes first. */
  readonly embedding: boolean;
  readonly firstLayer: number;
  /** 0 where the stage is the embedding or the head alone. */
  readonly layers: number;
  /** The last norm, the logits and the sampling come last. */
  readonly head: boolean;
}

/** Where a model is cut. */
export interface Cuts {
  /** Parts that its layers are divided into. */
  readonly layers: number;
  /** Whether the embedding is a stage of its own, else it is the first part's. */
  readonly embedding: boolean;
  /** Whether norm, logits and sampling are a stage of their own, else they are the last part's. */
  readonly head: boolean;
}

/**
 * The stages of a model, in the order in which rows pass through them. Layers are divided as evenly as they can be.
 * @throws EngineError `bad-request` for more parts than layers
 */
export function cutModel(layers: number, cuts: Cuts): Stage[] {
  if (!Number.isInteger(cuts.layers) || cuts.layers < 1 || cuts.layers > layers) {
    const message = `stages: the model has ${layers} layers, which cannot be divided into ${cuts.layers} parts`;
    throw new EngineError("bad-request", message, `Ask for a whole number of parts from 1 to ${layers}.`);
  }
  const parts: Stage[] = [];
  for (let i = 0, firstLayer = 0; i < cuts.layers; i++) {
    const count = Math.floor(layers / cuts.layers) + (i < layers % cuts.layers ? 1 : 0);
    const [isFirst, isLast] = [i === 0, i === cuts.layers - 1];
    parts.push({ embedding: isFirst && !cuts.embedding, firstLayer, layers: count, head: isLast && !cuts.head });
    firstLayer += count;
  }
  const alone = { layers: 0, embedding: false, head: false };
  return [
    ...(cuts.embedding ? [{ ...alone, firstLayer: 0, embedding: true }] : []),
    ...parts,
    ...(cuts.head ? [{ ...alone, firstLayer: layers, head: true }] : []),
  ];
}

/** What a stage computes of a forward pass, the rows that it is given and those that it hands on. */
export interface StageNodes {
  readonly nodes: readonly Node[];
  readonly rowsIn?: Value;
  readonly rowsOut?: Value;
}

/** @throws Error when more than one value crosses a cut: layers then share more than the residual stream */
export function stageNodes(all: readonly Node[], stage: Stage): StageNodes {
  const layerOf = layersOf(all);
  const isOwn = (node: Node) => {
    if (node.kind === "embed") return stage.embedding;
    if (node.kind === "output") return stage.head;
    const layer = layerOf.get(node)!;
    return layer >= stage.firstLayer && layer < stage.firstLayer + stage.layers;
  };
  const nodes = all.filter(isOwn);
  const made = new Set(nodes.flatMap((node) => (node.kind === "output" ? [] : [node.out.id])));
  const given = valuesOf(nodes.flatMap((node) => inputsOf(node)).filter(({ id }) => !made.has(id)));
  const wanted = all.filter((node) => !isOwn(node)).flatMap((node) => inputsOf(node));
  const handed = valuesOf(wanted.filter(({ id }) => made.has(id)));
  if (given.length > 1 || handed.length > 1) throw new Error("more than the residual stream crosses a cut");
  return { nodes, ...(given[0] && { rowsIn: given[0] }), ...(handed[0] && { rowsOut: handed[0] }) };
}

function valuesOf(values: readonly Value[]): Value[] {
  return [...new Map(values.map((value) => [value.id, value])).values()];
}

/** The layer of each node: its tensor's, or that of what it combines. */
function layersOf(nodes: readonly Node[]): Map<Node, number> {
  const layers = new Map<Node, number>();
  const byValue = new Map<number, number>();
  for (const node of nodes) {
    if (node.kind === "output" || node.kind === "embed") continue;
    const layer = ownLayer(node, byValue);
    layers.set(node, layer);
    byValue.set(node.out.id, layer);
  }
  return layers;
}

function ownLayer(node: Exclude<Node, { kind: "output" | "embed" }>, byValue: ReadonlyMap<number, number>): number {
  switch (node.kind) {
    case "attention":
      return node.layer;
    case "glu":
      return byValue.get(node.gate.id)!;
    case "add":
      return byValue.get(node.b.id)!;
    case "norm":
    case "linear": {
      const layer = /^blk\.(\d+)\./.exec(node.tensor)?.[1];
      if (layer === undefined) throw new Error(`${node.tensor} belongs to no layer`);
      return Number(layer);
    }
  }
}
