import type { ByteSource, TensorInfo } from "../types.ts";

/** What a random tensor's values are drawn around, and how far they stray. */
export interface Spread {
  readonly mean: number;
  readonly deviation: number;
}

/**
 * An f32 tensor whose values are made when they are read: value i depends on the seed, the name and i alone. So a model
 * of any size needs no memory, and every reader sees the same one.
 */
export function randomTensor(name: string, shape: readonly number[], seed: number, spread: Spread): TensorInfo {
  const bytes = shape.reduce((product, extent) => product * extent, 4);
  return {
    name,
    type: "f32",
    shape,
    source: randomSource(name, bytes, hashName(name, seed), spread),
    offset: 0,
    bytes,
  };
}

function randomSource(name: string, size: number, seed: number, { mean, deviation }: Spread): ByteSource {
  // Two uniform halves added have a variance of 1/6 around 1.
  const scale = (deviation * Math.sqrt(6)) / 65_536;
  return {
    name,
    size,
    async read(offset, into) {
      const values = new Float32Array(into.length / 4);
      for (let i = 0; i < values.length; i++) {
        const bits = mix(seed + Math.imul(offset / 4 + i, 0x9e3779b1));
        values[i] = mean + ((bits & 0xffff) + (bits >>> 16) - 65_535) * scale;
      }
      into.set(new Uint8Array(values.buffer));
    },
  };
}

/** MurmurHash3's finaliser: every input bit changes half of the output bits. */
function mix(value: number): number {
  let bits = value | 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}

function hashName(name: string, seed: number): number {
  let hash = seed;
  for (let i = 0; i < name.length; i++) hash = mix(hash + name.charCodeAt(i) * 31 + i);
  return hash;
}
