import { type Device, OpSet, type Recording } from "@tugboat/kernels";
import { inputsOf, type Node } from "../graph/nodes.ts";
import type { BatchBuffers, BatchInput } from "./batch-buffers.ts";
import type { RopeTables, RuleContext } from "./context.ts";
import type { TrainingModel } from "./model.ts";
import { OutputHead } from "./output-head.ts";
import { addScratch, rulesFor } from "./rules.ts";
import { Tape } from "./tape.ts";
import { type BatchShape, type Instruction, ScratchMemory } from "./tensors.ts";

/** Recordings kept: batches of like texts have few shapes. */
const KEPT_RECORDINGS = 64;

export interface TrainingProgramOptions {
  readonly model: TrainingModel;
  readonly batch: BatchBuffers;
  readonly ropeTables: RopeTables;
  readonly maxRows: number;
  readonly checkpointing: boolean;
  /** The frozen model alone, forward only. */
  readonly frozen: boolean;
}

/** The forward and backward pass of a micro-batch on one device. Nothing is compiled once it is made. */
export class TrainingProgram {
  readonly #device: Device;
  readonly #batch: BatchBuffers;
  readonly #tape: Tape;
  readonly #memory: ScratchMemory;
  readonly #needsDistinct: boolean;
  readonly #recordings = new Map<string, Recording>();

  static async create(device: Device, options: TrainingProgramOptions): Promise<TrainingProgram> {
    const ops = new OpSet(device);
    const tape = writeTape(ops, options);
    await ops.compile();
    return new TrainingProgram(device, options, tape);
  }

  private constructor(device: Device, { batch, model }: TrainingProgramOptions, tape: Tape) {
    this.#device = device;
    this.#batch = batch;
    this.#tape = tape;
    this.#memory = new ScratchMemory(device, [...tape.forward, ...tape.back]);
    this.#needsDistinct = model.matrix("token_embd.weight").trained !== undefined;
  }

  /** Device bytes of activations and scratch. */
  get bytes(): number {
    return this.#memory.bytes;
  }

  /** Log-probabilities of a micro-batch's loss rows. */
  async forward(input: BatchInput): Promise<Float32Array> {
    this.#batch.write(input, this.#needsDistinct);
    this.#run("forward", this.#tape.forward, input.shape);
    return new Float32Array(await this.#device.read(this.#batch.logprobs, 0, input.shape.lossRows * 4));
  }

  /** Adds the gradient of the micro-batch that `forward` computed last. @param weights `[lossRows]` */
  back(shape: BatchShape, weights: Float32Array<ArrayBuffer>): void {
    this.#device.write(this.#batch.weights, 0, weights);
    this.#run("back", this.#tape.back, shape);
  }

  destroy(): void {
    for (const recording of this.#recordings.values()) recording.destroy();
    this.#recordings.clear();
    this.#memory.destroy();
  }

  #run(pass: string, instructions: readonly Instruction[], shape: BatchShape): void {
    const key = `${pass} ${shape.rows} ${shape.lossRows}`;
    const known = this.#recordings.get(key);
    const recording =
      known ??
      this.#device.record(key, (recorder) => {
        for (const { record } of instructions) record(recorder, (scratch) => this.#memory.at(scratch), shape);
      });
    // Most recently used last.
    if (known) this.#recordings.delete(key);
    this.#recordings.set(key, recording);
    this.#device.run(recording);
    if (this.#recordings.size <= KEPT_RECORDINGS) return;
    const [oldest, dropped] = this.#recordings.entries().next().value!;
    this.#recordings.delete(oldest);
    dropped.destroy();
  }
}

function writeTape(ops: OpSet, options: TrainingProgramOptions): Tape {
  const { model, batch, ropeTables, maxRows, checkpointing, frozen } = options;
  const context: RuleContext = {
    ops,
    model,
    batch,
    maxRows,
    adapts: !frozen,
    ropeTable: (spec) => ropeTables.of(spec),
  };
  const last = model.nodes.at(-1);
  if (last?.kind !== "output") throw new Error("a forward pass ends with its output");
  const head = new OutputHead(context, last.tensor);
  const between = valuesBetweenLayers(model.nodes);
  return new Tape({
    nodes: model.nodes,
    rules: rulesFor(context, head),
    // Norms and gated units are computed again: they cost little and are as large as what they are made of.
    keeps: (node) => {
      if (checkpointing) return node.kind !== "output" && between.has(node.out.id);
      return node.kind !== "norm" && node.kind !== "glu";
    },
    add: addScratch(context, (scratch) => scratch.bytes / (maxRows * 4)),
    bytesOf: (width) => maxRows * width * 4,
    forwardOnly: frozen,
  });
}

/** Values that a layer takes from another: what checkpointing keeps. */
function valuesBetweenLayers(nodes: readonly Node[]): Set<number> {
  const layers = new Map<number, number>();
  const between = new Set<number>();
  let layer = -1;
  for (const node of nodes) {
    // A layer begins with the norm of its input.
    if (node.kind === "norm" && /\.attn_norm\.weight$/.test(node.tensor)) layer++;
    const inputs = inputsOf(node);
    for (const { id } of inputs) if (node.kind === "output" || layers.get(id) !== layer) between.add(id);
    if (node.kind !== "output") layers.set(node.out.id, layer);
  }
  return between;
}
