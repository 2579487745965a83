import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import type { Device } from "../device.ts";
import { openCpuDevice } from "../node/index.ts";
import { createWeight, panelCount, rowBytes, WEIGHT_FORMATS, type WeightType } from "../ops/weight.ts";
import { type PanelMemory, readPanel } from "../testing/panels.ts";
import { Random } from "../testing/random.ts";
import { randomRows } from "../testing/weights.ts";
import { WeightPacker } from "./packer.ts";

const TYPES = ["f32", "f16", "bf16", "q8_0", "q4_0", "q4_K", "q6_K"] as const;

describe("WeightPacker", () => {
  let device: Device;
  beforeAll(async () => {
    device = await openCpuDevice({ threads: 1 });
  });

  async function readBack(weight: ReturnType<typeof createWeight>): Promise<PanelMemory> {
    const quants = new Uint32Array(await device.read(weight.quants));
    const scales = weight.scales === undefined ? new Uint32Array(0) : new Uint32Array(await device.read(weight.scales));
    return { type: weight.type, k: weight.k, quants, scales };
  }

  it.each(TYPES)("%s rows in any chunks come out where the layout says", async (type) => {
    const step = WEIGHT_FORMATS[type].inputs;
    const shape = fc.record({
      n: fc.integer({ min: 1, max: 23 }),
      blocks: fc.integer({ min: 1, max: 3 }),
      chunk: fc.integer({ min: 1, max: 6 }).map((panels) => panels * 4),
      seed: fc.nat(),
      misaligned: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(shape, async ({ n, blocks, chunk, seed, misaligned }) => {
        const k = step * blocks;
        const { bytes, values } = randomRows(new Random(seed), type, n, k);
        const weight = createWeight(device, { type, n, k }, "packed");
        const source = misaligned ? shifted(bytes) : bytes;
        const packer = new WeightPacker(device, weight);
        const perChunk = rowBytes(type, k) * chunk;
        for (let at = 0; at < source.length; at += perChunk) packer.write(source.subarray(at, at + perChunk));
        expect(packer.done).toBe(n);
        const memory = await readBack(weight);
        for (let row = 0; row < n; row++) {
          for (let i = 0; i < k; i++) {
            const value = values[row * k + i]!;
            expect(readPanel(memory, row >> 2, row & 3, i)).toBeCloseTo(value, 5);
          }
        }
        for (let row = n; row < panelCount(weight) * 4; row++) {
          for (let i = 0; i < k; i++) expect(readPanel(memory, row >> 2, row & 3, i) === 0).toBe(true);
        }
        weight.destroy();
      }),
      { numRuns: 12 },
    );
  });

  it("lets several tensors share a weight, each at its first row", async () => {
    const [k, random] = [64, new Random(3)];
    const parts = [8, 4, 6].map((n) => ({ n, ...randomRows(random, "q8_0", n, k) }));
    const weight = createWeight(device, { type: "q8_0", n: 18, k }, "qkv");
    let firstRow = 0;
    for (const { n, bytes } of parts) {
      new WeightPacker(device, weight, { firstRow, rows: n }).write(bytes);
      firstRow += n;
    }
    const memory = await readBack(weight);
    const all = parts.flatMap(({ values }) => [...values]);
    all.forEach((value, at) => {
      const row = Math.floor(at / k);
      expect(readPanel(memory, row >> 2, row & 3, at % k)).toBeCloseTo(value, 5);
    });
  });

  it("alternates the panels of a gated pair", async () => {
    const [n, k, random] = [10, 32, new Random(4)];
    const [gate, up] = [randomRows(random, "q4_0", n, k), randomRows(random, "q4_0", n, k)];
    const weight = createWeight(device, { type: "q4_0", n, k, gated: true }, "gate and up");
    new WeightPacker(device, weight, { part: "gate" }).write(gate.bytes);
    new WeightPacker(device, weight, { part: "up" }).write(up.bytes);
    const memory = await readBack(weight);
    for (let row = 0; row < n; row++) {
      const panel = 2 * (row >> 2);
      expect(readPanel(memory, panel, row & 3, 7)).toBeCloseTo(gate.values[row * k + 7]!, 5);
      expect(readPanel(memory, panel + 1, row & 3, 7)).toBeCloseTo(up.values[row * k + 7]!, 5);
    }
  });

  it("refuses broken rows, too many rows, rows after an unfinished panel, and parts that a weight has not", () => {
    const weight = createWeight(device, { type: "q8_0", n: 10, k: 32 }, "small");
    const packer = new WeightPacker(device, weight);
    const row = (count: number) => new Uint8Array(34 * count);
    expect(() => packer.write(new Uint8Array(33))).toThrow(/whole rows|33 bytes/);
    expect(() => packer.write(row(12))).toThrow(/after 0 of 10 rows/);
    packer.write(row(5));
    expect(() => packer.write(row(4))).toThrow(/after 5 of 10 rows/);
    expect(() => new WeightPacker(device, weight, { firstRow: 8, rows: 4 })).toThrow(/do not fit/);
    expect(() => new WeightPacker(device, weight, { firstRow: 3 })).toThrow(/do not fit/);
    expect(() => new WeightPacker(device, weight, { part: "gate" })).toThrow(/do not fit/);
  });

  it("keeps the memory of the file within 5 %", () => {
    const k = 2048;
    for (const type of TYPES) {
      const weight = createWeight(device, { type, n: 64, k }, type);
      expect(weight.bytes / (64 * rowBytes(type, k))).toBeLessThan(1.05);
      weight.destroy();
    }
  });

  it("refuses inputs that are no whole blocks", () => {
    const wrong: readonly [WeightType, number][] = [
      ["q8_0", 48],
      ["q4_K", 128],
      ["f32", 6],
      ["f16", 0],
    ];
    for (const [type, k] of wrong) {
      expect(() => createWeight(device, { type, n: 4, k }, "w")).toThrow(/multiple of/);
    }
  });
});

/** The same bytes at an odd address. */
function shifted(bytes: Uint8Array): Uint8Array {
  const memory = new Uint8Array(bytes.length + 1);
  memory.set(bytes, 1);
  return memory.subarray(1);
}
