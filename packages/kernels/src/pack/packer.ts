import { type Device, KernelError } from "../device.ts";
import { rowBytes, WEIGHT_FORMATS, type Weight } from "../ops/weight.ts";
import { type PanelTarget, ROW_PACKERS, type RowSource } from "./rows.ts";

/** Output bytes gathered before one write to the device. */
const CHUNK = 1 << 20;

export interface PackerOptions {
  /** Which half of a gated pair the rows belong to. */
  readonly part?: "gate" | "up";
  /** Where the first row goes, a multiple of 4: several tensors (q, k, v) can share one weight. Default 0. */
  readonly firstRow?: number;
  /** How many rows will come. Default: all of the weight from `firstRow` on. */
  readonly rows?: number;
}

/**
 * Streams rows of a model file (GGUF blocks, or row-major f32, f16, bf16; little-endian) into a weight.
 * Host memory: one chunk of about 1 MiB.
 */
export class WeightPacker {
  readonly #device: Device;
  readonly #weight: Weight;
  readonly #rowBytes: number;
  readonly #quantWords: number;
  readonly #scaleWords: number;
  readonly #panelsPerChunk: number;
  readonly #firstPanel: number;
  /** Distance between consecutive panels of these rows: 2 in a gated pair. */
  readonly #step: number;
  readonly #rows: number;
  readonly #target: PanelTarget;
  #done = 0;

  /** @throws KernelError (`shape`) when the rows do not fit the weight. */
  constructor(device: Device, weight: Weight, options: PackerOptions = {}) {
    const { part, firstRow = 0, rows = weight.n - firstRow } = options;
    if (firstRow % 4 !== 0 || firstRow < 0 || firstRow + rows > weight.n || weight.gated !== (part !== undefined)) {
      throw new KernelError(
        "shape",
        `rows ${firstRow}..${firstRow + rows} do not fit ${weight.label} of ${weight.n} rows${weight.gated ? ", a gated pair" : ""}`,
        "The first row is a multiple of 4; a gated pair takes rows for its gate or up part, other weights have no parts.",
      );
    }
    const format = WEIGHT_FORMATS[weight.type];
    const blocks = weight.k / format.inputs;
    this.#device = device;
    this.#weight = weight;
    this.#rows = rows;
    this.#rowBytes = rowBytes(weight.type, weight.k);
    this.#quantWords = blocks * format.quantWords;
    this.#scaleWords = blocks * format.scaleWords;
    this.#step = weight.gated ? 2 : 1;
    this.#firstPanel = (firstRow / 4) * this.#step + (part === "up" ? 1 : 0);
    // Panels of a gated pair are not neighbours, so each is a write of its own.
    this.#panelsPerChunk = weight.gated ? 1 : Math.max(1, Math.floor(CHUNK / (this.#quantWords * 4)));
    const scales = new Uint32Array(this.#panelsPerChunk * this.#scaleWords);
    this.#target = {
      quants: new Uint32Array(this.#panelsPerChunk * this.#quantWords),
      scales,
      scales16: new Uint16Array(scales.buffer),
      quantsAt: 0,
      scalesAt: 0,
    };
  }

  /** Rows written so far. */
  get done(): number {
    return this.#done;
  }

  /**
   * Takes the next rows, whole ones; every call but the last brings a multiple of 4.
   * @throws KernelError (`shape`) for a broken row, too many rows, or more rows after an unfinished panel.
   */
  write(bytes: Uint8Array): void {
    const rows = bytes.length / this.#rowBytes;
    if (!Number.isInteger(rows) || this.#done % 4 !== 0 || this.#done + rows > this.#rows) {
      throw new KernelError(
        "shape",
        `${this.#weight.label}: ${bytes.length} bytes after ${this.#done} of ${this.#rows} rows of ${this.#rowBytes} bytes`,
        "Bring whole rows, 4 or a multiple of 4 at a time; only the last call may bring fewer.",
      );
    }
    const source = viewsOf(bytes);
    for (let row = 0; row < rows; row += this.#panelsPerChunk * 4) {
      this.#writeChunk(source, row, Math.min(this.#panelsPerChunk * 4, rows - row));
    }
    this.#done += rows;
  }

  #writeChunk(source: RowSource, first: number, count: number): void {
    const { k, type, quants, scales } = this.#weight;
    const target = this.#target;
    const packRow = ROW_PACKERS[type];
    const panels = Math.ceil(count / 4);
    if (count % 4 !== 0) {
      target.quants.fill(0);
      target.scales.fill(0);
    }
    for (let i = 0; i < count; i++) {
      target.quantsAt = (i >> 2) * this.#quantWords;
      target.scalesAt = (i >> 2) * this.#scaleWords;
      packRow(source, (first + i) * this.#rowBytes, k, i & 3, target);
    }
    const panel = this.#firstPanel + ((this.#done + first) / 4) * this.#step;
    const { quants: packed, scales: packedScales } = target;
    this.#device.write(quants, panel * this.#quantWords * 4, packed.subarray(0, panels * this.#quantWords));
    if (scales !== undefined) {
      this.#device.write(scales, panel * this.#scaleWords * 4, packedScales.subarray(0, panels * this.#scaleWords));
    }
  }
}

/** Views need aligned memory: bytes that start elsewhere are copied. */
function viewsOf(bytes: Uint8Array): RowSource {
  const u8 = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  return {
    u8,
    u16: new Uint16Array(u8.buffer, u8.byteOffset, u8.byteLength >> 1),
    u32: new Uint32Array(u8.buffer, u8.byteOffset, u8.byteLength >> 2),
  };
}
