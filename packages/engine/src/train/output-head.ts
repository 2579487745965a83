import { CrossEntropy, GatherRows, Gemm, Panels, RmsNorm, ScatterRows } from "@tugboat/kernels";
import type { Node } from "../graph/nodes.ts";
import type { RuleContext } from "./context.ts";
import { weightPanels } from "./linear.ts";
import type { TrainingMatrix } from "./model.ts";
import { recordNormBack } from "./norm.ts";
import type { Tape } from "./tape.ts";
import type { Scratch } from "./tensors.ts";

type Output = Extract<Node, { kind: "output" }>;

/** Bytes of logits, and of the matrix that makes them in f32, that are in memory at a time. */
const CHUNK_BYTES = 64 * 2 ** 20;

interface Chunk {
  readonly firstRow: number;
  readonly rows: number;
}

/**
 * The last norm, the logits and the log-probabilities of the tokens to predict, for the rows that have a loss alone. The
 * vocabulary comes in chunks; where it is one chunk its logits are kept for the way back, else each is computed again.
 */
export class OutputHead {
  readonly #context: RuleContext;
  readonly #chunks: readonly Chunk[];
  readonly #loss: CrossEntropy;
  readonly #matrix: TrainingMatrix;
  readonly #state: Scratch;
  #selected: Scratch | undefined;
  #normed: Scratch | undefined;
  #logits: Scratch | undefined;

  constructor(context: RuleContext, tensor: string) {
    this.#context = context;
    this.#matrix = context.model.matrix(tensor);
    this.#loss = new CrossEntropy(context.ops);
    const { n, k } = this.#matrix.weight;
    this.#chunks = chunksOf(n, Math.max(context.maxRows, k) * 4);
    this.#state = { label: "softmax state", bytes: context.maxRows * 16 };
  }

  forward(tape: Tape, node: Output): void {
    const { ops, model, batch, maxRows } = this.#context;
    const dim = this.#matrix.weight.k;
    const gather = new GatherRows(ops, { dim, sourceRows: maxRows });
    const norm = new RmsNorm(ops, { dim, epsilon: model.hyperparameters.normEps });
    const weight = model.vector(node.norm).buffer;
    const x = tape.need(node.x);
    const selected = tape.like("rows with a loss", dim);
    const normed = tape.like("last norm", dim);
    tape.push([x, selected, normed], (recorder, at, { lossRows }) => {
      gather.record(recorder, { source: at(x), indices: batch.lossRows, y: at(selected), rows: lossRows });
      norm.record(recorder, { x: at(selected), weight, y: at(normed), rows: lossRows });
    });
    this.#selected = selected;
    this.#normed = normed;
    for (const [i, chunk] of this.#chunks.entries()) {
      const logits = this.#computeLogits(tape, normed, chunk);
      const isLast = i === this.#chunks.length - 1;
      tape.push([logits, this.#state], (recorder, at, { lossRows: rows }) => {
        this.#loss.record(recorder, {
          logits: at(logits),
          first: chunk.firstRow,
          columns: chunk.rows,
          rows,
          targets: batch.targets,
          state: at(this.#state),
          logprob: batch.logprobs,
          isLast,
        });
      });
      this.#logits = logits;
    }
  }

  back(tape: Tape, node: Output): void {
    const { ops, batch } = this.#context;
    const { k: dim } = this.#matrix.weight;
    const [selected, normed, kept] = [this.#selected!, this.#normed!, this.#logits!];
    const dnormed = tape.like("gradient of the last norm", dim);
    for (const [i, chunk] of this.#chunks.entries()) {
      const logits = this.#chunks.length === 1 ? kept : this.#computeLogits(tape, normed, chunk);
      tape.push([logits, this.#state], (recorder, at, { lossRows: rows }) => {
        this.#loss.recordBack(recorder, {
          logits: at(logits),
          first: chunk.firstRow,
          columns: chunk.rows,
          rows,
          targets: batch.targets,
          state: at(this.#state),
          weights: batch.weights,
        });
      });
      const panels = weightPanels(this.#context, tape, this.#matrix, true, chunk);
      const gemm = new Gemm(ops, { b: "panels", c: "rows", accumulate: i > 0 });
      tape.push([logits, panels, dnormed], (recorder, at, { lossRows: rows }) => {
        gemm.record(recorder, { a: at(logits), b: at(panels), c: at(dnormed), rows, columns: dim, inner: chunk.rows });
      });
      this.#learn(tape, normed, logits, chunk);
    }
    const dselected = tape.like("gradient of rows with a loss", dim);
    this.#normBack(tape, node, selected, dnormed, dselected);
    if (!tape.isTrained(node.x)) return;
    const scatter = new ScatterRows(ops, { dim });
    const dx = tape.like("gradient of the last layer", dim);
    tape.push([dselected, dx], (recorder, at, { rows, lossRows: count }) => {
      scatter.record(recorder, { source: at(dselected), count, places: batch.places, out: at(dx), rows });
    });
    tape.contribute(node.x, dx);
  }

  /** The rows here are those with a loss, not the batch's. */
  #normBack(tape: Tape, node: Output, x: Scratch, dy: Scratch, dx: Scratch): void {
    const ofLoss: Tape["push"] = (touches, record) => {
      tape.push(touches, (recorder, at, shape) => record(recorder, at, { ...shape, rows: shape.lossRows }));
    };
    const scratch: Tape["scratch"] = (label, bytes) => tape.scratch(label, bytes);
    const dim = this.#matrix.weight.k;
    const parts = { tensor: node.norm, dim, perRow: 1, x, dy, residual: undefined, dx };
    recordNormBack(this.#context, { push: ofLoss, scratch }, parts);
  }

  #computeLogits(tape: Tape, normed: Scratch, chunk: Chunk): Scratch {
    const { ops, maxRows } = this.#context;
    const dim = this.#matrix.weight.k;
    const gemm = new Gemm(ops, { b: "panels", c: "rows" });
    const panels = weightPanels(this.#context, tape, this.#matrix, false, chunk);
    const logits = tape.scratch("logits", maxRows * chunk.rows * 4);
    tape.push([normed, panels, logits], (recorder, at, { lossRows: rows }) => {
      gemm.record(recorder, { a: at(normed), b: at(panels), c: at(logits), rows, columns: chunk.rows, inner: dim });
    });
    return logits;
  }

  /** dW of a chunk of rows += dlogitsᵀ · normed. */
  #learn(tape: Tape, normed: Scratch, logits: Scratch, { firstRow, rows: columns }: Chunk): void {
    const { trained, weight } = this.#matrix;
    if (!trained) return;
    const { ops, maxRows } = this.#context;
    const pack = new Panels(ops, { columns });
    const sum = new Gemm(ops, { b: "panels", c: "panels", accumulate: true });
    const panels = tape.scratch("dlogits panels", maxRows * Math.ceil(columns / 4) * 16);
    const bytes = Math.ceil(columns / 4) * weight.k * 16;
    const part = { buffer: trained.gradient, offset: (firstRow / 4) * weight.k * 16, size: bytes };
    tape.push([normed, logits, panels], (recorder, at, { lossRows }) => {
      pack.record(recorder, { x: at(logits), out: at(panels), rows: lossRows });
      const over = { transposed: true, rows: weight.k, columns, inner: lossRows } as const;
      sum.record(recorder, { ...over, a: at(normed), b: at(panels), c: part });
    });
  }
}

/** Equal parts of the vocabulary; each but the last a multiple of 64 rows, so that its gradient starts at a multiple of 256 bytes. */
export function chunksOf(vocabulary: number, bytesPerToken: number, most = CHUNK_BYTES): Chunk[] {
  const fitting = Math.max(64, Math.floor(most / bytesPerToken / 64) * 64);
  const count = Math.ceil(vocabulary / fitting);
  const rows = Math.min(vocabulary, Math.ceil(vocabulary / count / 64) * 64);
  const chunks: Chunk[] = [];
  for (let firstRow = 0; firstRow < vocabulary; firstRow += rows) {
    chunks.push({ firstRow, rows: Math.min(rows, vocabulary - firstRow) });
  }
  return chunks;
}
