import type { Value } from "../architectures/architecture.ts";
import { inputsOf, type Node } from "../graph/nodes.ts";
import type { Instruction, Scratch } from "./tensors.ts";

/** The rules of one kind of node: how it is computed, and how what its output needs becomes what its inputs need. */
export interface NodeRules {
  forward(tape: Tape, node: Node): void;
  /** `tape.gradientOf(node.out)` is complete when this is called. */
  back(tape: Tape, node: Node): void;
  /** Whether parameters are among what the output is made of. */
  isTrained(node: Node): boolean;
}

/** A gradient, and whether only its value uses the buffer, so that more can be added in place. */
interface Gradient {
  readonly scratch: Scratch;
  readonly exclusive: boolean;
}

export interface TapeOptions {
  readonly nodes: readonly Node[];
  readonly rules: NodeRules;
  /** Whether a value is kept from the forward pass; others are computed again when the way back needs them. */
  readonly keeps: (node: Node) => boolean;
  /** out = a + b. */
  readonly add: (tape: Tape, a: Scratch, b: Scratch, out: Scratch) => void;
  /** Of a value of so many columns, for the largest batch. */
  readonly bytesOf: (width: number) => number;
  /** Only the forward pass is written. */
  readonly forwardOnly?: boolean;
}

/**
 * Reverse-mode differentiation of a forward pass (Linnainmaa 1976), as a list of instructions: `forward` computes every
 * node in order; `back` walks the nodes from the last to the first. A value that the forward pass did not keep is
 * computed again from those that it needs, when it is needed (Chen et al. 2016, https://arxiv.org/abs/1604.06174). Nothing
 * is freed by hand: `ScratchMemory` sees when each scratch is used last.
 */
export class Tape {
  readonly forward: Instruction[] = [];
  readonly back: Instruction[] = [];
  readonly #options: TapeOptions;
  readonly #makers = new Map<number, Node>();
  readonly #trained = new Set<number>();
  readonly #gradients = new Map<number, Gradient>();
  readonly #states = new Map<Node, unknown>();
  #values = new Map<number, Scratch>();
  #isBack = false;

  constructor(options: TapeOptions) {
    this.#options = options;
    const { nodes, rules, keeps } = options;
    for (const node of nodes) {
      if (node.kind !== "output") this.#makers.set(node.out.id, node);
      if (node.kind !== "output" && rules.isTrained(node)) this.#trained.add(node.out.id);
      else if (node.kind !== "output" && inputsOf(node).some(({ id }) => this.#trained.has(id)))
        this.#trained.add(node.out.id);
    }
    for (const node of nodes) rules.forward(this, node);
    if (options.forwardOnly === true) return;
    this.#isBack = true;
    // What is not kept is forgotten: asked for again, it is computed again.
    this.#values = new Map([...this.#values].filter(([id]) => keeps(this.#makers.get(id)!)));
    for (const node of this.#states.keys()) if (!keeps(node)) this.#states.delete(node);
    for (const node of [...nodes].reverse()) {
      if (node.kind === "output" || (this.#gradients.has(node.out.id) && this.#trained.has(node.out.id))) {
        rules.back(this, node);
      }
    }
  }

  /** Appends an instruction to the pass that is being written. */
  push(touches: readonly Scratch[], record: Instruction["record"]): void {
    (this.#isBack ? this.back : this.forward).push({ touches, record });
  }

  scratch(label: string, bytes: number): Scratch {
    return { label, bytes };
  }

  /** A new scratch of as many columns as the value. */
  like(label: string, width: number): Scratch {
    return this.scratch(label, this.#options.bytesOf(width));
  }

  /** Says where a value is. */
  define(value: Value, scratch: Scratch): void {
    this.#values.set(value.id, scratch);
  }

  /** Where a value is; on the way back it may be computed again for that. */
  need(value: Value): Scratch {
    const known = this.#values.get(value.id);
    if (known) return known;
    const maker = this.#makers.get(value.id);
    if (!maker || !this.#isBack) throw new Error(`value ${value.id} is used before it is made`);
    this.#options.rules.forward(this, maker);
    return this.need(value);
  }

  /** What a node remembers of its forward pass beside its output. */
  remember(node: Node, state: unknown): void {
    this.#states.set(node, state);
  }

  recall(node: Node): unknown {
    if (!this.#states.has(node)) this.#options.rules.forward(this, node);
    return this.#states.get(node);
  }

  isTrained(value: Value): boolean {
    return this.#trained.has(value.id);
  }

  gradientOf(value: Value): Scratch {
    const gradient = this.#gradients.get(value.id);
    if (!gradient) throw new Error(`value ${value.id} has no gradient`);
    return gradient.scratch;
  }

  /** Adds to what a value needs. The scratch may serve other values too and is not changed. */
  contribute(value: Value, scratch: Scratch): void {
    if (!this.isTrained(value)) return;
    const known = this.#gradients.get(value.id);
    if (!known) {
      this.#gradients.set(value.id, { scratch, exclusive: false });
      return;
    }
    const sum = this.like(`gradient of ${value.id}`, value.width);
    this.#options.add(this, known.scratch, scratch, sum);
    this.#gradients.set(value.id, { scratch: sum, exclusive: true });
  }

  /**
   * For an operation that can add in place: calls it with a buffer and whether to add to it.
   */
  accumulate(value: Value, write: (into: Scratch, adds: boolean) => void): void {
    if (!this.isTrained(value)) return;
    const known = this.#gradients.get(value.id);
    if (known?.exclusive) {
      write(known.scratch, true);
      return;
    }
    const fresh = this.like(`gradient of ${value.id}`, value.width);
    write(fresh, false);
    if (known) this.contribute(value, fresh);
    else this.#gradients.set(value.id, { scratch: fresh, exclusive: true });
  }

  /** For an operation that takes the present gradient as one more input and writes the sum elsewhere. */
  replace(value: Value, write: (into: Scratch, present: Scratch | undefined) => void): void {
    if (!this.isTrained(value)) return;
    const present = this.#gradients.get(value.id)?.scratch;
    const fresh = this.like(`gradient of ${value.id}`, value.width);
    write(fresh, present);
    this.#gradients.set(value.id, { scratch: fresh, exclusive: true });
  }
}
