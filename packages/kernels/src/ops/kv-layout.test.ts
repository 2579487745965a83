import { describe, expect, it } from "vitest";
import {
  type KvElement,
  type KvShape,
  keyElement,
  keyScale,
  kvCacheBytes,
  valueElement,
  valueScale,
} from "./kv-layout.ts";

const shapes: readonly KvShape[] = [
  { kvHeads: 2, headDim: 12, blockSize: 8, blocks: 3, type: "f16" },
  { kvHeads: 3, headDim: 16, blocks: 2, type: "f16" },
  { kvHeads: 2, headDim: 20, blockSize: 4, blocks: 3, type: "f32" },
  { kvHeads: 2, headDim: 20, blockSize: 8, blocks: 3, type: "q8_0" },
  { kvHeads: 1, headDim: 160, blocks: 2, type: "q8_0" },
];

describe("kv layout", () => {
  it.each(shapes)("gives every element its own place inside the buffer: %o", (shape) => {
    const { kvHeads, headDim, blockSize = 16, blocks } = shape;
    const sizes = kvCacheBytes(shape);
    for (const [place, scale, bytes] of [
      [keyElement, keyScale, sizes.keys],
      [valueElement, valueScale, sizes.values],
    ] as const) {
      const seen = new Set<string>();
      const scales = new Set<number>();
      for (let slot = 0; slot < blocks * blockSize; slot++) {
        for (let head = 0; head < kvHeads; head++) {
          for (let i = 0; i < headDim; i++) {
            const { word, byte }: KvElement = place(shape, slot, head, i);
            expect(word * 4 + byte).toBeLessThan(bytes);
            seen.add(`${word}.${byte}`);
            if (shape.type === "q8_0") scales.add(scale(shape, slot, head, i));
          }
        }
      }
      const places = new Set([...seen].map((where) => Number.parseInt(where, 10)));
      for (const word of scales) {
        expect(places.has(word)).toBe(false);
        expect(word * 4).toBeLessThan(bytes);
      }
      if (shape.type === "q8_0") expect(scales.size).toBe(blocks * blockSize * kvHeads * Math.ceil(headDim / 32));
      expect(seen.size).toBe(blocks * blockSize * kvHeads * headDim);
    }
  });

  it.each(shapes)("keeps a block contiguous: %o", (shape) => {
    const { kvHeads, headDim, blockSize = 16, blocks } = shape;
    const sizes = kvCacheBytes(shape);
    for (const [place, bytes] of [
      [keyElement, sizes.keys],
      [valueElement, sizes.values],
    ] as const) {
      for (let slot = 0; slot < blocks * blockSize; slot++) {
        const { word } = place(shape, slot, kvHeads - 1, headDim - 1);
        expect(Math.floor((word * 4) / (bytes / blocks))).toBe(Math.floor(slot / blockSize));
      }
    }
  });
});
