import {
  AdamW,
  type AdamWStep,
  adamWHyperBytes,
  type Device,
  type DeviceBuffer,
  encodeAdamW,
  type OpSet,
  PackedAdamW,
  packedMomentBytes,
  type Recorder,
  type Recording,
  SumSquares,
} from "@tugboat/kernels";

/**
 * How AdamW's moments are kept: `f32` as PyTorch does, 8 bytes a trained value, or `packed` into 12 bits, see
 * adamw_packed.wgsl.
 */
export type MomentsKind = "f32" | "packed";

/** Zero before the first step. */
export type Moments =
  | { readonly kind: "f32"; readonly first: DeviceBuffer; readonly second: DeviceBuffer }
  | { readonly kind: "packed"; readonly packed: DeviceBuffer };

/** The buffers of a parameter's moments, by the names that a checkpoint gives them. */
export function momentBuffers(moments: Moments): { readonly name: string; readonly buffer: DeviceBuffer }[] {
  if (moments.kind === "packed") return [{ name: "moments", buffer: moments.packed }];
  return [
    { name: "first", buffer: moments.first },
    { name: "second", buffer: moments.second },
  ];
}

/** One tensor that is trained: f32, with its gradient and AdamW's two moments beside it. */
export interface Parameter {
  /** `blk.0.attn_q.weight`, with `.lora_a` or `.lora_b` after it for an adapter's halves. */
  readonly name: string;
  /** f32s, a multiple of 4: what pads it is zero and stays so. */
  readonly count: number;
  /** Without what pads it. */
  readonly values: number;
  readonly decays: boolean;
  readonly value: DeviceBuffer;
  readonly gradient: DeviceBuffer;
  readonly moments: Moments;
}

/** An adapter of one matrix: W + scale · B · A. */
export interface LowRank {
  /** As asked for. */
  readonly rank: number;
  /** Rounded up to a multiple of 4. */
  readonly paddedRank: number;
  readonly scale: number;
  /** `[paddedRank, k]` in panels of 4 rows. */
  readonly a: Parameter;
  /** `[n, paddedRank]` row by row. */
  readonly b: Parameter;
}

/** Every trained tensor, and the step that changes them. */
export class Parameters {
  readonly list: Parameter[] = [];
  readonly #device: Device;
  readonly #kind: MomentsKind;
  readonly #step: (recorder: Recorder, parameter: Parameter) => void;
  readonly #squares: SumSquares;
  readonly #hyper: DeviceBuffer;
  #norms: { buffer: DeviceBuffer; recording: Recording; parts: number } | undefined;
  #update: Recording | undefined;

  constructor(ops: OpSet, kind: MomentsKind) {
    this.#device = ops.device;
    this.#kind = kind;
    this.#squares = new SumSquares(ops);
    const hyper = ops.device.createBuffer(adamWHyperBytes, "hyperparameters");
    this.#hyper = hyper;
    const [exact, packed] = kind === "f32" ? [new AdamW(ops), undefined] : [undefined, new PackedAdamW(ops)];
    this.#step = (recorder, { moments, ...parameter }) => {
      if (moments.kind === "packed") packed?.record(recorder, { hyper, ...parameter, moments: moments.packed });
      else exact?.record(recorder, { hyper, ...parameter, first: moments.first, second: moments.second });
    };
  }

  /** Bytes of values, gradients and moments. */
  get bytes(): number {
    const sizes = this.list.map(({ count, moments }) =>
      momentBuffers(moments).reduce((sum, { buffer }) => sum + buffer.size, count * 8),
    );
    return sizes.reduce((sum, size) => sum + size, 0);
  }

  /** Values that are trained. */
  get trainedValues(): number {
    return this.list.reduce((sum, { values }) => sum + values, 0);
  }

  /** @param value that of a weight of the model; without it a new tensor of zeros. */
  add(name: string, count: number, values: number, decays: boolean, value?: DeviceBuffer): Parameter {
    const make = (part: string, bytes = count * 4) => this.#device.createBuffer(bytes, `${name} ${part}`);
    const moments: Moments =
      this.#kind === "f32"
        ? { kind: "f32", first: make("first moment"), second: make("second moment") }
        : { kind: "packed", packed: make("moments", packedMomentBytes(count)) };
    const parameter = {
      name,
      count,
      values,
      decays,
      value: value ?? make("value"),
      gradient: make("gradient"),
      moments,
    };
    this.list.push(parameter);
    return parameter;
  }

  /** Must be called once everything is added and compiled. */
  record(): void {
    let parts = 0;
    const firsts = this.list.map(({ count }) => {
      const first = parts;
      parts += this.#squares.parts(count);
      return first;
    });
    const buffer = this.#device.createBuffer(Math.max(4, parts * 4), "norms");
    const recording = this.#device.record("gradient norm", (recorder) => {
      this.list.forEach(({ gradient, count }, i) => {
        this.#squares.record(recorder, { x: gradient, out: buffer, first: firsts[i]!, count });
      });
    });
    this.#norms = { buffer, recording, parts };
    this.#update = this.#device.record("adamw", (recorder) => {
      for (const parameter of this.list) this.#step(recorder, parameter);
    });
  }

  /** Norm of all gradients together. */
  async gradientNorm(): Promise<number> {
    const { buffer, recording, parts } = this.#recorded(this.#norms);
    this.#device.run(recording);
    const sums = new Float32Array(await this.#device.read(buffer, 0, parts * 4));
    return Math.sqrt(sums.reduce((sum, part) => sum + part, 0));
  }

  /** One step of AdamW; gradients are zero afterwards. */
  update(step: AdamWStep): void {
    this.#device.write(this.#hyper, 0, encodeAdamW(step));
    this.#device.run(this.#recorded(this.#update));
  }

  clearGradients(): void {
    for (const { gradient, count } of this.list) this.#device.write(gradient, 0, new Float32Array(count));
  }

  /** As before the first step. */
  clearMoments({ moments }: Parameter): void {
    for (const { buffer } of momentBuffers(moments)) this.#device.write(buffer, 0, new Uint8Array(buffer.size));
  }

  destroy(): void {
    this.#hyper.destroy();
    this.#norms?.recording.destroy();
    this.#norms?.buffer.destroy();
    this.#update?.destroy();
    for (const { value, gradient, moments } of this.list) {
      for (const buffer of [value, gradient, ...momentBuffers(moments).map((one) => one.buffer)]) buffer.destroy();
    }
  }

  #recorded<T>(part: T | undefined): T {
    if (part === undefined) throw new Error("parameters are used before they were recorded");
    return part;
  }
}
