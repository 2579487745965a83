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
  readonly #top: TopLogprobs;
  readonly #settings: ProgramSettings;

  /** @param stride row length of the logits */
  constructor(ops: OpSet, vocabulary: number, stride: number, settings: ProgramSettings) {
    this.#settings = settings;
    this.alternatives = Math.min(TOP_LOGPROBS, vocabulary);
    this.#sample = new Sample(ops, { vocabulary, stride, maxEdits: settings.maxEdits, masked: false });
    this.#top = new TopLogprobs(ops, { vocabulary, stride, n: this.alternatives });
  }

  /** @throws KernelError `out-of-memory` */
  allocate(device: Device): SamplerBuffers {
    const { maxEdits, maxSamples } = this.#settings;
    const { stride } = this.#sample;
    const column = maxSamples * 4;
    const table = column * this.alternatives;
    const buffers = {
      edits: device.createBuffer(align(maxSamples * Math.max(1, maxEdits) * EDIT_WORDS * 4), "logit edits"),
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

  recordSample(recorder: Recorder, buffers: SamplerBuffers, logits: Binding, params: Binding, rows: number): void {
    const { chunks, edits, logprobs, tokens, work } = buffers;
    this.#sample.record(recorder, { logits, params, edits, work, chunks, tokens, logprobs, rows });
  }

  recordTop(recorder: Recorder, buffers: SamplerBuffers, logits: Binding, rows: number): void {
    const { normalisers, topIds: ids, topLogprobs: logprobs } = buffers;
    this.#top.record(recorder, { logits, ids, logprobs, normalisers, rows });
  }
}
