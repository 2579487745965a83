import {
  type Binding,
  CopyBlocks,
  type Device,
  type DeviceBuffer,
  EDIT_WORDS,
  OpSet,
  type Recorder,
  type Recording,
} from "@tugboat/kernels";
import type { Hyperparameters } from "../architectures/architecture.ts";
import { blocksFor } from "../kv/blocks.ts";
import { AdapterPool } from "./adapter-pool.ts";
import { AttentionOps } from "./attention-ops.ts";
import { deviceBlocks } from "./block-access.ts";
import { readBlocks, writeBlocks } from "./block-transfer.ts";
import type { BlockAccess, Machine, StepOutput } from "./machine.ts";
import { createOp, type RecordInstruction } from "./ops.ts";
import type { Plan, StepKind } from "./plan.ts";
import { allocateMemory, type ModelWeights, type ProgramMemory } from "./program-memory.ts";
import { type SamplerBuffers, SamplerOps } from "./sampler-ops.ts";
import type { ProgramSettings, StepShape } from "./settings.ts";
import { StepInput } from "./step-input.ts";

/** When an instruction runs: always, for a step with samples, only for its logits, only for its hidden states. */
type When = "always" | "samples" | "logits" | "hidden";

interface Step {
  readonly record: RecordInstruction;
  readonly when: When;
  readonly steps: StepKind | undefined;
}

/** Recordings kept: a server decodes with a few batch sizes again and again. */
const KEPT_RECORDINGS = 64;

/**
 * A plan made for one device: kernels compiled, memory allocated, steps recorded when their shape is first seen and
 * replayed afterwards. Nothing is compiled after `create`.
 */
export class Program implements Machine {
  readonly device: Device;
  readonly plan: Plan;
  readonly settings: ProgramSettings;
  readonly input: StepInput;
  readonly memory: ProgramMemory;
  readonly rowsPerTile: number;
  readonly lanes = 1;
  readonly blocks: BlockAccess;
  /** The adapters on the device, in a program that takes some. */
  readonly adapters: AdapterPool | undefined;
  readonly #steps: readonly Step[];
  /** Of the program in which the model ends. */
  readonly #sampler: SamplerOps | undefined;
  readonly #copy: CopyBlocks;
  readonly #recordings = new Map<string, Recording>();

  /**
   * @throws KernelError `shape` for sizes that no kernel takes, `compile`, `out-of-memory`.
   */
  static async create(
    device: Device,
    plan: Plan,
    hyperparameters: Hyperparameters,
    settings: ProgramSettings,
    loadModel: () => Promise<ModelWeights>,
  ): Promise<Program> {
    const ops = new OpSet(device);
    let memory: ProgramMemory | undefined;
    const getMemory = () => {
      if (!memory) throw new Error("recorded before memory was allocated");
      return memory;
    };
    const attention = new AttentionOps(ops, hyperparameters, settings, getMemory);
    const context = { ops, plan, hyperparameters, settings, attention, memory: getMemory };
    const steps = plan.instructions.map((instruction) => ({
      record: createOp(context, instruction),
      when: whenOf(plan, instruction),
      steps: "steps" in instruction ? instruction.steps : undefined,
    }));
    const stride = plan.output && plan.slots[plan.output.logits]!.width;
    const sampler =
      stride === undefined ? undefined : new SamplerOps(ops, hyperparameters.vocabulary, stride, settings);
    const copy = new CopyBlocks(ops, { kv: settings.kv });
    // Weights first: they are what may not fit, and compiling is wasted then.
    const model = await loadModel();
    await ops.compile();
    const { rowsPerTile } = attention;
    const input = new StepInput(settings);
    const { partsBytes } = attention;
    const adapters = settings.adapters && new AdapterPool(device, plan.adapted, settings.adapters.bytes);
    const parts = {
      device,
      plan,
      settings,
      model,
      input,
      partsBytes,
      sampler: sampler?.allocate(device),
      adapters,
    };
    memory = allocateMemory(parts);
    return new Program(device, plan, settings, input, memory, rowsPerTile, steps, sampler, copy, adapters);
  }

  private constructor(
    device: Device,
    plan: Plan,
    settings: ProgramSettings,
    input: StepInput,
    memory: ProgramMemory,
    rowsPerTile: number,
    steps: readonly Step[],
    sampler: SamplerOps | undefined,
    copy: CopyBlocks,
    adapters: AdapterPool | undefined,
  ) {
    this.device = device;
    this.plan = plan;
    this.settings = settings;
    this.input = input;
    this.memory = memory;
    this.rowsPerTile = rowsPerTile;
    this.#steps = steps;
    this.#sampler = sampler;
    this.#copy = copy;
    this.adapters = adapters;
    this.blocks = deviceBlocks(device, settings.kv, memory.keys, memory.values);
  }

  get alternatives(): number {
    return this.#sampler?.alternatives ?? 0;
  }

  get maskWords(): number {
    return this.#sampler?.maskWords ?? 0;
  }

  get logitsWidth(): number {
    const { output, slots } = this.plan;
    return output ? slots[output.logits]!.width : 0;
  }

  get hiddenWidth(): number {
    const { output, rowsIn, rowsOut, slots } = this.plan;
    return slots[output?.hidden ?? rowsOut ?? rowsIn!]!.width;
  }

  /** Runs happen at once and in order: a step needs no beginning. */
  begin(): void {}

  writeTable(slot: number, blocks: Uint32Array<ArrayBuffer>): void {
    this.device.write(this.memory.tables, slot * blocksFor(this.settings.contextLength) * 4, blocks);
  }

  writeEdits(sample: number, words: Uint32Array<ArrayBuffer>): void {
    const { sampler } = this.memory;
    if (sampler) this.device.write(sampler.edits, sample * this.settings.maxEdits * EDIT_WORDS * 4, words);
  }

  writeMask(sample: number, words: Uint32Array<ArrayBuffer>): void {
    const { sampler } = this.memory;
    if (sampler) this.device.write(sampler.masks, sample * this.maskWords * 4, words);
  }

  upload(): void {
    this.device.write(this.memory.inputBuffer, 0, this.input.words);
  }

  runForward(shape: StepShape): void {
    this.#run(`forward ${keyOf(shape)}`, (recorder) => {
      this.#recordForward(recorder, shape);
    });
  }

  runHidden(shape: StepShape): void {
    this.#run(`hidden ${keyOf(shape)}`, (recorder) => {
      for (const step of this.#steps) if (step.when !== "logits" && isIn(step, shape)) step.record(recorder, shape);
    });
  }

  runStep(shape: StepShape): void {
    this.#run(`step ${keyOf(shape)}`, (recorder) => {
      this.#recordForward(recorder, shape);
      if (shape.samples === 0 || !this.plan.output) return;
      this.#recordSample(recorder, shape.samples, false);
    });
  }

  runMaskedSample(samples: number): void {
    this.#run(`masked ${samples}`, (recorder) => this.#recordSample(recorder, samples, true));
  }

  runTop(samples: number): void {
    const [ops, { buffers, logits }] = this.#end();
    this.#run(`top ${samples}`, (recorder) => ops.recordTop(recorder, buffers, logits, samples));
  }

  runCopies(count: number): void {
    this.#run(`copy ${count}`, (recorder) => {
      const { input, keys, values } = this.memory;
      keys.forEach((layerKeys, layer) => {
        this.#copy.record(recorder, { pairs: input("copies"), keys: layerKeys, values: values[layer]!, count });
      });
    });
  }

  async read(output: StepOutput, rows: number): Promise<ArrayBuffer> {
    const { device, memory, plan } = this;
    if (!plan.output || !memory.sampler) throw new Error("a stage before the last draws nothing");
    const { logprobs, tokens, topIds, topLogprobs } = memory.sampler;
    switch (output) {
      case "tokens":
        return device.read(tokens, 0, rows * 4);
      case "logprobs":
        return device.read(logprobs, 0, rows * 4);
      case "topIds":
        return device.read(topIds, 0, rows * this.alternatives * 4);
      case "topLogprobs":
        return device.read(topLogprobs, 0, rows * this.alternatives * 4);
      case "logits":
        return device.read(bufferOf(memory.slot(plan.output.logits)), 0, rows * this.logitsWidth * 4);
      case "hidden":
        return device.read(bufferOf(memory.slot(plan.output.hidden)), 0, rows * this.hiddenWidth * 4);
    }
  }

  /** What the stage before this one made: `[rows, width]`. */
  writeRows(rows: Float32Array<ArrayBuffer>): void {
    if (this.plan.rowsIn === undefined) throw new Error("the first stage is given no rows");
    this.device.write(bufferOf(this.memory.slot(this.plan.rowsIn)), 0, rows);
  }

  /** What the next stage is to be given: `[rows, width]`. */
  async readRows(rows: number): Promise<Float32Array<ArrayBuffer>> {
    if (this.plan.rowsOut === undefined) throw new Error("the last stage hands no rows on");
    const buffer = bufferOf(this.memory.slot(this.plan.rowsOut));
    return new Float32Array(await this.device.read(buffer, 0, rows * this.hiddenWidth * 4));
  }

  finish(): Promise<void> {
    return this.device.finish();
  }

  readBlocks(blocks: readonly number[]): Promise<Uint8Array<ArrayBuffer>> {
    return readBlocks(this.device, this.memory, this.settings.kv, blocks);
  }

  async writeBlocks(blocks: readonly number[], data: Uint8Array<ArrayBuffer>): Promise<void> {
    writeBlocks(this.device, this.memory, this.settings.kv, blocks, data);
  }

  /** What was recorded with adapters names their old memory. */
  async growAdapters(units: number): Promise<void> {
    for (const [key, recording] of this.#recordings) {
      if (!key.includes(ADAPTED)) continue;
      recording.destroy();
      this.#recordings.delete(key);
    }
    await this.adapters?.grow(units);
  }

  destroy(): void {
    for (const recording of this.#recordings.values()) recording.destroy();
    this.#recordings.clear();
    this.memory.destroy();
    this.memory.sampler?.destroy();
    this.adapters?.destroy();
    for (const weight of this.memory.weights) weight.destroy();
    for (const vector of this.memory.vectors) vector.destroy();
  }

  #recordSample(recorder: Recorder, samples: number, masked: boolean): void {
    const [ops, { buffers, logits }] = this.#end();
    ops.recordSample(recorder, buffers, logits, this.memory.input("sampleParams"), samples, masked);
  }

  /** What the model's end needs. */
  #end(): [SamplerOps, { buffers: SamplerBuffers; logits: Binding }] {
    const { output } = this.plan;
    const { sampler: buffers, slot } = this.memory;
    if (!this.#sampler || !buffers || !output) throw new Error("a stage before the last draws nothing");
    return [this.#sampler, { buffers, logits: slot(output.logits) }];
  }

  #recordForward(recorder: Recorder, shape: StepShape): void {
    for (const step of this.#steps) {
      const isDue = step.when === "always" || (step.when !== "hidden" && shape.samples > 0);
      if (isDue && isIn(step, shape)) step.record(recorder, shape);
    }
  }

  #run(key: string, build: (recorder: Recorder) => void): void {
    const known = this.#recordings.get(key);
    const recording = known ?? this.device.record(key, build);
    // Most recently used last.
    if (known) this.#recordings.delete(key);
    this.#recordings.set(key, recording);
    this.device.run(recording);
    if (this.#recordings.size <= KEPT_RECORDINGS) return;
    const [oldest, dropped] = this.#recordings.entries().next().value!;
    this.#recordings.delete(oldest);
    dropped.destroy();
  }
}

function bufferOf(binding: Binding): DeviceBuffer {
  return "buffer" in binding ? binding.buffer : binding;
}

/** In the keys of recordings that bind the adapters' memory. */
const ADAPTED = "adapters";

function keyOf({ adapterTiles = 0, decodeTiles, prefillTiles, rows, samples }: StepShape): string {
  const plain = `${rows} ${decodeTiles} ${prefillTiles} ${samples}`;
  return adapterTiles > 0 ? `${plain} ${ADAPTED} ${adapterTiles}` : plain;
}

function isIn({ steps }: Step, { adapterTiles = 0 }: StepShape): boolean {
  return steps === undefined || (steps === "adapted") === adapterTiles > 0;
}

function whenOf(plan: Plan, instruction: Plan["instructions"][number]): When {
  if (instruction.op === "hidden") return "hidden";
  if (instruction.op === "gather") return "samples";
  const slot = "x" in instruction ? instruction.x : undefined;
  return slot !== undefined && plan.slots[slot]!.rows === "sample" ? "logits" : "always";
}
