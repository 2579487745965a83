import type {
  Activation,
  Architecture,
  AttentionInputs,
  ForwardGraph,
  Hyperparameters,
  Value,
} from "../architectures/architecture.ts";
import { type RopeSpec, ropeFrequencies } from "../architectures/rope.ts";

/** A matrix `[rows, columns]`, or a vector as one row, in float64. */
export interface ReferenceTensor {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float64Array;
}

export interface ReferenceModel {
  readonly architecture: Architecture;
  readonly hyperparameters: Hyperparameters;
  readonly tensors: ReadonlyMap<string, ReferenceTensor>;
  /** Tokens served: some ways to stretch RoPE depend on it. */
  readonly contextLength: number;
}

/**
 * Logits of every position of one text, `[tokens, vocabulary]`, computed in float64 by plain loops: slow, and free of
 * everything that makes the engine fast. For tests.
 */
export function referenceLogits(model: ReferenceModel, tokens: readonly number[]): Float64Array {
  const graph = new ReferenceGraph(model, tokens);
  model.architecture.forward(graph, model.hyperparameters);
  return graph.logits;
}

/** Computes each word of a forward pass at once, for all tokens of the text. */
class ReferenceGraph implements ForwardGraph {
  logits = new Float64Array();
  readonly #model: ReferenceModel;
  readonly #tokens: readonly number[];
  readonly #values: Float64Array[] = [];

  constructor(model: ReferenceModel, tokens: readonly number[]) {
    this.#model = model;
    this.#tokens = tokens;
  }

  has(tensor: string): boolean {
    return this.#model.tensors.has(tensor);
  }

  embed(name: string, scale = 1): Value {
    const { data, columns } = this.#tensor(name);
    return this.#value(columns, (row, i) => data[this.#tokens[row]! * columns + i]! * scale);
  }

  norm(x: Value, name: string): Value {
    const { data } = this.#tensor(name);
    const out = this.#of(x).slice();
    for (let row = 0; row < this.#tokens.length; row++) {
      this.#normalise(out.subarray(row * x.width, (row + 1) * x.width), data);
    }
    return this.#keep(x.width, out);
  }

  linear(x: Value, name: string): Value {
    const { data, rows, columns } = this.#tensor(name);
    const bias = this.#model.tensors.get(name.replace(/weight$/, "bias"))?.data;
    const input = this.#of(x);
    return this.#value(rows, (row, output) => {
      let sum = bias?.[output] ?? 0;
      for (let i = 0; i < columns; i++) sum += input[row * columns + i]! * data[output * columns + i]!;
      return sum;
    });
  }

  attention(layer: number, { q, k, v, qNorm, kNorm }: AttentionInputs): Value {
    const { heads, kvHeads, headDim, attention, attentionScale, attentionSoftcap } = this.#model.hyperparameters;
    const { rope, window = Number.POSITIVE_INFINITY } = attention[layer]!;
    const queries = this.#heads(q, qNorm, rope);
    const keys = this.#heads(k, kNorm, rope);
    const values = this.#of(v);
    const out = new Float64Array(this.#tokens.length * heads * headDim);
    for (let row = 0; row < this.#tokens.length; row++) {
      const first = Math.max(0, row - window + 1);
      for (let head = 0; head < heads; head++) {
        const kvHead = Math.floor((head * kvHeads) / heads);
        const query = (row * heads + head) * headDim;
        const scores = Array.from({ length: row - first + 1 }, (_, i) => {
          const key = ((first + i) * kvHeads + kvHead) * headDim;
          let dot = 0;
          for (let d = 0; d < headDim; d++) dot += queries[query + d]! * keys[key + d]!;
          return softcap(dot * attentionScale, attentionSoftcap);
        });
        const peak = Math.max(...scores);
        const weights = scores.map((score) => Math.exp(score - peak));
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        weights.forEach((weight, i) => {
          const value = ((first + i) * kvHeads + kvHead) * headDim;
          for (let d = 0; d < headDim; d++) out[query + d]! += (weight / total) * values[value + d]!;
        });
      }
    }
    return this.#keep(heads * headDim, out);
  }

  glu(gate: Value, up: Value, activation: Activation): Value {
    const gates = this.#of(gate);
    const ups = this.#of(up);
    const activate = activation === "silu" ? silu : gelu;
    return this.#keep(
      gate.width,
      gates.map((value, i) => activate(value) * ups[i]!),
    );
  }

  add(a: Value, b: Value): Value {
    const right = this.#of(b);
    return this.#keep(
      a.width,
      this.#of(a).map((value, i) => value + right[i]!),
    );
  }

  output(x: Value, norm: string, tensor: string): void {
    const logits = this.#of(this.linear(this.norm(x, norm), tensor));
    this.logits = logits.map((logit) => softcap(logit, this.#model.hyperparameters.outputSoftcap));
  }

  /** Heads of q or k, normalised and rotated by their positions. */
  #heads(x: Value, norm: string | undefined, rope: RopeSpec | undefined): Float64Array {
    const { headDim } = this.#model.hyperparameters;
    const heads = x.width / headDim;
    const out = this.#of(x).slice();
    const weight = norm === undefined ? undefined : this.#tensor(norm).data;
    const frequencies = rope && ropeFrequencies(rope, this.#model.contextLength);
    for (let row = 0; row < this.#tokens.length; row++) {
      for (let head = 0; head < heads; head++) {
        const at = (row * heads + head) * headDim;
        const values = out.subarray(at, at + headDim);
        if (weight) this.#normalise(values, weight);
        if (rope && frequencies) rotate(values, row, rope, frequencies);
      }
    }
    return out;
  }

  #normalise(values: Float64Array, weight: Float64Array): void {
    const squares = values.reduce((sum, value) => sum + value * value, 0);
    const inverse = 1 / Math.sqrt(squares / values.length + this.#model.hyperparameters.normEps);
    for (let i = 0; i < values.length; i++) values[i] = values[i]! * inverse * weight[i]!;
  }

  #tensor(name: string): ReferenceTensor {
    const tensor = this.#model.tensors.get(name);
    if (!tensor) throw new Error(`the model has no ${name}`);
    return tensor;
  }

  #of(value: Value): Float64Array {
    return this.#values[value.id]!;
  }

  #keep(width: number, data: Float64Array): Value {
    return { id: this.#values.push(data) - 1, width };
  }

  #value(width: number, at: (row: number, column: number) => number): Value {
    const data = new Float64Array(this.#tokens.length * width);
    for (let i = 0; i < data.length; i++) data[i] = at(Math.floor(i / width), i % width);
    return this.#keep(width, data);
  }
}

function rotate(head: Float64Array, position: number, rope: RopeSpec, frequencies: Float64Array): void {
  const magnitude = rope.scaling.kind === "yarn" || rope.scaling.kind === "longrope" ? rope.scaling.magnitude : 1;
  const pairs = rope.dimensions / 2;
  for (let pair = 0; pair < pairs; pair++) {
    const [a, b] = rope.style === "interleaved" ? [2 * pair, 2 * pair + 1] : [pair, pair + pairs];
    const cos = Math.cos(position * frequencies[pair]!) * magnitude;
    const sin = Math.sin(position * frequencies[pair]!) * magnitude;
    const [x, y] = [head[a]!, head[b]!];
    head[a] = x * cos - y * sin;
    head[b] = x * sin + y * cos;
  }
}

function softcap(value: number, cap: number | undefined): number {
  return cap === undefined ? value : cap * Math.tanh(value / cap);
}

function silu(x: number): number {
  return x / (1 + Math.exp(-x));
}

/** The tanh form (Hendrycks and Gimpel 2016), which Gemma is trained with. */
function gelu(x: number): number {
  return 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
}
