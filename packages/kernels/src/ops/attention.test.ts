import { expect, it } from "vitest";
import { attention } from "../reference/attention.ts";
import { describeOnDevices } from "../testing/devices.ts";
import { relativeError } from "../testing/error.ts";
import { type HostCache, poisonedCache, writeHead } from "../testing/kv.ts";
import { Random } from "../testing/random.ts";
import { poisoned, readF32, runOps, upload } from "../testing/run.ts";
import { Attention } from "./attention.ts";
import { attentionTiles } from "./attention-tiles.ts";
import type { KvShape } from "./kv-layout.ts";

interface Case {
  readonly name: string;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly blockSize?: number;
  readonly type: KvShape["type"];
  readonly phase: "decode" | "prefill";
  readonly splits?: number;
  readonly window?: number;
  readonly softcap?: number;
  readonly stride?: number;
  /** Per sequence: positions before the step, rows of the step. */
  readonly sequences: readonly (readonly [past: number, rows: number])[];
}

const cases: readonly Case[] = [
  {
    name: "decode, q8_0, split",
    heads: 6,
    kvHeads: 2,
    headDim: 64,
    type: "q8_0",
    phase: "decode",
    splits: 2,
    sequences: [
      [0, 1],
      [37, 1],
      [90, 1],
    ],
  },
  {
    name: "decode, q8_0, odd head",
    heads: 2,
    kvHeads: 1,
    headDim: 20,
    blockSize: 8,
    type: "q8_0",
    phase: "decode",
    sequences: [[50, 1]],
  },
  {
    name: "prefill, q8_0, large head",
    heads: 4,
    kvHeads: 2,
    headDim: 160,
    type: "q8_0",
    phase: "prefill",
    sequences: [
      [20, 9],
      [0, 3],
    ],
  },
  {
    name: "decode, f16",
    heads: 6,
    kvHeads: 2,
    headDim: 16,
    type: "f16",
    phase: "decode",
    sequences: [
      [0, 1],
      [37, 1],
      [90, 1],
    ],
  },
  {
    name: "decode, f32, split",
    heads: 4,
    kvHeads: 4,
    headDim: 8,
    type: "f32",
    phase: "decode",
    splits: 3,
    sequences: [
      [0, 1],
      [130, 1],
      [15, 1],
    ],
  },
  {
    name: "decode, group of 7, window, split",
    heads: 7,
    kvHeads: 1,
    headDim: 64,
    type: "f16",
    phase: "decode",
    splits: 2,
    window: 40,
    sequences: [
      [100, 1],
      [3, 1],
    ],
  },
  {
    name: "decode, odd head, soft cap, blocks of 4",
    heads: 3,
    kvHeads: 3,
    headDim: 20,
    blockSize: 4,
    type: "f16",
    phase: "decode",
    softcap: 5,
    sequences: [
      [50, 1],
      [0, 1],
    ],
  },
  {
    name: "decode, largest head",
    heads: 4,
    kvHeads: 1,
    headDim: 256,
    type: "f16",
    phase: "decode",
    sequences: [[40, 1]],
  },
  {
    name: "prefill, f16, wide rows of q",
    heads: 9,
    kvHeads: 3,
    headDim: 32,
    type: "f16",
    phase: "prefill",
    stride: 480,
    sequences: [
      [0, 45],
      [17, 9],
    ],
  },
  {
    name: "prefill, f32, window, soft cap",
    heads: 2,
    kvHeads: 2,
    headDim: 12,
    type: "f32",
    phase: "prefill",
    window: 19,
    softcap: 20,
    sequences: [
      [70, 30],
      [0, 1],
      [5, 26],
    ],
  },
  {
    name: "prefill and decode rows mixed, split",
    heads: 8,
    kvHeads: 2,
    headDim: 24,
    blockSize: 8,
    type: "f32",
    phase: "prefill",
    splits: 2,
    sequences: [
      [80, 1],
      [0, 33],
      [2, 1],
    ],
  },
];

describeOnDevices("attention", (getDevice) => {
  it.each(cases)("$name", async (test) => {
    const device = getDevice();
    const random = new Random(test.heads * test.headDim + test.sequences.length);
    const { heads, kvHeads, headDim, blockSize = 16, splits, window, softcap, stride = heads * headDim } = test;
    const lengths = test.sequences.map(([past, rows]) => past + rows);
    const maxBlocks = Math.max(...lengths.map((length) => Math.ceil(length / blockSize))) + 1;
    const blocks = maxBlocks * lengths.length + 2;
    const kv: KvShape = { kvHeads, headDim, blockSize, blocks, type: test.type };
    const scale = 1 / Math.sqrt(headDim);

    // Each sequence owns random blocks; entries that it does not need point outside the cache.
    const free = Array.from({ length: blocks }, (_, block) => block).sort(() => random.uniform() - 0.5);
    const tables = new Uint32Array(lengths.length * maxBlocks).fill(0xffffffff);
    const cache = poisonedCache(kv);
    const contents = lengths.map((length, sequence) => {
      for (let i = 0; i < Math.ceil(length / blockSize); i++) tables[sequence * maxBlocks + i] = free.pop()!;
      return fillSequence(random, kv, cache, length, (t) => {
        return tables[sequence * maxBlocks + Math.floor(t / blockSize)]! * blockSize + (t % blockSize);
      });
    });

    const rows = test.sequences.reduce((sum, [, count]) => sum + count, 0);
    const q = random.gaussians(rows * stride, 2);
    const at = test.sequences.flatMap(([past, count], sequence) =>
      Array.from({ length: count }, (_, i) => ({ sequence, position: past + i })),
    );
    const y = poisoned(device, rows * heads * headDim);
    await runOps(
      device,
      (ops) => {
        const phase = test.phase;
        const sizes = { qStride: stride, sequences: lengths.length, maxBlocks, phase, splits };
        return new Attention(ops, { heads, kv, scale, softcap, window, ...sizes });
      },
      (op, recorder) => {
        const perSequence = test.sequences.map(([, count]) => count);
        const tileCount = attentionTiles(perSequence, op.rowsPerTile).length / 4 + 3;
        op.record(recorder, {
          q: upload(device, q),
          keys: upload(device, cache.keys),
          values: upload(device, cache.values),
          tables: upload(device, tables),
          placements: upload(device, Uint32Array.from(at.flatMap(({ position }) => [position, 0]))),
          tiles: upload(device, attentionTiles(perSequence, op.rowsPerTile, { count: tileCount })),
          tileCount,
          y,
          parts: splits === undefined ? undefined : poisoned(device, op.partsSize(rows) / 4),
          rows,
        });
      },
    );

    const expected = at.flatMap(({ sequence, position }, row) => {
      const { keys, values } = contents[sequence]!;
      const shape = { heads, kvHeads, headDim, scale, softcap, window };
      return [...attention(q.subarray(row * stride, row * stride + heads * headDim), keys, values, position, shape)];
    });
    expect(relativeError(await readF32(device, y), expected)).toBeLessThan(2e-6);
  });
});

/** Random keys and values `[length, kvHeads, headDim]`, as the cache holds them. */
function fillSequence(random: Random, kv: KvShape, cache: HostCache, length: number, slotOf: (t: number) => number) {
  const keys: number[] = [];
  const values: number[] = [];
  for (let t = 0; t < length; t++) {
    for (let head = 0; head < kv.kvHeads; head++) {
      keys.push(...writeHead(kv, cache, "keys", slotOf(t), head, random.gaussians(kv.headDim)));
      values.push(...writeHead(kv, cache, "values", slotOf(t), head, random.gaussians(kv.headDim)));
    }
  }
  return { keys, values };
}
