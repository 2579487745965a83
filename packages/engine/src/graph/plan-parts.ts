import type { WeightType } from "@tugboat/kernels";
import type { VectorPlan, VectorRef, WeightPlan, WeightRef } from "./plan.ts";

/** The matrices and vectors that a plan needs, each once. */
export class PlanParts {
  readonly weights: WeightPlan[] = [];
  readonly vectors: VectorPlan[] = [];
  readonly #shapeOf: (tensor: string) => readonly number[];
  readonly #typeOf: (tensor: string) => WeightType;

  constructor(shapeOf: (tensor: string) => readonly number[], typeOf: (tensor: string) => WeightType) {
    this.#shapeOf = shapeOf;
    this.#typeOf = typeOf;
  }

  /** Tensors one after another by rows, or a gate and an up projection side by side. */
  weight(tensors: readonly string[], gated: boolean): WeightRef {
    const label = tensors.join(" + ");
    const known = this.weights.findIndex((weight) => weight.label === label);
    if (known >= 0) return known;
    const [n, k] = this.#shapeOf(tensors[0]!);
    let firstRow = 0;
    const parts = tensors.map((tensor, i) => {
      const rows = this.#shapeOf(tensor)[0]!;
      const part = gated
        ? { tensor, firstRow: 0, rows, half: i === 0 ? ("gate" as const) : ("up" as const) }
        : { tensor, firstRow, rows };
      firstRow += rows;
      return part;
    });
    const type = this.#typeOf(tensors[0]!);
    const outputs = Math.ceil((gated ? n! : firstRow) / 4) * 4;
    return this.weights.push({ label, type, n: outputs, k: k!, gated, parts }) - 1;
  }

  /** A vector of tensors one after another; a number stands for that many zeros. */
  vector(pieces: readonly (string | number)[]): VectorRef {
    const label = pieces.join(" + ");
    const known = this.vectors.findIndex((vector) => vector.label === label);
    if (known >= 0) return known;
    let length = 0;
    const parts: { tensor: string; offset: number }[] = [];
    for (const piece of pieces) {
      if (typeof piece === "string") parts.push({ tensor: piece, offset: length });
      length += typeof piece === "string" ? this.#shapeOf(piece)[0]! : piece;
    }
    return this.vectors.push({ label, length, parts }) - 1;
  }
}
