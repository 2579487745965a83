import {
  AdamW,
  type AdamWStep,
  type Device,
  type DeviceBuffer,
  encodeAdamW,
  type OpSet,
  type Recording,
  SumSquares,
} from "@tugboat/kernels";

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
  readonly first: DeviceBuffer;
  readonly second: DeviceBuffer;
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
  readonly #adamW: AdamW;
  readonly #squares: SumSquares;
  readonly #hyper: DeviceBuffer;
  #norms: { buffer: DeviceBuffer; recording: Recording; parts: number } | undefined;
  #update: Recording | undefined;

  constructor(ops: OpSet) {
    this.#device = ops.device;
    this.#adamW = new AdamW(ops);
    this.#squares = new SumSquares(ops);
    this.#hyper = ops.device.createBuffer(32, "hyperparameters");
  }

  /** Bytes of values, gradients and moments. */
  get bytes(): number {
    return this.list.reduce((sum, { count }) => sum + count * 16, 0);
  }

  /** Values that are trained. */
  get trainedValues(): number {
    return this.list.reduce((sum, { values }) => sum + values, 0);
  }

  /** @param value that of a weight of the model; without it a new tensor of zeros. */
  add(name: string, count: number, values: number, decays: boolean, value?: DeviceBuffer): Parameter {
    const make = (part: string) => this.#device.createBuffer(count * 4, `${name} ${part}`);
    const parameter = {
      name,
      count,
      values,
      decays,
      value: value ?? make("value"),
      gradient: make("gradient"),
      first: make("first moment"),
      second: make("second moment"),
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
      for (const parameter of this.list) this.#adamW.record(recorder, { hyper: this.#hyper, ...parameter });
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

  destroy(): void {
    this.#hyper.destroy();
    this.#norms?.recording.destroy();
    this.#norms?.buffer.destroy();
    this.#update?.destroy();
    for (const { value, gradient, first, second } of this.list) {
      for (const buffer of [value, gradient, first, second]) buffer.destroy();
    }
  }

  #recorded<T>(part: T | undefined): T {
    if (part === undefined) throw new Error("parameters are used before they were recorded");
    return part;
  }
}
