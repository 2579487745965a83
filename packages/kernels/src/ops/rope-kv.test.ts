import { expect, it } from "vitest";
import type { Device } from "../device.ts";
import { rmsNorm } from "../reference/norm.ts";
import { ropeAngles, rotate } from "../reference/rope.ts";
import { describeOnDevices } from "../testing/devices.ts";
import { relativeError } from "../testing/error.ts";
import { type HostCache, poisonedCache, readHead } from "../testing/kv.ts";
import { Random } from "../testing/random.ts";
import { readF32, readU32, runOps, upload } from "../testing/run.ts";
import { CopyBlocks } from "./copy-blocks.ts";
import { type KvShape, NO_SLOT } from "./kv-layout.ts";
import { RopeKv } from "./rope-kv.ts";
import { arrangeRopeTable, type RopeStyle } from "./rope-table.ts";

interface Case {
  readonly name: string;
  readonly heads: number;
  readonly kv: KvShape;
  readonly rope?: { style: RopeStyle; dimensions: number };
  readonly norm?: boolean;
  readonly fused: boolean;
}

const positions = 40;
const epsilon = 1e-6;

const cases: readonly Case[] = [
  {
    name: "halves, f16, fused",
    heads: 6,
    kv: { kvHeads: 2, headDim: 16, blocks: 3, type: "f16" },
    rope: { style: "halves", dimensions: 16 },
    fused: true,
  },
  {
    name: "interleaved, f32, separate",
    heads: 4,
    kv: { kvHeads: 4, headDim: 8, blockSize: 4, blocks: 7, type: "f32" },
    rope: { style: "interleaved", dimensions: 8 },
    fused: false,
  },
  {
    name: "partial halves with norms, f32, fused",
    heads: 3,
    kv: { kvHeads: 1, headDim: 96, blockSize: 8, blocks: 5, type: "f32" },
    rope: { style: "halves", dimensions: 72 },
    norm: true,
    fused: true,
  },
  {
    name: "partial interleaved with norms, f16, separate, odd head",
    heads: 2,
    kv: { kvHeads: 2, headDim: 20, blocks: 2, type: "f16" },
    rope: { style: "interleaved", dimensions: 12 },
    norm: true,
    fused: false,
  },
  {
    name: "q8_0, halves, norm",
    heads: 4,
    kv: { kvHeads: 2, headDim: 64, blocks: 3, type: "q8_0" },
    rope: { style: "halves", dimensions: 64 },
    norm: true,
    fused: true,
  },
  {
    name: "q8_0, interleaved, part of a large head",
    heads: 2,
    kv: { kvHeads: 1, headDim: 148, blocks: 2, type: "q8_0" },
    rope: { style: "interleaved", dimensions: 68 },
    fused: false,
  },
  { name: "no rope, q8_0", heads: 2, kv: { kvHeads: 2, headDim: 12, blocks: 2, type: "q8_0" }, fused: true },
  { name: "no rope, f16, fused", heads: 4, kv: { kvHeads: 2, headDim: 64, blocks: 3, type: "f16" }, fused: true },
];

/** Pieces of `[rows, widths…]`, one array per column. */
function split(rows: number, widths: readonly number[], joined: Float32Array): Float32Array[] {
  const total = widths.reduce((a, b) => a + b, 0);
  let from = 0;
  return widths.map((width) => {
    const part = new Float32Array(rows * width);
    for (let row = 0; row < rows; row++) {
      part.set(joined.subarray(row * total + from, row * total + from + width), row * width);
    }
    from += width;
    return part;
  });
}

async function downloadCache(device: Device, keys: ReturnType<typeof upload>, values: typeof keys): Promise<HostCache> {
  const [k, v] = [await device.read(keys), await device.read(values)];
  return { keys: new Uint32Array(k), values: new Uint32Array(v) };
}

describeOnDevices("rope_kv", (getDevice) => {
  it.each(cases)("$name", async ({ heads, kv, rope, norm = false, fused }) => {
    const device = getDevice();
    const random = new Random(heads * kv.headDim);
    const { kvHeads, headDim, blockSize = 16, blocks } = kv;
    const rows = 6;
    const widths = [heads * headDim, kvHeads * headDim, kvHeads * headDim];
    const joined = random.gaussians(rows * widths.reduce((a, b) => a + b, 0));
    const [q, k, v] = split(rows, widths, joined) as [Float32Array, Float32Array, Float32Array];
    const norms = random.gaussians(2 * headDim);
    const angles = rope && ropeAngles(positions, rope.dimensions);
    // Slots in no order; one row is not kept, and its position lies past the table.
    const slots = Array.from({ length: rows }, (_, i) => (i * 5 + 3) % (blockSize * blocks));
    const at = Array.from({ length: rows }, () => random.integer(0, positions - 1));
    slots[2] = NO_SLOT;
    at[2] = 1_000_000;
    const empty = poisonedCache(kv);
    const [keys, values] = [upload(device, empty.keys), upload(device, empty.values)];
    const args = {
      q: upload(device, fused ? joined : q),
      k: fused ? undefined : upload(device, k),
      v: fused ? undefined : upload(device, v),
      placements: upload(device, Uint32Array.from(slots.flatMap((slot, i) => [at[i]!, slot]))),
      table: rope && angles && upload(device, arrangeRopeTable(angles, rope.dimensions, rope.style)),
      norms: norm ? upload(device, norms) : undefined,
      keys,
      values,
      rows,
    };
    await runOps(
      device,
      (ops) =>
        new RopeKv(ops, {
          heads,
          kv,
          rope: rope && { ...rope, positions },
          norm: norm ? { epsilon } : undefined,
          fused,
        }),
      (op, recorder) => op.record(recorder, args),
    );

    const turned = (vector: Float32Array, row: number, weight: Float32Array): Float64Array => {
      const normed = norm ? rmsNorm(vector, weight, epsilon) : Float64Array.from(vector);
      if (rope === undefined || angles === undefined) return normed;
      const position = Math.min(at[row]!, positions - 1);
      return rotate(normed, angles.subarray(position * rope.dimensions, (position + 1) * rope.dimensions), rope.style);
    };
    const after = await readF32(device, args.q);
    const [actualQ] = fused ? split(rows, widths, after) : [after];
    const expectedQ = Array.from({ length: rows * heads }, (_, i) => [
      ...turned(q.subarray(i * headDim, (i + 1) * headDim), Math.floor(i / heads), norms.subarray(0, headDim)),
    ]).flat();
    expect(relativeError(actualQ!, expectedQ)).toBeLessThan(1e-6);

    const cache = await downloadCache(device, keys, values);
    const tolerance = { f16: 1e-3, f32: 1e-6, q8_0: 1e-2 }[kv.type];
    slots.forEach((slot, row) => {
      for (let head = 0; head < kvHeads && slot !== NO_SLOT; head++) {
        const from = (row * kvHeads + head) * headDim;
        const key = turned(k.subarray(from, from + headDim), row, norms.subarray(headDim));
        expect(relativeError(readHead(kv, cache, "keys", slot, head), key)).toBeLessThan(tolerance);
        const value = v.subarray(from, from + headDim);
        expect(relativeError(readHead(kv, cache, "values", slot, head), value)).toBeLessThan(tolerance);
      }
    });
    const untouched = Array.from({ length: blockSize * blocks }, (_, slot) => slot).filter((s) => !slots.includes(s));
    for (const slot of untouched) expect(readHead(kv, cache, "keys", slot, 0).every(Number.isNaN)).toBe(true);
    for (const slot of untouched) expect(readHead(kv, cache, "values", slot, 0).every(Number.isNaN)).toBe(true);
  });
});

describeOnDevices("copy_blocks", (getDevice) => {
  it("copies whole blocks and nothing else", async () => {
    const device = getDevice();
    const kv: KvShape = { kvHeads: 2, headDim: 12, blockSize: 8, blocks: 6, type: "f16" };
    const before = poisonedCache(kv);
    const fill = (_: number, i: number) => (i * 2654435761) >>> 0;
    const host = { keys: before.keys.map(fill), values: before.values.map(fill) };
    const [keys, values] = [upload(device, host.keys), upload(device, host.values)];
    const pairs = upload(device, Uint32Array.of(1, 4, 0, 5, 99, 3, 2, 77));
    await runOps(
      device,
      (ops) => new CopyBlocks(ops, { kv }),
      (op, recorder) => op.record(recorder, { pairs, keys, values, count: 4 }),
    );
    for (const [buffer, words] of [
      [keys, host.keys],
      [values, host.values],
    ] as const) {
      const expected = words.slice();
      const size = words.length / kv.blocks;
      expected.copyWithin(4 * size, size, 2 * size);
      expected.copyWithin(5 * size, 0, size);
      expect(await readU32(device, buffer)).toEqual(expected);
    }
  });
});
