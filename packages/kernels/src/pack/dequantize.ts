import { KernelError } from "../device.ts";
import { f16Table } from "./f16.ts";
import { subMin, subScale } from "./rows.ts";

/** Tensor types of model files that can be read as numbers. */
export type FileType =
  | "f32"
  | "f16"
  | "bf16"
  | "q4_0"
  | "q4_1"
  | "q5_0"
  | "q5_1"
  | "q8_0"
  | "q2_K"
  | "q3_K"
  | "q4_K"
  | "q5_K"
  | "q6_K";

type FloatType = "f32" | "f16" | "bf16";
type BlockType = Exclude<FileType, FloatType>;

/** Block of a type: inputs and bytes, as in ggml. */
export const FILE_BLOCKS: Readonly<Record<FileType, { readonly inputs: number; readonly bytes: number }>> = {
  f32: { inputs: 1, bytes: 4 },
  f16: { inputs: 1, bytes: 2 },
  bf16: { inputs: 1, bytes: 2 },
  q4_0: { inputs: 32, bytes: 18 },
  q4_1: { inputs: 32, bytes: 20 },
  q5_0: { inputs: 32, bytes: 22 },
  q5_1: { inputs: 32, bytes: 24 },
  q8_0: { inputs: 32, bytes: 34 },
  q2_K: { inputs: 256, bytes: 84 },
  q3_K: { inputs: 256, bytes: 110 },
  q4_K: { inputs: 256, bytes: 144 },
  q5_K: { inputs: 256, bytes: 176 },
  q6_K: { inputs: 256, bytes: 210 },
};

/** Reads one block at byte `at` of `b` into `out` from `to` on. `f16` is the table of halves. */
type Decode = (b: Uint8Array, at: number, out: Float32Array, to: number, f16: Float32Array) => void;

const half = (b: Uint8Array, at: number, f16: Float32Array) => f16[b[at]! | (b[at + 1]! << 8)]!;

const q8_0: Decode = (b, at, out, to, f16) => {
  const d = half(b, at, f16);
  for (let i = 0; i < 32; i++) out[to + i] = d * ((b[at + 2 + i]! << 24) >> 24);
};

/** Nibbles of 32 inputs: low ones first. value = d · nibble + offset. */
function nibbles(b: Uint8Array, at: number, d: number, offset: number, out: Float32Array, to: number): void {
  for (let i = 0; i < 16; i++) {
    out[to + i] = d * (b[at + i]! & 15) + offset;
    out[to + 16 + i] = d * (b[at + i]! >> 4) + offset;
  }
}

const q4_0: Decode = (b, at, out, to, f16) => {
  const d = half(b, at, f16);
  nibbles(b, at + 2, d, -8 * d, out, to);
};

const q4_1: Decode = (b, at, out, to, f16) => nibbles(b, at + 4, half(b, at, f16), half(b, at + 2, f16), out, to);

/** As `nibbles`, with a fifth bit from the 32 bits at `high`. */
function fiveBits(b: Uint8Array, high: number, d: number, offset: number, out: Float32Array, to: number): void {
  for (let i = 0; i < 16; i++) {
    const q = b[high + 4 + i]!;
    const low5 = ((b[high + (i >> 3)]! >> (i & 7)) & 1) << 4;
    const high5 = ((b[high + 2 + (i >> 3)]! >> (i & 7)) & 1) << 4;
    out[to + i] = d * ((q & 15) | low5) + offset;
    out[to + 16 + i] = d * ((q >> 4) | high5) + offset;
  }
}

const q5_0: Decode = (b, at, out, to, f16) => {
  const d = half(b, at, f16);
  fiveBits(b, at + 2, d, -16 * d, out, to);
};

const q5_1: Decode = (b, at, out, to, f16) => fiveBits(b, at + 4, half(b, at, f16), half(b, at + 2, f16), out, to);

/** 16 sub-blocks of 16: byte j of scales has the scale (low) and the minimum (high nibble). */
const q2_K: Decode = (b, at, out, to, f16) => {
  const d = half(b, at + 80, f16);
  const dMin = half(b, at + 82, f16);
  for (let j = 0; j < 16; j++) {
    const scale = d * (b[at + j]! & 15);
    const minimum = dMin * (b[at + j]! >> 4);
    const q = at + 16 + 32 * (j >> 3) + 16 * (j & 1);
    const shift = 2 * ((j >> 1) & 3);
    for (let i = 0; i < 16; i++) out[to + 16 * j + i] = scale * ((b[q + i]! >> shift) & 3) - minimum;
  }
};

/** 16 sub-blocks of 16 with 6-bit scales; the third bit lies in the mask, and is subtracted where it is clear. */
const q3_K: Decode = (b, at, out, to, f16) => {
  const d = half(b, at + 108, f16);
  const scales = at + 96;
  for (let j = 0; j < 16; j++) {
    const low = (b[scales + (j & 7)]! >> (j < 8 ? 0 : 4)) & 15;
    const high = (b[scales + 8 + (j & 3)]! >> (2 * (j >> 2))) & 3;
    const scale = d * ((low | (high << 4)) - 32);
    const q = at + 32 + 32 * (j >> 3) + 16 * (j & 1);
    const mask = at + 16 * (j & 1);
    const shift = 2 * ((j >> 1) & 3);
    const bit = j >> 1;
    for (let i = 0; i < 16; i++) {
      const missing = (b[mask + i]! >> bit) & 1 ? 0 : 4;
      out[to + 16 * j + i] = scale * (((b[q + i]! >> shift) & 3) - missing);
    }
  }
};

const q4_K: Decode = (b, at, out, to, f16) => {
  const d = half(b, at, f16);
  const dMin = half(b, at + 2, f16);
  for (let j = 0; j < 8; j++) {
    const scale = d * subScale(b, at + 4, j);
    const minimum = dMin * subMin(b, at + 4, j);
    const q = at + 16 + 32 * (j >> 1);
    const shift = 4 * (j & 1);
    for (let i = 0; i < 32; i++) out[to + 32 * j + i] = scale * ((b[q + i]! >> shift) & 15) - minimum;
  }
};

const q5_K: Decode = (b, at, out, to, f16) => {
  const d = half(b, at, f16);
  const dMin = half(b, at + 2, f16);
  for (let j = 0; j < 8; j++) {
    const scale = d * subScale(b, at + 4, j);
    const minimum = dMin * subMin(b, at + 4, j);
    const q = at + 48 + 32 * (j >> 1);
    const shift = 4 * (j & 1);
    for (let i = 0; i < 32; i++) {
      const fifth = ((b[at + 16 + i]! >> j) & 1) << 4;
      out[to + 32 * j + i] = scale * (((b[q + i]! >> shift) & 15) | fifth) - minimum;
    }
  }
};

const q6_K: Decode = (b, at, out, to, f16) => {
  const d = half(b, at + 208, f16);
  for (let j = 0; j < 8; j++) {
    const [low, high] = [at + 64 * (j >> 2) + 32 * (j & 1), at + 128 + 32 * (j >> 2)];
    const [lowShift, highShift] = [4 * ((j >> 1) & 1), 2 * (j & 3)];
    for (let i = 0; i < 32; i++) {
      const scale = d * ((b[at + 192 + 2 * j + (i >> 4)]! << 24) >> 24);
      const q = ((b[low + i]! >> lowShift) & 15) | (((b[high + i]! >> highShift) & 3) << 4);
      out[to + 32 * j + i] = scale * (q - 32);
    }
  }
};

const DECODERS: Readonly<Record<BlockType, Decode>> = {
  q4_0,
  q4_1,
  q5_0,
  q5_1,
  q8_0,
  q2_K,
  q3_K,
  q4_K,
  q5_K,
  q6_K,
};

/**
 * Whole blocks of a model file as f32. `into` has room for all of them.
 * @throws KernelError (`shape`) when it has not, or when a block is cut off.
 */
export function dequantize(type: FileType, bytes: Uint8Array, into: Float32Array): void {
  const { inputs, bytes: blockBytes } = FILE_BLOCKS[type];
  const blocks = bytes.length / blockBytes;
  if (!Number.isInteger(blocks) || blocks * inputs > into.length) {
    throw new KernelError("shape", `${bytes.length} bytes of ${type} do not fit ${into.length} values`);
  }
  if (type === "f32" || type === "f16" || type === "bf16") {
    widen(type, bytes, blocks, into);
    return;
  }
  const decode = DECODERS[type];
  const table = f16Table();
  for (let block = 0; block < blocks; block++) decode(bytes, block * blockBytes, into, block * inputs, table);
}

function widen(type: FloatType, bytes: Uint8Array, count: number, into: Float32Array): void {
  if (type === "f32") {
    new Uint8Array(into.buffer, into.byteOffset, bytes.length).set(bytes);
    return;
  }
  const aligned = bytes.byteOffset % 2 === 0 ? bytes : bytes.slice();
  const halves = new Uint16Array(aligned.buffer, aligned.byteOffset, count);
  if (type === "f16") {
    const table = f16Table();
    for (let i = 0; i < count; i++) into[i] = table[halves[i]!]!;
    return;
  }
  const words = new Uint32Array(into.buffer, into.byteOffset, count);
  for (let i = 0; i < count; i++) words[i] = halves[i]! << 16;
}
