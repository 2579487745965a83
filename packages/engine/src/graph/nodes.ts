import type { Activation, AttentionInputs, ForwardGraph, TensorSpec, Value } from "../architectures/architecture.ts";

/** One word of a forward pass, as it was written. `out` is the value that it makes. */
export type Node =
  | { readonly kind: "embed"; readonly out: Value; readonly tensor: string; readonly scale: number }
  | { readonly kind: "norm"; readonly out: Value; readonly x: Value; readonly tensor: string }
  | { readonly kind: "linear"; readonly out: Value; readonly x: Value; readonly tensor: string; readonly bias?: string }
  | { readonly kind: "attention"; readonly out: Value; readonly layer: number; readonly inputs: AttentionInputs }
  | {
      readonly kind: "glu";
      readonly out: Value;
      readonly gate: Value;
      readonly up: Value;
      readonly activation: Activation;
    }
  | { readonly kind: "add"; readonly out: Value; readonly a: Value; readonly b: Value }
  | {
      readonly kind: "output";
      readonly x: Value;
      readonly norm: string;
      readonly tensor: string;
      readonly bias?: string;
    };

export function inputsOf(node: Node): readonly Value[] {
  switch (node.kind) {
    case "embed":
      return [];
    case "norm":
    case "linear":
    case "output":
      return [node.x];
    case "attention":
      return [node.inputs.q, node.inputs.k, node.inputs.v];
    case "glu":
      return [node.gate, node.up];
    case "add":
      return [node.a, node.b];
  }
}

/** Writes a forward pass down. */
export class NodeRecorder implements ForwardGraph {
  readonly nodes: Node[] = [];
  readonly #tensors: ReadonlyMap<string, TensorSpec>;
  #values = 0;

  /** @param tensors those that the model has. */
  constructor(tensors: ReadonlyMap<string, TensorSpec>) {
    this.#tensors = tensors;
  }

  has(tensor: string): boolean {
    return this.#tensors.has(tensor);
  }

  embed(tensor: string, scale = 1): Value {
    return this.#push(this.#columns(tensor), (out) => ({ kind: "embed", out, tensor, scale }));
  }

  norm(x: Value, tensor: string): Value {
    return this.#push(x.width, (out) => ({ kind: "norm", out, x, tensor }));
  }

  linear(x: Value, tensor: string): Value {
    const bias = this.#biasOf(tensor);
    return this.#push(this.#rows(tensor), (out) => ({ kind: "linear", out, x, tensor, bias }));
  }

  attention(layer: number, inputs: AttentionInputs): Value {
    return this.#push(inputs.q.width, (out) => ({ kind: "attention", out, layer, inputs }));
  }

  glu(gate: Value, up: Value, activation: Activation): Value {
    return this.#push(gate.width, (out) => ({ kind: "glu", out, gate, up, activation }));
  }

  add(a: Value, b: Value): Value {
    return this.#push(a.width, (out) => ({ kind: "add", out, a, b }));
  }

  output(x: Value, norm: string, tensor: string): void {
    this.nodes.push({ kind: "output", x, norm, tensor, bias: this.#biasOf(tensor) });
  }

  #biasOf(tensor: string): string | undefined {
    const bias = tensor.replace(/weight$/, "bias");
    return bias !== tensor && this.has(bias) ? bias : undefined;
  }

  #rows(tensor: string): number {
    return this.#shape(tensor)[0]!;
  }

  #columns(tensor: string): number {
    return this.#shape(tensor).at(-1)!;
  }

  #shape(tensor: string): readonly number[] {
    const spec = this.#tensors.get(tensor);
    if (!spec) throw new Error(`the forward pass uses ${tensor}, which its tensor table does not have`);
    return spec.shape;
  }

  #push(width: number, make: (out: Value) => Node): Value {
    const out: Value = { id: this.#values++, width };
    this.nodes.push(make(out));
    return out;
  }
}
