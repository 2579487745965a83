import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { attentionTiles } from "./attention-tiles.ts";

describe("attentionTiles", () => {
  it("covers every row once, in tiles of one sequence", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 8 }),
        fc.integer({ min: 1, max: 16 }),
        (rows, most) => {
          const tiles = attentionTiles(rows, most);
          const owner = rows.flatMap((count, sequence) => Array<number>(count).fill(sequence));
          const covered: number[] = [];
          for (let i = 0; i < tiles.length; i += 4) {
            const [first, count, sequence] = [tiles[i]!, tiles[i + 1]!, tiles[i + 2]!];
            expect(count).toBeGreaterThan(0);
            expect(count).toBeLessThanOrEqual(most);
            for (let row = first; row < first + count; row++) {
              expect(owner[row]).toBe(sequence);
              covered.push(row);
            }
          }
          expect(covered).toEqual(owner.map((_, row) => row));
        },
      ),
    );
  });

  it("fills up with empty tiles and names block tables", () => {
    expect([...attentionTiles([1, 3], 2, { count: 5, sequences: [7, 2] })]).toEqual([
      0, 1, 7, 0, 1, 2, 2, 0, 3, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ]);
  });
});
