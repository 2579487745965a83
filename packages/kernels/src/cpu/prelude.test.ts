import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Device } from "../device.ts";
import { openCpuDevice } from "../node/index.ts";
import { f16ToF32 } from "../pack/f16.ts";
import { describeOnDevices } from "../testing/devices.ts";
import { Random } from "../testing/random.ts";
import { dispatch } from "./testing/kernel.ts";

const text = (name: string): string => readFileSync(new URL(`../wgsl/${name}.wgsl`, import.meta.url), "utf8");
const prelude = text("prelude");

const signed = (word: number, byte: number): number => (word << (24 - 8 * byte)) >> 24;
const unsigned = (word: number, byte: number): number => (word >>> (8 * byte)) & 255;
const dotBytes = (w: number, x: number, of: (word: number, byte: number) => number): number =>
  [0, 1, 2, 3].reduce((sum, b) => sum + of(w, b) * signed(x, b), 0);

const turns = 8;
const cases = 64;

/** `turns` words of activations and as many vec4s of weights a case; bytes random, or all at an end of their range. */
function inputs(largest: number, smallest: number): { w: Uint32Array<ArrayBuffer>; x: Uint32Array<ArrayBuffer> } {
  const random = new Random(largest + 1000 * smallest + 5000);
  const word = (kind: number, low: number, high: number): number => {
    const byte = (): number => (kind === 0 ? low : kind === 1 ? high : random.integer(low, high)) & 255;
    return (byte() | (byte() << 8) | (byte() << 16) | (byte() << 24)) >>> 0;
  };
  const w = Uint32Array.from({ length: cases * turns * 4 }, (_, i) =>
    word(Math.floor(i / (turns * 4)) % 3, smallest, largest),
  );
  const x = Uint32Array.from({ length: cases * turns }, (_, i) => word(Math.floor(i / (turns * 3)) % 3, -128, 127));
  return { w, x };
}

const expectedDots = ({ w, x }: ReturnType<typeof inputs>, of: (word: number, byte: number) => number): number[] =>
  Array.from({ length: cases * 4 }, (_, i) => {
    const [c, row] = [Math.floor(i / 4), i % 4];
    let sum = 0;
    for (let t = 0; t < turns; t++) sum += dotBytes(w[(c * turns + t) * 4 + row]!, x[c * turns + t]!, of);
    return sum;
  });

const dotKernel = (declare: string, step: string, result: string): string => `
@group(0) @binding(0) var<storage, read> w: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read> x: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4<i32>>;
@compute @workgroup_size(1)
fn main(@builtin(workgroup_id) group: vec3<u32>) {
  ${declare}
  for (var t = 0u; t < ${turns}u; t++) {
    let weights = w[group.x * ${turns}u + t];
    let activation = x[group.x * ${turns}u + t];
    ${step}
  }
  y[group.x] = ${result};
}
${prelude}`;

const dots = [
  {
    name: "widen_s8, spread_s8, dot_s8, dot_sum",
    range: [-128, 127],
    of: signed,
    code: dotKernel(
      "var acc = DotAcc();",
      "acc = dot_s8(acc, widen_s8(weights), spread_s8(activation));",
      "dot_sum(acc)",
    ),
  },
  {
    name: "dot_s8 of weights that two panels share",
    range: [-128, 127],
    of: signed,
    code: dotKernel(
      "var acc = array<DotAcc, 2>();",
      "let wide = widen_s8(weights); let s = spread_s8(activation); for (var p = 0u; p < 2u; p++) { acc[p] = dot_s8(acc[p], wide, s); }",
      "dot_sum(acc[1]) + dot_sum(acc[0]) - dot_sum(acc[1])",
    ),
  },
  {
    name: "pairs_s8, spread_i16, dot_i16",
    range: [-128, 127],
    of: signed,
    code: dotKernel(
      "var acc = vec4<i32>();",
      `let w = pairs_s8(weights); let x = pairs_s8(vec4<u32>(activation));
       acc = dot_i16(dot_i16(acc, w.a, spread_i16(x.a.y)), w.b, spread_i16(x.b.z));`,
      "acc",
    ),
  },
  {
    name: "spread_u7, dot_u7",
    range: [0, 127],
    of: unsigned,
    code: dotKernel("var acc = vec4<i32>();", "acc = dot_u7(acc, weights, spread_u7(activation));", "acc"),
  },
  {
    name: "dot_u4, dot_u4_sum after as many as are allowed",
    range: [0, 15],
    of: unsigned,
    code: dotKernel("var acc = DotAcc();", "acc = dot_u4(acc, weights, spread_u7(activation));", "dot_u4_sum(acc)"),
  },
];

const halvesKernel = `
@group(0) @binding(0) var<storage, read> x: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4<f32>>;
@compute @workgroup_size(1)
fn main(@builtin(workgroup_id) group: vec3<u32>) {
  let v = x[group.x];
  y[group.x * 6u] = f16_lo(v);
  y[group.x * 6u + 1u] = f16_hi(v);
  y[group.x * 6u + 2u] = f16x4(v.xy);
  y[group.x * 6u + 3u] = bf16_lo(v);
  y[group.x * 6u + 4u] = bf16_hi(v);
  y[group.x * 6u + 5u] = vec4<f32>(sum4(vec4<f32>(v & vec4<u32>(255u))));
}
${prelude}
fn sum4(v: vec4<f32>) -> f32 {
  return (v.x + v.y) + (v.z + v.w);
}`;

const bits = new Float32Array(1);
const bitsU32 = new Uint32Array(bits.buffer);
const brain = (half: number): number => {
  bitsU32[0] = half << 16;
  return bits[0]!;
};

function expectSame(actual: Float32Array, expected: readonly number[], subnormalsMayVanish: boolean): void {
  const wrong = expected.flatMap((e, i) => {
    const a = actual[i]!;
    if (Object.is(a, e) || (Number.isNaN(a) && Number.isNaN(e))) return [];
    if (subnormalsMayVanish && Math.abs(e) < 2 ** -14 && Math.abs(a) <= Math.abs(e)) return [];
    return [[i, a, e]];
  });
  expect(wrong.slice(0, 4)).toEqual([]);
}

function preludeTests(getDevice: () => Device): void {
  it.each(dots)("$name", async ({ code, of, range }) => {
    const data = inputs(range[1]!, range[0]!);
    const output = await dispatch(getDevice(), code, { inputs: [data.w, data.x], words: cases * 4, groups: [cases] });
    expect([...new Int32Array(output)]).toEqual(expectedDots(data, of));
  });

  it("f16_lo, f16_hi, f16x4, bf16_lo, bf16_hi of every finite half, sum4", async () => {
    // Finite halves and both signs; the order mixes low and high words.
    const finite = Array.from({ length: 0x7c00 }, (_, h) => [h, h | 0x8000]).flat();
    const x = Uint32Array.from(
      { length: finite.length },
      (_, i) => (finite[i]! | (finite[(i * 7 + 3) % finite.length]! << 16)) >>> 0,
    );
    const groups = x.length / 4;
    const output = await dispatch(getDevice(), halvesKernel, { inputs: [x], words: groups * 24, groups: [groups] });
    const expected = Array.from({ length: groups }, (_, g) => {
      const v = [...x.subarray(g * 4, g * 4 + 4)];
      const total = v.reduce((sum, word) => sum + (word & 255), 0);
      return [
        ...v.map((word) => f16ToF32(word & 0xffff)),
        ...v.map((word) => f16ToF32(word >>> 16)),
        ...v.slice(0, 2).flatMap((word) => [f16ToF32(word & 0xffff), f16ToF32(word >>> 16)]),
        ...v.map((word) => brain(word & 0xffff)),
        ...v.map((word) => brain(word >>> 16)),
        ...[total, total, total, total],
      ];
    }).flat();
    expectSame(new Float32Array(output), expected, getDevice().info.kind === "webgpu");
  });
}

describeOnDevices("the prelude", preludeTests);

describe("the prelude on a CPU without relaxed SIMD", () => {
  let device: Device;
  beforeAll(async () => {
    device = await openCpuDevice({ threads: 1, relaxed: false });
  });
  afterAll(() => device.destroy());
  it("is such a device", () => {
    expect(device.info.features.has("relaxed-simd")).toBe(false);
    expect(device.info.description).toMatch(/1 thread, SIMD$/);
  });
  preludeTests(() => device);
});

describe("the prelude's bodies", () => {
  let device: Device;
  beforeAll(async () => {
    device = await openCpuDevice({ threads: 1 });
  });
  afterAll(() => device.destroy());
  // Under other names nothing is replaced: the CPU compiles what a GPU compiles.
  const renamed = (code: string): string =>
    code.replace(
      /\b(widen_s8|spread_s8|spread_u7|pairs_s8|spread_i16|dot_i16|dot_s8|dot_sum|dot_u7|dot_u4|dot_u4_sum)\b/g,
      "body_$1",
    );
  it.each(dots)("mean the same: $name", async ({ code, of, range }) => {
    const data = inputs(range[1]!, range[0]!);
    const options = { inputs: [data.w, data.x], words: cases * 4, groups: [cases] as const };
    const output = await dispatch(device, renamed(code), options);
    expect([...new Int32Array(output)]).toEqual(expectedDots(data, of));
  });
});
