import { WEIGHT_FORMATS, type WeightType } from "@tugboat/kernels";
import type { AttentionInputs, Hyperparameters, TensorSpec, Value } from "../architectures/architecture.ts";
import { projectionOf } from "../train/method.ts";
import { inputsOf, type Node } from "./nodes.ts";
import type { AdaptedPlan, Instruction, Plan, SlotPlan, SlotRef } from "./plan.ts";
import { PlanParts } from "./plan-parts.ts";

type NodeOf<Kind extends Node["kind"]> = Extract<Node, { kind: Kind }>;

export interface LoweringInput {
  readonly nodes: readonly Node[];
  readonly hyperparameters: Hyperparameters;
  readonly tensors: ReadonlyMap<string, TensorSpec>;
  /** The type that a matrix has on the device. */
  readonly typeOf: (tensor: string) => WeightType;
  /** The most ranks of an adapter; absent: the program takes none. */
  readonly maxRank?: number;
  /** The first of the layers that the nodes are of, where they are a stage's; default 0. */
  readonly firstLayer?: number;
  /** What a stage is given by the one before it, and what it hands on. */
  readonly rowsIn?: Value;
  readonly rowsOut?: Value;
}

/**
 * Turns a forward pass into kernel calls, fusing what kernels can do in one pass: a norm with the quantisation of its
 * result, q, k and v (and gate and up) as one product, a product with the residual sum after it, a norm with the sum
 * after it. Pure: it allocates nothing and knows no device.
 */
export function lower(input: LoweringInput): Plan {
  return new Lowering(input).run();
}

class Lowering {
  readonly #input: LoweringInput;
  readonly #producers = new Map<number, Node>();
  readonly #users = new Map<number, Node[]>();
  /** Where a value lies, in the forms that exist. */
  readonly #places = new Map<number, { f32?: SlotRef; int8?: SlotRef }>();
  readonly #parts: PlanParts;
  readonly #slots: SlotPlan[] = [];
  readonly #instructions: Instruction[] = [];
  readonly #adapted: AdaptedPlan[] = [];
  /** Matrices that must share a type and do not in the file. */
  readonly #unified = new Map<string, WeightType>();

  constructor(input: LoweringInput) {
    this.#input = input;
    this.#parts = new PlanParts(
      (tensor) => this.#shape(tensor),
      (tensor) => this.#typeOf(tensor),
    );
    for (const node of input.nodes) {
      if (node.kind !== "output") this.#producers.set(node.out.id, node);
      for (const value of inputsOf(node)) this.#users.set(value.id, [...(this.#users.get(value.id) ?? []), node]);
    }
    for (const node of input.nodes) if (node.kind === "glu") this.#unify(node);
  }

  run(): Plan {
    const { nodes, rowsIn: given, rowsOut: handed } = this.#input;
    const rowsIn = given && this.#slotFor(given);
    let output: { logits: SlotRef; hidden: SlotRef } | undefined;
    for (const node of nodes) {
      if (this.#isDeferred(node)) continue;
      switch (node.kind) {
        case "embed":
          this.#embed(node);
          break;
        case "norm":
          this.#norm(node);
          break;
        case "linear":
          this.#linear(node, this.#slotFor(node.out), false);
          break;
        case "attention":
          this.#attention(node);
          break;
        case "glu":
          this.#glu(node);
          break;
        case "add":
          this.#add(node);
          break;
        case "output":
          output = this.#output(node);
          break;
      }
    }
    const rowsOut = handed && this.#f32(handed);
    if (output === undefined && rowsOut === undefined) throw new Error("the forward pass has no output");
    return {
      weights: this.#parts.weights,
      vectors: this.#parts.vectors,
      slots: this.#slots,
      instructions: this.#instructions,
      adapted: this.#adapted,
      layers: nodes.filter(({ kind }) => kind === "attention").length,
      ...(output && { output }),
      ...(rowsIn !== undefined && { rowsIn }),
      ...(rowsOut !== undefined && { rowsOut }),
    };
  }

  /** Whether its only user emits it, fused. */
  #isDeferred(node: Node): boolean {
    if (node.kind !== "linear" && node.kind !== "norm") return false;
    const [user, ...others] = this.#users.get(node.out.id) ?? [];
    if (!user || others.length > 0) return false;
    if (node.kind === "norm") return user.kind === "add" && user.b.id === node.out.id;
    return user.kind === "attention" || user.kind === "glu" || (user.kind === "add" && user.b.id === node.out.id);
  }

  #embed({ tensor, out, scale }: NodeOf<"embed">): void {
    const weight = this.#parts.weight([tensor], false);
    this.#emit({ op: "embed", weight, y: this.#slotFor(out), scale });
  }

  #norm({ x, out, tensor }: NodeOf<"norm">): void {
    const wanted = (this.#users.get(out.id) ?? []).map(
      (user) => user.kind === "linear" && this.#isInteger(user.tensor),
    );
    const form = wanted.length > 0 && wanted.every(Boolean) ? "int8" : "f32";
    const y = this.#slot({ form, width: out.width, rows: "step" });
    this.#places.set(out.id, { [form]: y });
    this.#emit({ op: "norm", x: this.#f32(x), vector: this.#parts.vector([tensor]), y });
  }

  #linear(node: NodeOf<"linear">, y: SlotRef, accumulate: boolean): void {
    const { tensor, bias } = node;
    const x = this.#operand(node.x, this.#isInteger(tensor));
    this.#emit({
      op: "matmul",
      weight: this.#parts.weight([tensor], false),
      x,
      y,
      bias: bias === undefined ? undefined : this.#parts.vector([bias]),
      accumulate,
      activation: undefined,
    });
    this.#adapt([tensor], x, y);
  }

  #attention({ layer, inputs, out }: NodeOf<"attention">): void {
    const attention = this.#input.hyperparameters.attention[layer]!;
    const own = layer - (this.#input.firstLayer ?? 0);
    const { qNorm, kNorm } = inputs;
    if ((qNorm === undefined) !== (kNorm === undefined)) throw new Error("q and k are both normalised or neither is");
    const qkv = this.#projections(inputs);
    const norms = qNorm === undefined || kNorm === undefined ? undefined : this.#parts.vector([qNorm, kNorm]);
    this.#emit({ op: "rope", layer: own, attention, qkv, norms });
    this.#emit({ op: "attention", layer: own, attention, q: qkv[0], y: this.#slotFor(out) });
  }

  /** q, k and v: one product where their weights are of one type, else three. */
  #projections({ q, k, v }: AttentionInputs): readonly [SlotRef] | readonly [SlotRef, SlotRef, SlotRef] {
    const [qNode, kNode, vNode] = [this.#projection(q), this.#projection(k), this.#projection(v)];
    const nodes = [qNode, kNode, vNode];
    const together = nodes.every(
      ({ tensor, x, out }) =>
        this.#typeOf(tensor) === this.#typeOf(qNode.tensor) && x.id === qNode.x.id && out.width % 4 === 0,
    );
    if (!together) {
      const each = (node: NodeOf<"linear">) => {
        const y = this.#slotFor(node.out);
        this.#linear(node, y, false);
        return y;
      };
      return [each(qNode), each(kNode), each(vNode)];
    }
    const y = this.#slot({ form: "f32", width: q.width + k.width + v.width, rows: "step" });
    const biased = nodes.some(({ bias }) => bias !== undefined);
    const tensors = nodes.map(({ tensor }) => tensor);
    const x = this.#operand(qNode.x, this.#isInteger(qNode.tensor));
    this.#emit({
      op: "matmul",
      weight: this.#parts.weight(tensors, false),
      x,
      y,
      bias: biased ? this.#parts.vector(nodes.map(({ bias, out }) => bias ?? out.width)) : undefined,
      accumulate: false,
      activation: undefined,
    });
    this.#adapt(tensors, x, y);
    return [y];
  }

  #projection(value: Value): NodeOf<"linear"> {
    const node = this.#producers.get(value.id);
    if (node?.kind !== "linear" || !this.#isDeferred(node)) throw new Error("attention reads projections of its own");
    return node;
  }

  #glu({ gate, up, out, activation }: NodeOf<"glu">): void {
    const gateNode = this.#producers.get(gate.id);
    const upNode = this.#producers.get(up.id);
    if (gateNode?.kind !== "linear" || upNode?.kind !== "linear") throw new Error("a gated unit reads two projections");
    if (gateNode.bias !== undefined || upNode.bias !== undefined) throw new Error("gated units have no biases");
    const tensors = [gateNode.tensor, upNode.tensor];
    const weight = this.#parts.weight(tensors, true);
    const x = this.#operand(gateNode.x, this.#isInteger(gateNode.tensor));
    const y = this.#slotFor(out);
    const product = { op: "matmul", weight, x, bias: undefined, accumulate: false } as const;
    if (!this.#isAdaptable(tensors)) {
      this.#emit({ ...product, y, activation });
      return;
    }
    // Adapters change gates and ups before they are multiplied, so a step with adapters computes them apart.
    this.#emit({ ...product, y, activation, steps: "plain" });
    const apart = this.#slot({ form: "f32", width: 2 * out.width, rows: "step" });
    this.#emit({ ...product, y: apart, activation: undefined, apart: true, steps: "adapted" });
    this.#adapt(tensors, x, apart, true);
    this.#emit({ op: "glu", x: apart, y, activation, steps: "adapted" });
  }

  /** Whether adapters may change these matrices, in a program that takes adapters. */
  #isAdaptable(tensors: readonly string[]): boolean {
    return (
      this.#input.maxRank !== undefined &&
      tensors.every((tensor) => {
        const spec = this.#input.tensors.get(tensor)!;
        return projectionOf(spec) !== undefined && spec.shape[0]! % 4 === 0;
      })
    );
  }

  /** Adds each row's adapter to a product that was just computed. */
  #adapt(tensors: readonly string[], x: SlotRef, y: SlotRef, alternating = false): void {
    const { maxRank } = this.#input;
    if (maxRank === undefined || !this.#isAdaptable(tensors)) return;
    const parts = tensors.map((tensor) => this.#shape(tensor)[0]!);
    const k = this.#shape(tensors[0]!)[1]!;
    const adapted = this.#adapted.push({ tensors, parts, k, alternating }) - 1;
    const t = this.#slot({ form: "f32", width: parts.length * maxRank, rows: "step" });
    this.#emit({ op: "low-rank", adapted, x, t, y, steps: "adapted" });
  }

  /** The sum takes the place of its left operand, which must not be used afterwards: the residual stream. */
  #add({ a, b, out }: NodeOf<"add">): void {
    const nodes = this.#input.nodes;
    const now = nodes.findIndex((node) => node.kind === "add" && node.out.id === out.id);
    if (nodes.slice(now + 1).some((node) => inputsOf(node).some((value) => value.id === a.id))) {
      throw new Error("the left operand of a sum is used after it");
    }
    const x = this.#f32(a);
    const right = this.#producers.get(b.id);
    if (right?.kind === "linear" && this.#isDeferred(right)) {
      this.#linear(right, x, true);
    } else if (right?.kind === "norm" && this.#isDeferred(right)) {
      this.#emit({ op: "add-norm", x, t: this.#f32(right.x), vector: this.#parts.vector([right.tensor]) });
    } else {
      this.#emit({ op: "add", x, y: this.#f32(b) });
    }
    this.#places.set(out.id, { f32: x });
  }

  #output({ x, norm, tensor, bias }: NodeOf<"output">): { logits: SlotRef; hidden: SlotRef } {
    const { outputSoftcap } = this.#input.hyperparameters;
    const gathered = this.#slot({ form: "f32", width: x.width, rows: "sample" });
    this.#emit({ op: "gather", x: this.#f32(x), y: gathered });
    const vector = this.#parts.vector([norm]);
    const hidden = this.#slot({ form: "f32", width: x.width, rows: "sample" });
    this.#emit({ op: "hidden", x: gathered, vector, y: hidden });
    const form = this.#isInteger(tensor) ? "int8" : "f32";
    const normed = this.#slot({ form, width: x.width, rows: "sample" });
    this.#emit({ op: "norm", x: gathered, vector, y: normed });
    const weight = this.#parts.weight([tensor], false);
    const logits = this.#slot({ form: "f32", width: this.#parts.weights[weight]!.n, rows: "sample" });
    this.#emit({
      op: "matmul",
      weight,
      x: normed,
      y: logits,
      bias: bias === undefined ? undefined : this.#parts.vector([bias]),
      accumulate: false,
      activation: undefined,
    });
    if (outputSoftcap !== undefined) this.#emit({ op: "softcap", x: logits, cap: outputSoftcap });
    return { logits, hidden };
  }

  #emit(instruction: Instruction): void {
    this.#instructions.push(instruction);
  }

  #isInteger(tensor: string): boolean {
    return WEIGHT_FORMATS[this.#typeOf(tensor)].integer;
  }

  #typeOf(tensor: string): WeightType {
    return this.#unified.get(tensor) ?? this.#input.typeOf(tensor);
  }

  /** Gate and up are read in one pass, so they need one type: that of neither loses less than q8_0 or f16 does. */
  #unify({ gate, up }: NodeOf<"glu">): void {
    const tensors = [gate, up].flatMap(({ id }) => {
      const node = this.#producers.get(id);
      return node?.kind === "linear" ? [node.tensor] : [];
    });
    const types = new Set(tensors.map((tensor) => this.#input.typeOf(tensor)));
    if (types.size === 1) return;
    const common = [...types].every((type) => WEIGHT_FORMATS[type].integer) ? "q8_0" : "f16";
    for (const tensor of tensors) this.#unified.set(tensor, common);
  }

  #shape(tensor: string): readonly number[] {
    return this.#input.tensors.get(tensor)!.shape;
  }

  #slot(plan: SlotPlan): SlotRef {
    return this.#slots.push(plan) - 1;
  }

  #slotFor(value: Value): SlotRef {
    const slot = this.#slot({ form: "f32", width: value.width, rows: "step" });
    this.#places.set(value.id, { f32: slot });
    return slot;
  }

  #f32(value: Value): SlotRef {
    const place = this.#places.get(value.id)?.f32;
    if (place !== undefined) return place;
    const producer = this.#producers.get(value.id);
    // A norm whose users all wanted int8 has no other form; anything else was deferred to a user that did not take it.
    if (producer?.kind === "linear") {
      const slot = this.#slotFor(value);
      this.#linear(producer, slot, false);
      return slot;
    }
    throw new Error(`value ${value.id} has no f32 form`);
  }

  /** The value in the form that a weight multiplies. */
  #operand(value: Value, integer: boolean): SlotRef {
    if (!integer) return this.#f32(value);
    const place = this.#places.get(value.id);
    if (place?.int8 !== undefined) return place.int8;
    const x = this.#f32(value);
    const y = this.#slot({ form: "int8", width: value.width, rows: "step" });
    this.#places.set(value.id, { f32: x, int8: y });
    this.#emit({ op: "quantize", x, y });
    return y;
  }
}
