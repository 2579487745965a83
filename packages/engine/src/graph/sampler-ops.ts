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
  /** Tokens, then log-probabilities from `logprobsOffset` on. */
  readonly result: DeviceBuffer;
  readonly logprobsOffset: number;
  /** Ids, log-probabilities, normalisers. */
  readonly top: DeviceBuffer;
  readonly topLogprobsOffset: number;
  readonly normalisersOffset: number;
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
    const column = align(maxSamples * 4);
    const table = align(maxSamples * this.alternatives * 4);
    const buffers = {
      edits: device.createBuffer(align(maxSamples * Math.max(1, maxEdits) * EDIT_WORDS * 4), "logit edits"),
      work: device.createBuffer(align(maxSamples * stride * 4), "sampler work"),
      chunks: device.createBuffer(align(maxSamples * stride), "sampler chunks"),
      result: device.createBuffer(2 * column, "sampled tokens"),
      top: device.createBuffer(2 * table + column, "top logprobs"),
    };
    return {
      ...buffers,
      logprobsOffset: column,
      topLogprobsOffset: table,
      normalisersOffset: 2 * table,
      destroy() {
        for (const buffer of Object.values(buffers)) buffer.destroy();
      },
    };
  }

  recordSample(recorder: Recorder, buffers: SamplerBuffers, logits: Binding, params: Binding, rows: number): void {
    const { chunks, edits, logprobsOffset, result, work } = buffers;
    this.#sample.record(recorder, {
      logits,
      params,
      edits,
      work,
      chunks,
      tokens: { buffer: result, offset: 0, size: logprobsOffset },
      logprobs: { buffer: result, offset: logprobsOffset, size: result.size - logprobsOffset },
      rows,
    });
  }

  recordTop(recorder: Recorder, buffers: SamplerBuffers, logits: Binding, rows: number): void {
    const { normalisersOffset, top, topLogprobsOffset } = buffers;
    this.#top.record(recorder, {
      logits,
      ids: { buffer: top, offset: 0, size: topLogprobsOffset },
      logprobs: { buffer: top, offset: topLogprobsOffset, size: normalisersOffset - topLogprobsOffset },
      normalisers: { buffer: top, offset: normalisersOffset, size: top.size - normalisersOffset },
      rows,
    });
  }
}
