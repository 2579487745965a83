import { WEIGHT_FORMATS, type WeightType } from "../ops/weight.ts";
import { f16ToF32 } from "../pack/f16.ts";

/** A weight's buffers, read back. */
export interface PanelMemory {
  readonly type: WeightType;
  readonly k: number;
  readonly quants: Uint32Array;
  readonly scales: Uint32Array;
}

const word = new Uint32Array(1);
const float = new Float32Array(word.buffer);

function asFloat(bits: number): number {
  word[0] = bits;
  return float[0]!;
}

const byte = (value: number, i: number) => (value >>> (8 * i)) & 255;
const signed = (value: number) => (value << 24) >> 24;

/** The weight of input `i` in lane `lane` of a panel, told step by step from the layout that `WEIGHT_FORMATS` describes. */
export function readPanel({ type, k, quants, scales }: PanelMemory, panel: number, lane: number, i: number): number {
  const { inputs, quantWords, scaleWords } = WEIGHT_FORMATS[type];
  const block = panel * (k / inputs) + Math.floor(i / inputs);
  const at = i % inputs;
  const q = (element: number) => quants[block * quantWords + element * 4 + lane]!;
  const s = (element: number) => scales[block * scaleWords + element * 4 + lane]!;
  const halfScale = () => f16ToF32(scales[block * scaleWords + (lane >> 1)]! >>> (16 * (lane & 1)));
  switch (type) {
    case "f32":
      return asFloat(q(at));
    case "f16":
      return f16ToF32(q(at >> 1) >>> (16 * (at & 1)));
    case "bf16":
      return asFloat((q(at >> 1) >>> (16 * (at & 1))) << 16);
    case "q8_0":
      return halfScale() * signed(byte(q(at >> 2), at & 3));
    case "q4_0": {
      const pair = byte(q((at & 15) >> 2), at & 3);
      return halfScale() * ((at < 16 ? pair & 15 : pair >> 4) - 8);
    }
    case "q4_K": {
      const [group, high, within] = [at >> 6, (at >> 5) & 1, at & 31];
      const pair = byte(q(group * 8 + (within >> 2)), within & 3);
      const factors = s(1 + group);
      const nibble = high === 0 ? pair & 15 : pair >> 4;
      return f16ToF32(s(0)) * byte(factors, high) * nibble - f16ToF32(s(0) >>> 16) * byte(factors, 2 + high);
    }
    case "q6_K": {
      const [half, run, h, within] = [at >> 7, (at >> 5) & 3, (at >> 4) & 1, at & 15];
      const element = ((2 * half + h) * 4 + (within >> 2)) * 3;
      const pair = byte(q(element + (run & 1)), within & 3);
      const low = run < 2 ? pair & 15 : pair >> 4;
      const high = (byte(q(element + 2), within & 3) >> (2 * run)) & 3;
      const scale = signed(byte(s(1 + (at >> 6)), (at >> 4) & 3));
      return f16ToF32(s(0)) * scale * ((low | (high << 4)) - 32);
    }
  }
}
