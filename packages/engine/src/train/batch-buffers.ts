import type { Device, DeviceBuffer } from "@tugboat/kernels";
import type { BatchShape } from "./tensors.ts";

/** A micro-batch as the device gets it. Arrays are as long as its shape says. */
export interface BatchInput {
  readonly shape: BatchShape;
  readonly tokens: Uint32Array<ArrayBuffer>;
  /** Of each row in its text. */
  readonly positions: Uint32Array<ArrayBuffer>;
  /** `[rows, 2]`: first row of the row's text, and the row after its last. */
  readonly segments: Uint32Array<ArrayBuffer>;
  /** `[rows, 2]`: rows of its text that a row does not see; see `packQuestions`. */
  readonly hidden: Uint32Array<ArrayBuffer>;
  /** Rows that have a loss, the token that each should predict, and the other way: which loss row a row is. */
  readonly lossRows: Uint32Array<ArrayBuffer>;
  readonly targets: Uint32Array<ArrayBuffer>;
  readonly places: Uint32Array<ArrayBuffer>;
}

/** The device's copy of a micro-batch. */
export class BatchBuffers {
  readonly tokens: DeviceBuffer;
  readonly positions: DeviceBuffer;
  readonly segments: DeviceBuffer;
  readonly hidden: DeviceBuffer;
  readonly lossRows: DeviceBuffer;
  readonly targets: DeviceBuffer;
  readonly places: DeviceBuffer;
  /** `[lossRows]` f32: minus the loss's derivative by each row's log-probability. */
  readonly weights: DeviceBuffer;
  readonly logprobs: DeviceBuffer;
  /** The batch's tokens, each once, with their rows: see `EmbedBack`. */
  readonly distinct: {
    readonly count: DeviceBuffer;
    readonly tokens: DeviceBuffer;
    readonly starts: DeviceBuffer;
    readonly order: DeviceBuffer;
  };
  readonly #device: Device;

  constructor(device: Device, rows: number) {
    this.#device = device;
    const make = (words: number, label: string) => device.createBuffer(words * 4, `batch ${label}`);
    this.tokens = make(rows, "tokens");
    this.positions = make(rows, "positions");
    this.segments = make(rows * 2, "segments");
    this.hidden = make(rows * 2, "hidden rows");
    this.lossRows = make(rows, "loss rows");
    this.targets = make(rows, "targets");
    this.places = make(rows, "places");
    this.weights = make(rows, "weights");
    this.logprobs = make(rows, "logprobs");
    this.distinct = {
      count: make(1, "distinct tokens"),
      tokens: make(rows, "distinct tokens"),
      starts: make(rows + 1, "distinct starts"),
      order: make(rows, "distinct order"),
    };
  }

  write(input: BatchInput, needsDistinct: boolean): void {
    const { tokens, positions, segments, hidden, lossRows, targets, places } = input;
    for (const [buffer, data] of [
      [this.tokens, tokens],
      [this.positions, positions],
      [this.segments, segments],
      [this.hidden, hidden],
      [this.lossRows, lossRows],
      [this.targets, targets],
      [this.places, places],
    ] as const) {
      this.#device.write(buffer, 0, data);
    }
    if (!needsDistinct) return;
    const distinct = distinctTokens(tokens);
    this.#device.write(this.distinct.count, 0, Uint32Array.of(distinct.tokens.length));
    this.#device.write(this.distinct.tokens, 0, distinct.tokens);
    this.#device.write(this.distinct.starts, 0, distinct.starts);
    this.#device.write(this.distinct.order, 0, distinct.order);
  }

  destroy(): void {
    const { tokens, positions, segments, hidden, lossRows, targets, places, weights, logprobs, distinct } = this;
    const each = [tokens, positions, segments, hidden, lossRows, targets, places, weights, logprobs];
    for (const buffer of [...each, ...Object.values(distinct)]) buffer.destroy();
  }
}

/** Rows sorted by their token, equal ones in order of rows. */
export function distinctTokens(tokens: Uint32Array) {
  const order = Uint32Array.from(tokens.keys()).sort((a, b) => tokens[a]! - tokens[b]! || a - b);
  const found: number[] = [];
  const starts: number[] = [];
  order.forEach((row, i) => {
    if (i > 0 && tokens[order[i - 1]!] === tokens[row]) return;
    found.push(tokens[row]!);
    starts.push(i);
  });
  return { tokens: Uint32Array.from(found), starts: Uint32Array.from([...starts, tokens.length]), order };
}
