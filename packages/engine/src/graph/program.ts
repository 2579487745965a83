import { CopyBlocks, type Device, OpSet, type Recorder, type Recording } from "@tugboat/kernels";
import type { Hyperparameters } from "../architectures/architecture.ts";
import { AdapterPool } from "./adapter-pool.ts";
import { AttentionOps } from "./attention-ops.ts";
import { createOp, type RecordInstruction } from "./ops.ts";
import type { Plan, StepKind } from "./plan.ts";
import { allocateMemory, type ModelWeights, type ProgramMemory } from "./program-memory.ts";
import { SamplerOps } from "./sampler-ops.ts";
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
export class Program {
  readonly device: Device;
  readonly plan: Plan;
  readonly settings: ProgramSettings;
  readonly input: StepInput;
  readonly memory: ProgramMemory;
  /** Rows of one sequence that a prefill tile takes. */
  readonly rowsPerTile: number;
  /** Alternatives that `runTop` finds. */
  readonly alternatives: number;
  /** u32s of a row of token masks. */
  readonly maskWords: number;
  /** The adapters on the device, in a program that takes some. */
  readonly adapters: AdapterPool | undefined;
  readonly #steps: readonly Step[];
  readonly #sampler: SamplerOps;
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
    const stride = plan.slots[plan.logits]!.width;
    const sampler = new SamplerOps(ops, hyperparameters.vocabulary, stride, settings);
    const copy = new CopyBlocks(ops, { kv: settings.kv });
    // Weights first: they are what may not fit, and compiling is wasted then.
    const model = await loadModel();
    await ops.compile();
    const { rowsPerTile } = attention;
    const maxPrefillTiles = Math.ceil(settings.maxRows / rowsPerTile) + settings.maxSequences;
    const input = new StepInput({ ...settings, maxPrefillTiles });
    const { partsBytes } = attention;
    const adapters = settings.adapters && new AdapterPool(device, plan.adapted, settings.adapters.bytes);
    const parts = {
      device,
      plan,
      hyperparameters,
      settings,
      model,
      input,
      partsBytes,
      sampler: sampler.allocate(device),
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
    sampler: SamplerOps,
    copy: CopyBlocks,
    adapters: AdapterPool | undefined,
  ) {
    this.device = device;
    this.plan = plan;
    this.settings = settings;
    this.input = input;
    this.memory = memory;
    this.rowsPerTile = rowsPerTile;
    this.alternatives = sampler.alternatives;
    this.maskWords = sampler.maskWords;
    this.#steps = steps;
    this.#sampler = sampler;
    this.#copy = copy;
    this.adapters = adapters;
  }

  /** Uploads the step's input. */
  upload(): void {
    this.device.write(this.memory.inputBuffer, 0, this.input.words);
  }

  /** Computes the step; `samples` rows of logits, if there are any. */
  runForward(shape: StepShape): void {
    this.#run(`forward ${keyOf(shape)}`, (recorder) => {
      this.#recordForward(recorder, shape);
    });
  }

  /** Computes the step up to the samples' hidden states, without their logits. */
  runHidden(shape: StepShape): void {
    this.#run(`hidden ${keyOf(shape)}`, (recorder) => {
      for (const step of this.#steps) if (step.when !== "logits" && isIn(step, shape)) step.record(recorder, shape);
    });
  }

  /** As `runForward`, then draws a token from each row of logits. */
  runStep(shape: StepShape): void {
    this.#run(`step ${keyOf(shape)}`, (recorder) => {
      this.#recordForward(recorder, shape);
      if (shape.samples === 0) return;
      this.#recordSample(recorder, shape.samples, false);
    });
  }

  /** Draws from the logits of the forward pass that ran last; rows whose flags say so obey their masks. */
  runMaskedSample(samples: number): void {
    this.#run(`masked ${samples}`, (recorder) => this.#recordSample(recorder, samples, true));
  }

  /** The likeliest tokens of the step that ran last. */
  runTop(samples: number): void {
    this.#run(`top ${samples}`, (recorder) => {
      this.#sampler.recordTop(recorder, this.memory.sampler, this.memory.slot(this.plan.logits), samples);
    });
  }

  /** Copies the first `count` pairs of blocks that the step's input names, in every layer. */
  runCopies(count: number): void {
    this.#run(`copy ${count}`, (recorder) => {
      const { input, keys, values } = this.memory;
      keys.forEach((layerKeys, layer) => {
        this.#copy.record(recorder, { pairs: input("copies"), keys: layerKeys, values: values[layer]!, count });
      });
    });
  }

  /**
   * Makes room for more adapters. Not while a step runs: what was recorded with adapters names the old memory.
   * @throws KernelError `out-of-memory`
   */
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
    this.memory.sampler.destroy();
    this.adapters?.destroy();
    for (const weight of this.memory.weights) weight.destroy();
    for (const vector of this.memory.vectors) vector.destroy();
  }

  #recordSample(recorder: Recorder, samples: number, masked: boolean): void {
    const { input, sampler, slot } = this.memory;
    const logits = slot(this.plan.logits);
    this.#sampler.recordSample(recorder, sampler, logits, input("sampleParams"), samples, masked);
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
