import { checkShape } from "./op.ts";

/** Which inputs of a head turn together: `i` and `i + dimensions/2`, or `2i` and `2i + 1`. */
export type RopeStyle = "halves" | "interleaved";

/** f32s of a table for so many positions. */
export function ropeTableSize(positions: number, dimensions: number, style: RopeStyle): number {
  return positions * dimensions * (style === "halves" ? 1 : 2);
}

/**
 * Arranges cosines and sines for the `rope_kv` kernel, which turns 4 inputs at a time.
 *
 * @param table `[positions, dimensions/2, 2]`, cosine first.
 * @returns per position, for `halves`: dimensions/2 cosines, then dimensions/2 sines; for `interleaved`: every cosine
 *   twice, then for every pair (−sine, sine).
 * @throws KernelError (`shape`) when the length is no whole number of positions.
 */
export function arrangeRopeTable(table: Float32Array, dimensions: number, style: RopeStyle): Float32Array<ArrayBuffer> {
  checkShape(
    dimensions > 0 && table.length % dimensions === 0,
    "rope table",
    `${table.length} values, rows of ${dimensions}`,
  );
  const positions = table.length / dimensions;
  const out = new Float32Array(ropeTableSize(positions, dimensions, style));
  const pairs = dimensions / 2;
  for (let position = 0; position < positions; position++) {
    for (let i = 0; i < pairs; i++) {
      const cosine = table[position * dimensions + 2 * i]!;
      const sine = table[position * dimensions + 2 * i + 1]!;
      if (style === "halves") {
        out[position * dimensions + i] = cosine;
        out[position * dimensions + pairs + i] = sine;
      } else {
        const at = position * 2 * dimensions + 2 * i;
        out[at] = cosine;
        out[at + 1] = cosine;
        out[at + dimensions] = -sine;
        out[at + dimensions + 1] = sine;
      }
    }
  }
  return out;
}
