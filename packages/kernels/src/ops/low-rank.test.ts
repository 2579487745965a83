import { expect, it } from "vitest";
import type { Device } from "../device.ts";
import { type LowRankMatrices, packLowRank } from "../pack/low-rank.ts";
import { describeOnDevices } from "../testing/devices.ts";
import { relativeError } from "../testing/error.ts";
import { Random } from "../testing/random.ts";
import { poisoned, readF32, runOps, upload } from "../testing/run.ts";
import { LowRank, type LowRankShape, lowRankUnitBytes, RANK_UNIT } from "./low-rank.ts";
import { Quantize, quantizedSize } from "./quantize.ts";

interface Adapter {
  readonly rank: number;
  readonly scale: number;
  /** undefined: a part left alone. */
  readonly parts: readonly (LowRankMatrices | undefined)[];
}

function randomAdapter(random: Random, { k, parts }: LowRankShape, rank: number, absent?: number): Adapter {
  return {
    rank,
    scale: 0.25 + random.uniform(),
    parts: parts.map((outputs, part) =>
      part === absent
        ? undefined
        : // Updates as small as those of a first training step.
          { a: random.gaussians(rank * k, 0.02), b: random.gaussians(outputs * rank, 1e-5 * (part + 1)) },
    ),
  };
}

/** Where output o of a part lies in a row of y. */
function columnOf({ alternating, parts }: LowRankShape, part: number, o: number): number {
  if (alternating) return (Math.floor(o / 4) * 2 + part) * 4 + (o % 4);
  return parts.slice(0, part).reduce((sum, rows) => sum + rows, 0) + o;
}

/** In float64: what each row's adapter adds to y. */
function expectedOf(
  shape: LowRankShape,
  x: ArrayLike<number>,
  y: Float32Array,
  adapterOf: readonly (Adapter | undefined)[],
): Float64Array {
  const n = shape.parts.reduce((sum, rows) => sum + rows, 0);
  const out = Float64Array.from(y);
  adapterOf.forEach((adapter, row) => {
    adapter?.parts.forEach((matrices, part) => {
      if (!matrices) return;
      for (let r = 0; r < adapter.rank; r++) {
        let t = 0;
        for (let i = 0; i < shape.k; i++) t += matrices.a[r * shape.k + i]! * x[row * shape.k + i]!;
        for (let o = 0; o < shape.parts[part]!; o++) {
          const at = row * n + columnOf(shape, part, o);
          out[at] = out[at]! + adapter.scale * t * matrices.b[o * adapter.rank + r]!;
        }
      }
    });
  });
  return out;
}

/** A pool of all adapters, one after another, and where each begins. */
function poolOf(device: Device, shape: LowRankShape, adapters: readonly Adapter[]) {
  const packed = adapters.map(({ parts, rank, scale }) => packLowRank(shape, rank, scale, parts));
  const units = packed.reduce((sum, one) => sum + one.units, 0);
  const bytes = lowRankUnitBytes(shape);
  const [a, b, scales] = [bytes.a, bytes.b, bytes.scales].map((size) => poisoned(device, (units * size) / 4));
  const firstUnits: number[] = [];
  let unit = 0;
  for (const one of packed) {
    firstUnits.push(unit);
    device.write(a!, unit * bytes.a, one.a);
    device.write(b!, unit * bytes.b, one.b);
    device.write(scales!, unit * bytes.scales, one.scales);
    unit += one.units;
  }
  return { a: a!, b: b!, scales: scales!, firstUnits };
}

const shapes: readonly (LowRankShape & { readonly name: string })[] = [
  { name: "one part", k: 96, parts: [44] },
  { name: "q, k and v", k: 64, parts: [64, 16, 20] },
  { name: "gate and up by turns", k: 160, parts: [36, 36], alternating: true },
];

describeOnDevices("low-rank", (getDevice) => {
  const cases = shapes.flatMap((shape) => [false, true].map((integer) => ({ ...shape, integer })));
  it.each(cases)("$name, int8 inputs $integer: each row gets its own adapter", async ({ integer, ...shape }) => {
    const device = getDevice();
    const random = new Random(shape.k + (integer ? 1 : 0));
    const adapters = [
      randomAdapter(random, shape, 8),
      randomAdapter(random, shape, 20, shape.parts.length - 1),
      randomAdapter(random, shape, 3),
    ];
    const { firstUnits, ...pool } = poolOf(device, shape, adapters);
    // Rows 0 … 8: a lone row, a full tile, one without an adapter, a tile of two, a row by itself; and a tile of nothing.
    const owners = [2, 1, 1, 1, 1, undefined, 0, 0, 2];
    const tile = (row: number, count: number, adapter: number) => [
      row,
      count,
      firstUnits[adapter]!,
      Math.ceil(adapters[adapter]!.rank / RANK_UNIT),
    ];
    const tiles = Uint32Array.from([tile(0, 1, 2), tile(1, 4, 1), tile(6, 2, 0), tile(8, 1, 2), [0, 0, 0, 0]].flat());
    const rows = owners.length;
    const n = shape.parts.reduce((sum, outputs) => sum + outputs, 0);
    const x = random.gaussians(rows * shape.k);
    const before = random.gaussians(rows * n, 1e-6);
    const y = upload(device, before);
    const maxRank = 24;
    const args = {
      ...pool,
      tiles: upload(device, tiles),
      tileCount: 5,
      t: poisoned(device, rows * shape.parts.length * maxRank),
      y,
      rows,
    };
    let values: ArrayLike<number> = x;
    const input = upload(device, x);
    if (integer) {
      const sizes = quantizedSize(rows, shape.k);
      const [xq, xs] = [poisoned(device, sizes.xq / 4), poisoned(device, sizes.xs / 4)];
      await runOps(
        device,
        (ops) => ({ quantize: new Quantize(ops, shape), op: new LowRank(ops, { ...shape, integer, maxRank }) }),
        ({ op, quantize }, recorder) => {
          quantize.record(recorder, { x: input, xq, xs, rows });
          op.record(recorder, { ...args, input: { xq, xs } });
        },
      );
      const scales = await readF32(device, xs);
      const bytes = new Int8Array(await device.read(xq));
      values = Float64Array.from(bytes, (q, i) => q * scales[Math.floor(i / 32) * 2]!);
    } else {
      await runOps(
        device,
        (ops) => new LowRank(ops, { ...shape, integer, maxRank }),
        (op, recorder) => op.record(recorder, { ...args, input: { x: input } }),
      );
    }
    const adapterOf = owners.map((owner) => (owner === undefined ? undefined : adapters[owner]));
    const got = await readF32(device, y);
    expect(relativeError(got, expectedOf(shape, values, before, adapterOf))).toBeLessThan(1e-3);
    // The row without an adapter is untouched.
    expect(got.subarray(5 * n, 6 * n)).toEqual(before.subarray(5 * n, 6 * n));
  });

  it("gives a row the same bits whatever tile it is in", async () => {
    const device = getDevice();
    const random = new Random(5);
    const shape = { k: 128, parts: [40] };
    const adapter = randomAdapter(random, shape, 16);
    const { firstUnits: _, ...pool } = poolOf(device, shape, [adapter]);
    const rows = 7;
    const x = upload(device, random.gaussians(rows * shape.k));
    const run = async (tiles: readonly (readonly number[])[]) => {
      const y = upload(device, new Float32Array(rows * 40));
      const t = poisoned(device, rows * 16);
      const args = {
        ...pool,
        tiles: upload(device, Uint32Array.from(tiles.flat())),
        tileCount: tiles.length,
        t,
        y,
        rows,
      };
      await runOps(
        device,
        (ops) => new LowRank(ops, { ...shape, integer: false, maxRank: 16 }),
        (op, recorder) => op.record(recorder, { ...args, input: { x } }),
      );
      return readF32(device, y);
    };
    const single = await run(Array.from({ length: rows }, (_, row) => [row, 1, 0, 2]));
    const grouped = await run([
      [0, 4, 0, 2],
      [4, 3, 0, 2],
    ]);
    if (device.info.kind === "cpu") expect(grouped).toEqual(single);
    else expect(relativeError(grouped, Float64Array.from(single))).toBeLessThan(1e-6);
  });
});
