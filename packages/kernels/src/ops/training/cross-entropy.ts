import type { Binding, Recorder } from "../../device.ts";
import { checkSize, type Kernel, type OpSet } from "../op.ts";

/** One chunk of the vocabulary: its logits `[rows, columns]` f32 are columns `first` … of all. */
interface Chunk {
  readonly logits: Binding;
  readonly first: number;
  readonly columns: number;
  readonly rows: number;
  /** `[rows]` u32. */
  readonly targets: Binding;
  /** `[rows, 4]` f32, carried from chunk to chunk. */
  readonly state: Binding;
}

export interface CrossEntropyArgs extends Chunk {
  /** `[rows]` f32, written with the last chunk: the target's log-probability. */
  readonly logprob: Binding;
  readonly isLast: boolean;
}

export interface CrossEntropyBackArgs extends Chunk {
  /** `[rows]` f32: minus the loss's derivative by each row's log-probability. */
  readonly weights: Binding;
}

/** Log-probabilities of targets from logits in chunks, in order of columns; and the gradient of Σ −weight · logprob. */
export class CrossEntropy {
  readonly #forward: Kernel;
  readonly #back: Kernel;

  constructor(ops: OpSet) {
    this.#forward = ops.kernel("cross_entropy");
    this.#back = ops.kernel("cross_entropy_back");
  }

  record(recorder: Recorder, args: CrossEntropyArgs): void {
    check(args);
    const { logits, targets, state, logprob, first, columns, isLast, rows } = args;
    checkSize("cross_entropy", "logprob", logprob, rows * 4);
    const params = Uint32Array.of(first, columns, Number(isLast));
    this.#forward.dispatch(recorder, [logits, targets, state, logprob], [rows], params);
  }

  /** Turns logits into their gradient, in place. */
  recordBack(recorder: Recorder, args: CrossEntropyBackArgs): void {
    check(args);
    const { logits, targets, state, weights, first, columns, rows } = args;
    checkSize("cross_entropy", "weights", weights, rows * 4);
    this.#back.dispatch(recorder, [targets, state, weights, logits], [rows], Uint32Array.of(first, columns));
  }
}

function check({ logits, columns, rows, targets, state }: Chunk): void {
  checkSize("cross_entropy", "logits", logits, rows * columns * 4);
  checkSize("cross_entropy", "targets", targets, rows * 4);
  checkSize("cross_entropy", "state", state, rows * 16);
}
