import {
  type Binding,
  type Device,
  type DeviceBuffer,
  EDIT_WORDS,
  type OpSet,
  type Recorder,
  Sample,
  TopLogprobs,
} from "@tugboat/kernels";
import { align } from "./memory.ts";
import type { ProgramSettings } from "./settings.ts";

/** Alternatives that are computed when any row asks for log-probabilities; requests take the first of them. */
export const TOP_LOGPROBS = 20;

export interface SamplerBuffers {
  readonly edits: DeviceBuffer;
  /** `[maxSamples, maskWords]` u32 of allowed tokens. */
  readonly masks: DeviceBuffer;
  readonly work: DeviceBuffer;
  readonly chunks: DeviceBuffer;
  readonly tokens: DeviceBuffer;
  readonly logprobs: DeviceBuffer;
  readonly topIds: DeviceBuffer;
  readonly topLogprobs: DeviceBuffer;
  readonly normalisers: DeviceBuffer;
  destroy(): void;
}

/** Draws the step's tokens from its logits, on the device. */
export class SamplerOps {
  readonly alternatives: number;
  readonly #sample: Sample;
  /** For steps in which some answer is constrained. */
  readonly #maskedSample: Sample;
  readonly #top: TopLogprobs;
  readonly #settings: ProgramSettings;

  /** @param stride row length of the logits */
  constructor(ops: OpSet, vocabulary: number, stride: number, settings: ProgramSettings) {
    this.#settings = settings;
    this.alternatives = Math.min(TOP_LOGPROBS, vocabulary);
    const { maxEdits } = settings;
    this.#sample = new Sample(ops, { vocabulary, stride, maxEdits, masked: false });
    this.#maskedSample = new Sample(ops, { vocabulary, stride, maxEdits, masked: true });
    this.#top = new TopLogprobs(ops, { vocabulary, stride, n: this.alternatives });
  }

  /** u32s of one row of the masks. */
  get maskWords(): number {
    return this.#maskedSample.maskWords;
  }

  /** @throws KernelError `out-of-memory` */
  allocate(device: Device): SamplerBuffers {
    const { maxEdits, maxSamples } = this.#settings;
    const { stride } = this.#sample;
    const column = maxSamples * 4;
    const table = column * this.alternatives;
    const buffers = {
      edits: device.createBuffer(align(maxSamples * Math.max(1, maxEdits) * EDIT_WORDS * 4), "logit edits"),
      masks: device.createBuffer(align(column * this.maskWords), "token masks"),
      work: device.createBuffer(align(maxSamples * stride * 4), "sampler work"),
      chunks: device.createBuffer(align(maxSamples * stride), "sampler chunks"),
      tokens: device.createBuffer(align(column), "sampled tokens"),
      logprobs: device.createBuffer(align(column), "sampled logprobs"),
      topIds: device.createBuffer(align(table), "top tokens"),
      topLogprobs: device.createBuffer(align(table), "top logprobs"),
      normalisers: device.createBuffer(align(column), "normalisers"),
    };
    return {
      ...buffers,
      destroy() {
        for (const buffer of Object.values(buffers)) buffer.destroy();
      },
    };
  }

  /** @param masked whether rows may have a mask; their flags say which do */
  recordSample(
    recorder: Recorder,
    buffers: SamplerBuffers,
    logits: Binding,
    params: Binding,
    rows: number,
    masked: boolean,
  ): void {
    const { chunks, edits, logprobs, masks, tokens, work } = buffers;
    const args = { logits, params, edits, work, chunks, tokens, logprobs, rows };
    if (masked) this.#maskedSample.record(recorder, { ...args, mask: masks });
    else this.#sample.record(recorder, args);
  }

  recordTop(recorder: Recorder, buffers: SamplerBuffers, logits: Binding, rows: number): void {
    const { normalisers, topIds: ids, topLogprobs: logprobs } = buffers;
    this.#top.record(recorder, { logits, ids, logprobs, normalisers, rows });
  }
}
