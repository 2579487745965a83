import {
  createWeight,
  type Device,
  dequantize,
  FILE_BLOCKS,
  rowBytes,
  type Weight,
  WeightPacker,
} from "@tugboat/kernels";

export type BenchType = "f16" | "q8_0" | "q4_0";

/** Rows of the file made and packed at a time: about this many bytes. */
const CHUNK = 4 << 20;

/** Repeatable words (xorshift32): fast enough to fill hundreds of megabytes. */
export class Words {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 1;
  }

  next(): number {
    let s = this.#state;
    s ^= s << 13;
    s ^= s >>> 17;
    s ^= s << 5;
    this.#state = s;
    return s >>> 0;
  }

  fill(words: Uint32Array): void {
    for (let i = 0; i < words.length; i++) words[i] = this.next();
  }

  /** In [-1, 1). */
  signed(): number {
    return (this.next() | 0) / 2 ** 31;
  }
}

/** A random weight on the device, with the rows that a check needs kept as numbers. */
export interface RandomWeight {
  readonly weight: Weight;
  /** By row: its k values. */
  readonly kept: ReadonlyMap<number, Float32Array>;
}

/** Random rows `[n, k]` as a model file has them, packed onto the device. */
export function randomWeight(
  device: Device,
  { type, n, k }: { type: BenchType; n: number; k: number },
  keep: readonly number[],
): RandomWeight {
  const weight = createWeight(device, { type, n, k }, `${type} [${n}, ${k}]`);
  const packer = new WeightPacker(device, weight);
  const bytesPerRow = rowBytes(type, k);
  const rows = Math.max(4, 4 * Math.floor(CHUNK / bytesPerRow / 4));
  const words = new Words(n * 31 + k);
  const kept = new Map<number, Float32Array>();
  const chunk = new Uint32Array((rows * bytesPerRow) / 4);
  for (let first = 0; first < n; first += rows) {
    words.fill(chunk);
    const bytes = new Uint8Array(chunk.buffer, 0, Math.min(rows, n - first) * bytesPerRow);
    tame(type, bytes);
    packer.write(bytes);
    for (const row of keep) {
      if (row < first || row >= first + rows) continue;
      const values = new Float32Array(k);
      dequantize(type, bytes.slice((row - first) * bytesPerRow, (row - first + 1) * bytesPerRow), values);
      kept.set(row, values);
    }
  }
  return { weight, kept };
}

/** Random bits as halves may be infinite or NaN: gives weights, or the scales of blocks, magnitudes of 1/8 to 2. */
function tame(type: BenchType, bytes: Uint8Array): void {
  const step = FILE_BLOCKS[type].bytes;
  // The high byte of a half: sign, 5 bits of exponent (12 to 15 of them here), 2 bits of mantissa.
  for (let at = 1; at < bytes.length; at += step) bytes[at] = ((bytes[at] ?? 0) & 0b1_00011_11) | 0b0_01100_00;
}

/** Copies of a weight made on the device, so that together they exceed its caches. */
export async function copyWeight(device: Device, weight: Weight, copies: number): Promise<Weight[]> {
  const made: Weight[] = [];
  try {
    for (let i = 0; i < copies; i++) made.push(createWeight(device, weight, `${weight.label} copy ${i + 1}`));
    const recording = device.record("copies", (recorder) => {
      for (const { quants, scales } of made) {
        recorder.copy(weight.quants, 0, quants, 0, quants.size);
        if (weight.scales !== undefined && scales !== undefined)
          recorder.copy(weight.scales, 0, scales, 0, scales.size);
      }
    });
    device.run(recording);
    await device.finish();
    recording.destroy();
    return made;
  } catch (error) {
    for (const copy of made) copy.destroy();
    throw error;
  }
}
