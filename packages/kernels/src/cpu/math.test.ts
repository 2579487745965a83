import { expect, it } from "vitest";
import type { Device } from "../device.ts";
import { describeOnDevices } from "../testing/devices.ts";
import { Random } from "../testing/random.ts";
import { dispatch, f32, run } from "./testing/kernel.ts";

const count = 4096;

interface Function1 {
  readonly name: string;
  readonly exact: (x: number) => number;
  readonly from: number;
  readonly to: number;
  /** Largest error on the CPU: units in the last place of the exact value, or an absolute number. */
  readonly ulps?: number;
  readonly absolute?: number;
  /** The same as WGSL allows it ("Accuracy of Built-in Functions"), where it is looser; or an error below 1e-5. */
  readonly allowed: number;
}

const functions: Function1[] = [
  { name: "exp", exact: Math.exp, from: -87, to: 88.7, ulps: 2, allowed: 3 + 2 * 88.7 },
  { name: "exp", exact: Math.exp, from: -1, to: 1, ulps: 2, allowed: 5 },
  { name: "exp2", exact: (x) => 2 ** x, from: -125.9, to: 127.999, ulps: 2, allowed: 3 + 2 * 128 },
  { name: "log2", exact: Math.log2, from: 1e-37, to: 1e38, ulps: 3, allowed: 3 },
  { name: "log2", exact: Math.log2, from: 2.1, to: 64, ulps: 3, allowed: 3 },
  { name: "log", exact: Math.log, from: 2.1, to: 1e30, ulps: 3, allowed: 3 },
  { name: "log", exact: Math.log, from: 0.5, to: 2, absolute: 2 ** -21, allowed: 2 ** -21 },
  { name: "tanh", exact: Math.tanh, from: -12, to: 12, ulps: 6, allowed: 2 ** 10 },
  { name: "tanh", exact: Math.tanh, from: -0.2, to: 0.2, ulps: 12, allowed: 2 ** 10 },
  { name: "sin", exact: Math.sin, from: -Math.PI, to: Math.PI, absolute: 2 ** -21, allowed: 2 ** -11 },
  { name: "cos", exact: Math.cos, from: -Math.PI, to: Math.PI, absolute: 2 ** -21, allowed: 2 ** -11 },
  { name: "sin", exact: Math.sin, from: -5000, to: 5000, absolute: 2 ** -20, allowed: 1 },
  { name: "cos", exact: Math.cos, from: -5000, to: 5000, absolute: 2 ** -20, allowed: 1 },
  { name: "sqrt", exact: Math.sqrt, from: 0, to: 1e30, ulps: 0.51, allowed: 4 },
  { name: "inverseSqrt", exact: (x) => 1 / Math.sqrt(x), from: 1e-20, to: 1e20, ulps: 1.5, allowed: 4 },
];

/** Half the points evenly between the ends, half spread over the magnitudes. */
function points(from: number, to: number): Float32Array<ArrayBuffer> {
  const random = new Random(5);
  return Float32Array.from({ length: count }, (_, i) => {
    const t = random.uniform();
    if (i % 2 === 0) return from + (to - from) * t;
    const largest = i % 4 === 1 || from >= 0 ? to : from;
    const smallest = Math.max(from, Math.abs(largest) * 1e-6);
    return Math.sign(largest) * smallest * (Math.abs(largest) / smallest) ** t;
  });
}

const ulpOf = (x: number): number => 2 ** (Math.max(Math.floor(Math.log2(Math.abs(x))), -126) - 23);

async function apply(device: Device, call: string, x: Float32Array<ArrayBuffer>): Promise<number[]> {
  const body = `for (var i = 0u; i < 64u; i++) { let v = x[group.x * 64u + i]; y[group.x * 64u + i] = ${call}; }`;
  return run(device, { name: call, body, x, y: new Float32Array(x.length), groups: [x.length / 64] });
}

describeOnDevices("accuracy against float64", (getDevice) => {
  it.each(functions)("$name from $from to $to", async ({ name, exact, from, to, ulps, absolute, allowed }) => {
    const x = points(from, to);
    const onCpu = getDevice().info.kind === "cpu";
    const y = await apply(getDevice(), `${name}(v)`, x);
    const errors = y.map((v, i) => {
      const e = exact(x[i]!);
      const error = Math.abs(v - e);
      if (!onCpu && error < 1e-5) return 0;
      return error / (ulps === undefined ? 1 : ulpOf(e));
    });
    const limit = onCpu ? (ulps ?? absolute!) : Math.max(allowed, ulps ?? absolute!);
    expect(errors.reduce((a, b) => Math.max(a, b), 0)).toBeLessThanOrEqual(limit);
  });

  it("pow of positive numbers", async () => {
    const random = new Random(8);
    const [x, p] = [random, random].map((r) => Float32Array.from({ length: 1024 }, () => 0.01 + 10 * r.uniform()));
    const code = `@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>; @group(0) @binding(1) var<storage, read> p: array<vec4<f32>>;
      @group(0) @binding(2) var<storage, read_write> y: array<vec4<f32>>;
      @compute @workgroup_size(1) fn main(@builtin(workgroup_id) group: vec3<u32>) { y[group.x] = pow(x[group.x], p[group.x]); }`;
    const output = await dispatch(getDevice(), code, { inputs: [x!, p!], words: 1024, groups: [256] });
    const errors = [...new Float32Array(output)].map((v, i) => Math.abs(v / x![i]! ** p![i]! - 1));
    expect(errors.reduce((a, b) => Math.max(a, b), 0)).toBeLessThan(1e-5);
  });

  it("vectors of two and three give what scalars give", async () => {
    const body =
      "let a = vec2<f32>(x[0], x[1]); let b = vec3<f32>(a, x[2]); let p = exp(a) + tanh(a); let q = sin(b) * cos(b) + log(b) + exp2(b) + sqrt(b); y[0] = p.x; y[1] = p.y; y[2] = q.x; y[3] = q.y; y[4] = q.z; y[5] = exp(x[1]) + tanh(x[1]); y[6] = sin(x[2]) * cos(x[2]) + log(x[2]) + exp2(x[2]) + sqrt(x[2]);";
    const y = await run(getDevice(), { name: "short vectors", body, x: f32(0.5, 1.5, 2.5), y: new Float32Array(7) });
    const [p, q] = [
      (v: number) => Math.exp(v) + Math.tanh(v),
      (v: number) => Math.sin(v) * Math.cos(v) + Math.log(v) + 2 ** v + Math.sqrt(v),
    ];
    const expected = [p!(0.5), p!(1.5), q!(0.5), q!(1.5), q!(2.5), p!(1.5), q!(2.5)];
    y.forEach((v, i) => {
      expect(Math.abs(v - expected[i]!)).toBeLessThan(2e-3 * Math.abs(expected[i]!));
    });
    expect([y[1], y[4]]).toEqual([y[5], y[6]]);
  });

  it("ends of the ranges, on the CPU", async () => {
    if (getDevice().info.kind !== "cpu") return;
    const { NEGATIVE_INFINITY: low, NaN: none, POSITIVE_INFINITY: high } = Number;
    const table: [string, number[], number[]][] = [
      ["exp(v)", [low, -200, 89, high, none], [0, 0, high, high, none]],
      ["exp2(v)", [low, -200, 128, high, none, 0, 3, -126, 127], [0, 0, high, high, none, 1, 8, 2 ** -126, 2 ** 127]],
      ["log2(v)", [0, 1, 8, high, -1, none, 2 ** -140], [low, 0, 3, high, none, none, -140]],
      ["tanh(v)", [low, high, 0, 20, none], [-1, 1, 0, 1, none]],
      ["sqrt(v)", [0, high, -1, 2.25], [0, high, none, 1.5]],
      ["inverseSqrt(v)", [0, high, 4], [high, 0, 0.5]],
      ["floor(v)", [low, -0.5, 2 ** 30], [low, -1, 2 ** 30]],
      ["round(v)", [0.5, 1.5, 2.5, 2 ** 30], [0, 2, 2, 2 ** 30]],
    ];
    for (const [call, x, expected] of table) {
      const y = await apply(
        getDevice(),
        call,
        Float32Array.from({ length: 64 }, (_, i) => x[i] ?? 1),
      );
      expect(y.slice(0, x.length), call).toEqual(expected);
    }
  });
});
