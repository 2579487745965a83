import { expect, it } from "vitest";
import type { Device } from "../device.ts";
import { f16ToF32, f32ToF16 } from "../pack/f16.ts";
import { describeOnDevices } from "../testing/devices.ts";
import { Random } from "../testing/random.ts";
import { dispatch, type Example, f32, i32, run, u32 } from "./testing/kernel.ts";

const least = -(2 ** 31);

const examples: Example[] = [
  {
    name: "min, max, clamp of u32, i32, f32, scalars and vectors",
    body: `let a = bitcast<u32>(x[0]); let b = bitcast<u32>(x[1]);
      y[0] = bitcast<i32>(min(a, b)); y[1] = bitcast<i32>(max(a, b)); y[2] = min(x[0], x[1]); y[3] = max(x[0], x[1]);
      y[4] = clamp(x[2], -5, 5); y[5] = i32(clamp(a, 2u, 9u)); y[6] = i32(min(f32(x[0]), f32(x[2]))); y[7] = i32(clamp(f32(x[2]), 0.0, 7.0));
      let v = max(vec3<i32>(x[0], x[1], x[2]), vec3<i32>(2)); y[8] = v.x; y[9] = v.z; let w = clamp(vec2<f32>(f32(x[0]), f32(x[2])), vec2<f32>(-1.0), vec2<f32>(50.0)); y[10] = i32(w.x); y[11] = i32(w.y); let u = min(vec2<u32>(a, b), vec2<u32>(7u)); y[12] = i32(u.x); y[13] = i32(u.y); y[14] = min(3, 4) + i32(max(1.5, 2.5));`,
    x: i32(-3, 2, 100),
    y: i32(2, -3, -3, 2, 5, 9, -3, 7, 2, 100, -1, 50, 7, 2, 5),
  },
  {
    name: "abs and sign of i32, u32, f32 and vectors",
    body: `y[0] = abs(x[0]); y[1] = abs(x[1]); y[2] = i32(abs(f32(x[0]))); y[3] = i32(abs(bitcast<u32>(x[2]))); y[4] = sign(x[0]); y[5] = sign(x[2]); y[6] = sign(x[3]); y[7] = i32(sign(f32(x[0]))); y[8] = i32(sign(f32(x[3]))); let v = abs(vec2<i32>(x[0], x[2])) + sign(vec2<i32>(x[0], x[2])); y[9] = v.x; y[10] = v.y; let w = sign(vec3<f32>(f32(x[0]), f32(x[2]), 0.0)); y[11] = i32(w.x + 10.0 * w.y + 100.0 * w.z); y[12] = i32(abs(vec2<f32>(-2.0, f32(x[0]))).y);`,
    x: i32(-7, least, 9, 0),
    y: i32(7, least, 7, 9, -1, 1, 0, -1, 0, 6, 10, 9, 7),
  },
  {
    name: "sign of infinities, step and saturate at their edges",
    body: "y[0] = sign(x[0]); y[1] = sign(-x[0]); y[2] = step(1.0, x[1]); y[3] = step(1.0, x[2]); let s = step(vec2<f32>(x[1], x[2]), vec2<f32>(0.75)); y[4] = s.x; y[5] = s.y; y[6] = saturate(x[1]); y[7] = saturate(-x[1]); y[8] = saturate(x[0]); let v = saturate(vec2<f32>(x[2], 3.0)); y[9] = v.x; y[10] = v.y;",
    x: f32(Number.POSITIVE_INFINITY, 1, 0.5),
    y: f32(1, -1, 1, 0, 0, 1, 1, 0, 1, 0.5, 1),
  },
  {
    name: "floor, ceil, trunc, fract; round to even",
    body: "for (var i = 0u; i < 6u; i++) { y[i] = floor(x[i]); y[6u + i] = ceil(x[i]); y[12u + i] = trunc(x[i]); y[18u + i] = round(x[i]); y[24u + i] = fract(x[i]); } let v = round(vec4<f32>(x[0], x[1], x[2], x[3])); y[30] = v.x + v.y + v.z + v.w; y[31] = fract(vec2<f32>(x[0], x[4])).y;",
    x: f32(2.5, 3.5, -2.5, -0.25, 7.75, -3),
    y: f32(
      ...[2, 3, -3, -1, 7, -3],
      ...[3, 4, -2, -0, 8, -3],
      ...[2, 3, -2, -0, 7, -3],
      ...[2, 4, -2, -0, 8, -3],
      ...[0.5, 0.5, 0.5, 0.75, 0.75, 0],
      4,
      0.75,
    ),
  },
  {
    name: "select, mix, fma, dot",
    body: `y[0] = select(x[0], x[1], x[0] > 0.0); y[1] = mix(x[0], x[1], 0.25); y[2] = fma(x[0], x[1], x[2]); let a = vec4<f32>(x[0], x[1], x[2], 1.0); y[3] = dot(a, a); y[4] = dot(a.xyz, a.zyx); y[5] = dot(a.xy, a.yy); let m = mix(a, a.wwww, 0.5); y[6] = m.z; let n = mix(a.xy, a.yx, vec2<f32>(0.0, 1.0)); y[7] = n.y; let f = fma(a, a, vec4<f32>(1.0)); y[8] = f.z; y[9] = f32(dot(vec3<i32>(1, -2, i32(x[0])), vec3<i32>(4, 5, 6))); y[10] = f32(dot(vec2<u32>(7u), vec2<u32>(2u, 3u))); y[11] = select(vec2<f32>(1.0), vec2<f32>(2.0), x[0] > 100.0).y;`,
    x: f32(2, 4, 8),
    y: f32(4, 2.5, 16, 4 + 16 + 64 + 1, 16 + 16 + 16, 8 + 16, 4.5, 2, 65, 4 - 10 + 12, 35, 1),
  },
  {
    name: "any and all of every size",
    body: "let t = x[0] > 0u; let f = x[0] > 9u; y[0] = u32(any(vec2<bool>(f, t))) + 2u * u32(all(vec2<bool>(f, t))) + 4u * u32(all(vec2<bool>(t, t))); y[1] = u32(any(vec3<bool>(f, f, t))) + 2u * u32(all(vec3<bool>(t, t, t))) + 4u * u32(any(vec3<bool>(f))); y[2] = u32(any(vec4<bool>(f, f, f, t))) + 2u * u32(all(vec4<bool>(t, t, t, f))) + 4u * u32(all(vec4<bool>(t))) + 8u * u32(any(vec4<u32>(x[0]) == vec4<u32>(0u, 2u, 3u, 1u))); y[3] = u32(any(t)) + 2u * u32(all(f));",
    x: u32(1),
    y: u32(1 + 4, 1 + 2, 1 + 4 + 8, 1),
  },
  {
    name: "counting and finding bits",
    body: `for (var i = 0u; i < 4u; i++) { let v = x[i]; let s = bitcast<i32>(v); y[i * 7u] = countOneBits(v); y[i * 7u + 1u] = countLeadingZeros(v); y[i * 7u + 2u] = countTrailingZeros(v); y[i * 7u + 3u] = firstLeadingBit(v); y[i * 7u + 4u] = firstTrailingBit(v); y[i * 7u + 5u] = bitcast<u32>(firstLeadingBit(s)); y[i * 7u + 6u] = reverseBits(v); } let w = countOneBits(vec2<u32>(x[1], x[2])); y[28] = w.x; y[29] = w.y; y[30] = bitcast<u32>(reverseBits(vec2<i32>(1, 2)).y);`,
    x: u32(0, 0xffffffff, 0x00f00100, 0x80000000),
    y: u32(
      ...[0, 32, 32, 0xffffffff, 0xffffffff, 0xffffffff, 0],
      ...[32, 0, 0, 31, 0, 0xffffffff, 0xffffffff],
      ...[5, 8, 8, 23, 8, 23, 0x00800f00],
      ...[1, 0, 31, 31, 31, 30, 1],
      ...[32, 5, 0x40000000],
    ),
  },
  {
    name: "extractBits and insertBits, with ends past the word",
    body: "let v = x[0]; let s = bitcast<i32>(v); y[0] = extractBits(v, 4u, 8u); y[1] = bitcast<u32>(extractBits(s, 28u, 4u)); y[2] = extractBits(v, x[1], 0u); y[3] = extractBits(v, 24u, x[1] * 5u); y[4] = extractBits(v, 0u, 32u); y[5] = extractBits(v, x[1] * 4u, 4u); y[6] = insertBits(v, 0xau, 0u, 4u); y[7] = insertBits(v, 0xffffffffu, 8u, x[1]); y[8] = insertBits(0u, v, 0u, 32u); y[9] = insertBits(v, 0u, 28u, x[1] * 9u); y[10] = insertBits(v, 5u, x[1] + 24u, 4u); y[11] = bitcast<u32>(insertBits(s, -1, 30u, 2u)); y[12] = insertBits(v, 5u, 8u, 0u);",
    x: u32(0xf2345678, 8),
    y: u32(
      ...[0x67, 0xffffffff, 0, 0xf2, 0xf2345678, 0, 0xf234567a, 0xf234ff78, 0xf2345678],
      ...[0x02345678, 0xf2345678, 0xf2345678, 0xf2345678],
    ),
  },
  {
    name: "dot4I8Packed and dot4U8Packed at their extremes",
    body: "for (var i = 0u; i < 4u; i++) { y[2u * i] = dot4I8Packed(x[2u * i], x[2u * i + 1u]); y[2u * i + 1u] = bitcast<i32>(dot4U8Packed(x[2u * i], x[2u * i + 1u])); }",
    x: u32(0x80808080, 0x80808080, 0xffffffff, 0xffffffff, 0x807f807f, 0x7f7f8080, 0x04030201, 0xfcfd0201),
    y: i32(65536, 65536, 4, 260100, 127 ** 2 - 128 * 127 - 127 * 128 + 128 ** 2, 65025, -20, 1772),
  },
  {
    name: "unpacking and packing of bytes",
    body: "let s = unpack4xI8(x[0]); let u = unpack4xU8(x[0]); y[0] = bitcast<u32>(s.x); y[1] = bitcast<u32>(s.w); y[2] = u.x; y[3] = u.w; y[4] = pack4xI8(s); y[5] = pack4xU8(u); y[6] = pack4xI8(vec4<i32>(300, -1, -300, 127)); y[7] = pack4xU8(vec4<u32>(256u, 255u, x[0], 1u)); y[8] = pack4xI8Clamp(vec4<i32>(300, -300, bitcast<i32>(x[1]), 2147483647)); y[9] = pack4xU8Clamp(vec4<u32>(300u, 255u, x[1], 7u));",
    x: u32(0x807f01fe, 0x80000000),
    y: u32(
      ...[0xfffffffe, 0xffffff80, 0xfe, 0x80, 0x807f01fe, 0x807f01fe],
      ...[0x7fd4ff2c, 0x01feff00, 0x7f80807f, 0x07ffffff],
    ),
  },
  {
    name: "pack2x16float and unpack2x16float of known values",
    body: "y[0] = pack2x16float(vec2<f32>(1.0, -2.0)); y[1] = pack2x16float(vec2<f32>(65504.0, 0.1)); let v = unpack2x16float(x[0]); y[2] = bitcast<u32>(v.x); y[3] = bitcast<u32>(v.y);",
    x: u32(0x3555c000),
    y: u32(0xc0003c00, 0x2e667bff, 0xc0000000, 0x3eaaa000),
  },
];

const bytesOf = (v: number): number[] => [0, 8, 16, 24].map((shift) => (v << (24 - shift)) >> 24);

describeOnDevices("built-in functions", (getDevice) => {
  it.each(examples)("$name", async (example) => {
    expect(await run(getDevice(), example)).toEqual([...example.y]);
  });

  it("dot4I8Packed of random bytes, against their sum of products", async () => {
    const random = new Random(11);
    const count = 512;
    const x = Uint32Array.from({ length: 2 * count }, () => random.integer(0, 0xffffffff));
    const products = Array.from({ length: count }, (_, i) => {
      const b = bytesOf(x[2 * i + 1]!);
      return bytesOf(x[2 * i]!).reduce((sum, v, k) => sum + v * b[k]!, 0);
    });
    const body = "let i = group.x; y[i] = dot4I8Packed(x[2u * i], x[2u * i + 1u]);";
    const example = { name: "dots", body, x, y: i32(...products), groups: [count] as const };
    expect(await run(getDevice(), example)).toEqual(products);
  });

  it("unpacks all halves exactly", async () => {
    const floats = await halvesAsFloats(getDevice());
    const wrong = [...floats.keys()].filter((half) => {
      const [actual, expected] = [floats[half]!, f16ToF32(half)];
      return !(Object.is(actual, expected) || (Number.isNaN(actual) && Number.isNaN(expected)));
    });
    // A GPU may take subnormal halves for zero (WGSL specification, "Floating Point Evaluation").
    const allowed = getDevice().info.kind === "cpu" ? [] : wrong.filter((h) => (h & 0x7c00) === 0);
    expect(wrong).toEqual(allowed);
  });
});

/** Halves 0, 1, 2, … as floats. */
async function halvesAsFloats(device: Device): Promise<Float32Array> {
  const code = `@group(0) @binding(0) var<storage, read_write> y: array<vec2<f32>>;
    @compute @workgroup_size(1) fn main(@builtin(workgroup_id) group: vec3<u32>) {
      for (var i = 0u; i < 256u; i++) { let h = (group.x * 256u + i) * 2u; y[group.x * 256u + i] = unpack2x16float(h | ((h + 1u) << 16u)); } }`;
  return new Float32Array(await dispatch(device, code, { inputs: [], groups: [128], words: 65536 }));
}

describeOnDevices("pack2x16float", (getDevice) => {
  it("gives every half back, and rounds to even", async () => {
    const device = getDevice();
    const values: number[] = [];
    for (let h = 0; h < 0x7c00; h += 1) values.push(f16ToF32(h));
    const finite = values.length;
    // Halfway between neighbours, and just beside.
    for (let h = 0x0400; h < 0x7bff; h += 7) {
      const middle = (f16ToF32(h) + f16ToF32(h + 1)) / 2;
      values.push(middle, middle * (1 + 2 ** -20), middle * (1 - 2 ** -20), -middle);
    }
    if (values.length % 2 === 1) values.push(0);
    const x = Float32Array.from(values);
    const body = "let i = group.x; y[i] = pack2x16float(vec2<f32>(x[2u * i], x[2u * i + 1u]));";
    const packed = await run(device, {
      name: "pack",
      body,
      x,
      y: new Uint32Array(x.length / 2),
      groups: [x.length / 2],
    });
    const halves = [...x.keys()].map((i) => (packed[i >> 1]! >>> (i % 2 === 0 ? 0 : 16)) & 0xffff);
    const subnormal = (i: number): boolean => device.info.kind !== "cpu" && Math.abs(x[i]!) < 2 ** -14;
    // WGSL leaves the direction of rounding to the device: only the CPU's is nearest, ties to even.
    const exact = halves.length;
    const checked = device.info.kind === "cpu" ? exact : finite;
    const wrong = [...halves.keys()].slice(0, checked).filter((i) => halves[i] !== f32ToF16(x[i]!) && !subnormal(i));
    expect(wrong).toEqual([]);
  });

  it("packs infinity, NaN and what is too large on the CPU", async () => {
    if (getDevice().info.kind !== "cpu") return;
    const x = f32(
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      Number.NaN,
      65520,
      65519.99,
      -1e30,
      2 ** -25,
      2 ** -24,
    );
    const body = "for (var i = 0u; i < 4u; i++) { y[i] = pack2x16float(vec2<f32>(x[2u * i], x[2u * i + 1u])); }";
    const packed = await run(getDevice(), { name: "ends", body, x, y: u32(0, 0, 0, 0) });
    expect(packed.flatMap((w) => [w & 0xffff, w >>> 16])).toEqual([
      ...[0x7c00, 0xfc00, 0x7e00, 0x7c00, 0x7bff, 0xfc00, 0x0000, 0x0001],
    ]);
  });
});
