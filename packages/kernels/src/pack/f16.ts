/** IEEE half precision, for Node 20, which has no Float16Array. */

const floats = new Float32Array(1);
const bits = new Uint32Array(floats.buffer);

let halves: Float32Array | undefined;

/** Every f16 as f32, by its 16 bits. */
export function f16Table(): Float32Array {
  halves ??= Float32Array.from({ length: 65536 }, (_, half) => decode(half));
  return halves;
}

function decode(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 31;
  const fraction = half & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** The 16 bits of an f16, as f32. */
export function f16ToF32(half: number): number {
  return f16Table()[half & 0xffff]!;
}

/** The nearest f16's 16 bits, ties to even. */
export function f32ToF16(value: number): number {
  floats[0] = value;
  return roundToHalf(bits[0]!);
}

/** The same from the bits of an f32. */
export function roundToHalf(word: number): number {
  const sign = (word >>> 16) & 0x8000;
  const magnitude = word & 0x7fffffff;
  if (magnitude >= 0x47800000) return magnitude > 0x7f800000 ? sign | 0x7e00 : sign | 0x7c00;
  if (magnitude < 0x38800000) {
    // Subnormal: adding 0.5 aligns the fraction so that the FPU rounds it.
    bits[0] = magnitude;
    floats[0] = floats[0]! + 0.5;
    return sign | (bits[0]! - 0x3f000000);
  }
  const odd = (magnitude >>> 13) & 1;
  return sign | ((magnitude - 0x38000000 + 0xfff + odd) >>> 13);
}

/** The nearest bfloat16's 16 bits, ties to even, from the bits of an f32. */
export function roundToBrain(word: number): number {
  if ((word & 0x7fffffff) > 0x7f800000) return (word >>> 16) | 0x40;
  return (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
}
