import { type Device, KernelError } from "@tugboat/kernels";
import type { ModelSource } from "../engine.ts";
import { EngineError } from "../errors.ts";
import { exportPeft, importPeft, readAdapter, writeAdapter } from "./adapter.ts";
import { readCheckpoint, writeCheckpoint } from "./checkpoint.ts";
import { Learner } from "./learner.ts";
import { mergedModel } from "./merge.ts";
import { parseMethod, type ResolvedMethod } from "./method.ts";
import { parseOptimizer, type ResolvedOptimizer } from "./optimizer.ts";
import { scheduleFactor } from "./schedule.ts";
import type {
  Evaluation,
  PeftAdapter,
  Question,
  StepReport,
  Trainer,
  TrainerInfo,
  TrainerOptions,
  TrainingBatch,
  TrainingText,
} from "./types.ts";

/**
 * Makes a model ready for training on a device. The source's files stay the caller's: they must stay open while `merged`
 * is used, and `close` does not close them.
 * @throws EngineError `bad-request`, `bad-model`, `unsupported`, `out-of-memory`; FormatError; KernelError `no-device`.
 */
export async function openTrainer(source: ModelSource, options: TrainerOptions): Promise<Trainer> {
  const method = parseMethod(options.method);
  const optimizer = parseOptimizer(options.optimizer ?? {}, method);
  const { device: wanted = "auto", threads } = options;
  const device = typeof wanted === "string" ? await source.createDevice(wanted, { threads }) : wanted;
  const dropDevice = () => {
    if (typeof wanted === "string") device.destroy();
  };
  try {
    const learner = await Learner.open(device, source.files, { ...options, method, moments: optimizer.moments });
    return new OpenTrainer({ source, learner, optimizer, method, device, dropDevice });
  } catch (cause) {
    dropDevice();
    if (cause instanceof KernelError && cause.code === "out-of-memory") {
      throw new EngineError(
        "out-of-memory",
        `training ${source.name} does not fit ${device.info.description}: ${cause.message}`,
        "Lower maxRows or the rank, switch checkpointing on, or start from a stronger quantisation.",
        { cause },
      );
    }
    throw cause;
  }
}

interface Parts {
  readonly source: ModelSource;
  readonly learner: Learner;
  readonly optimizer: ResolvedOptimizer;
  readonly method: ResolvedMethod;
  readonly device: Device;
  readonly dropDevice: () => void;
}

class OpenTrainer implements Trainer {
  readonly info: TrainerInfo;
  readonly #parts: Parts;
  #step = 0;
  #queue: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  constructor(parts: Parts) {
    const { source, device, learner, method } = parts;
    const { parameters, frozenBytes: frozen } = learner.model;
    this.info = {
      model: source.name,
      device: device.info.description,
      method,
      parameters: parameters.trainedValues,
      contextLength: learner.contextLength,
      maxRows: learner.maxRows,
      bytes: { frozen, trained: parameters.bytes, scratch: learner.scratchBytes },
    };
    this.#parts = parts;
  }

  get step(): number {
    return this.#step;
  }

  train(batch: TrainingBatch): Promise<StepReport> {
    return this.#inTurn(() => this.#train(batch));
  }

  evaluate(texts: readonly TrainingText[], { frozen = false } = {}): Promise<Evaluation> {
    return this.#inTurn(() => this.#parts.learner.evaluate(texts, frozen));
  }

  weigh(questions: readonly Question[], { frozen = false } = {}): Promise<Float64Array[]> {
    return this.#inTurn(() => this.#parts.learner.weigh(questions, frozen));
  }

  checkpoint(): Promise<Uint8Array> {
    const { device, learner, method } = this.#parts;
    return this.#inTurn(() => writeCheckpoint(device, learner.model, { method, step: this.#step }));
  }

  restore(checkpoint: Uint8Array): Promise<void> {
    const { device, learner, method } = this.#parts;
    return this.#inTurn(async () => {
      this.#step = await readCheckpoint(device, learner.model, method, checkpoint);
    });
  }

  exportAdapter(): Promise<PeftAdapter> {
    return this.#inTurn(async () => exportPeft(this.#parts.learner.model, await this.#readAdapter()));
  }

  importAdapter(peft: PeftAdapter): Promise<void> {
    const { device, learner, method } = this.#parts;
    return this.#inTurn(async () => {
      if (method.kind !== "lora") throw new EngineError("bad-request", "only a trainer of adapters takes an adapter");
      await writeAdapter(device, learner.model, method, await importPeft(learner.model, peft));
      this.#step = 0;
    });
  }

  soften(factor: number): Promise<void> {
    const { device, learner, method } = this.#parts;
    return this.#inTurn(async () => {
      if (method.kind !== "lora") throw new EngineError("bad-request", "only an adapter can be softened");
      const adapter = await this.#readAdapter();
      for (const { b } of adapter.matrices.values()) for (let i = 0; i < b.length; i++) b[i]! *= factor;
      await writeAdapter(device, learner.model, method, adapter);
    });
  }

  merged(): Promise<ModelSource> {
    const { source, learner, device, method } = this.#parts;
    return this.#inTurn(() => mergedModel(source, learner.model, device, method));
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#queue.catch(() => undefined);
    this.#parts.learner.destroy();
    this.#parts.dropDevice();
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#isClosed) {
      return Promise.reject(new EngineError("closed", `the trainer of ${this.info.model} was closed`, "Open another."));
    }
    const result = this.#queue.then(work);
    this.#queue = result.catch(() => undefined);
    return result;
  }

  #readAdapter() {
    const { device, learner, method } = this.#parts;
    if (method.kind !== "lora") {
      throw new EngineError("bad-request", "method full trains no adapter", "Take the model by merged().");
    }
    return readAdapter(device, learner.model, method);
  }

  async #train(batch: TrainingBatch): Promise<StepReport> {
    const { learner, optimizer, device } = this.#parts;
    const { parameters } = learner.model;
    try {
      const { loss, ...result } = await learner.accumulate(batch);
      const gradientNorm = await parameters.gradientNorm();
      if (!Number.isFinite(loss) || !Number.isFinite(gradientNorm)) throw diverged(this.#step, loss, gradientNorm);
      const learningRate = optimizer.learningRate * scheduleFactor(optimizer.schedule, this.#step);
      const { beta1, beta2, epsilon, weightDecay, clip } = optimizer;
      // As torch.nn.utils.clip_grad_norm_.
      const factor = clip > 0 ? Math.min(1, clip / (gradientNorm + 1e-6)) : 1;
      const step = this.#step + 1;
      parameters.update({ learningRate, beta1, beta2, epsilon, weightDecay, step, factor });
      await device.finish();
      this.#step = step;
      return { step, loss, gradientNorm, learningRate, ...result };
    } catch (error) {
      // Half a batch's gradients must not reach the next step.
      parameters.clearGradients();
      throw error;
    }
  }
}

function diverged(step: number, loss: number, norm: number): EngineError {
  return new EngineError(
    "diverged",
    `after ${step} steps the loss is ${loss} and its gradient's norm ${norm}`,
    "Lower the learning rate, or go back to an earlier checkpoint.",
  );
}
