import type { RopeStyle } from "../ops/rope-table.ts";

/** Cosines and sines `[positions, dimensions/2, 2]` for the usual frequencies base^(−2i/dimensions). */
export function ropeAngles(positions: number, dimensions: number, base = 10_000): Float32Array<ArrayBuffer> {
  const pairs = dimensions / 2;
  const table = new Float32Array(positions * dimensions);
  for (let position = 0; position < positions; position++) {
    for (let i = 0; i < pairs; i++) {
      const angle = position * base ** ((-2 * i) / dimensions);
      table[position * dimensions + 2 * i] = Math.cos(angle);
      table[position * dimensions + 2 * i + 1] = Math.sin(angle);
    }
  }
  return table;
}

/** Turns one head. `angles` is `[dimensions/2, 2]`; inputs past `dimensions` stay. */
export function rotate(head: ArrayLike<number>, angles: ArrayLike<number>, style: RopeStyle): Float64Array {
  const pairs = angles.length / 2;
  const turned = Float64Array.from(head);
  for (let i = 0; i < pairs; i++) {
    const [a, b] = style === "halves" ? [i, i + pairs] : [2 * i, 2 * i + 1];
    const [cosine, sine] = [angles[2 * i]!, angles[2 * i + 1]!];
    turned[a] = head[a]! * cosine - head[b]! * sine;
    turned[b] = head[b]! * cosine + head[a]! * sine;
  }
  return turned;
}
