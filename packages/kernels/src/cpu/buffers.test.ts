import { expect, it } from "vitest";
import type { Device, Groups } from "../device.ts";
import { describeOnDevices } from "../testing/devices.ts";
import { dispatch, f32, u32 } from "./testing/kernel.ts";

interface Case {
  readonly name: string;
  readonly code: string;
  readonly inputs?: readonly ArrayBufferView[];
  readonly params?: ArrayBufferView;
  readonly groups?: Groups;
  readonly constants?: Readonly<Record<string, number>>;
  readonly y: readonly number[];
}

const main = "@compute @workgroup_size(1) fn main(@builtin(workgroup_id) group: vec3<u32>)";
const y0 = "@group(0) @binding(0) var<storage, read_write> y: array<u32>;";
const y1 = "@group(0) @binding(1) var<storage, read_write> y: array<u32>;";
const numbers = (n: number, first = 1): Uint32Array<ArrayBuffer> =>
  Uint32Array.from({ length: n }, (_, i) => i + first);

const cases: Case[] = [
  {
    name: "structs in storage keep WGSL's padding: vec3 on 16 bytes, trailing scalars in its gap",
    code: `struct S { a: u32, v: vec3<u32>, b: u32, w: vec2<u32>, c: u32, n: In } struct In { p: vec2<u32>, q: u32 }
      @group(0) @binding(0) var<storage, read> x: array<S>; ${y1}
      ${main} { let s = x[1]; y[0] = s.a; y[1] = s.v.x; y[2] = s.v.z; y[3] = s.b; y[4] = s.w.y; y[5] = s.c; y[6] = s.n.p.x; y[7] = s.n.q; y[8] = x[group.x].n.q; y[9] = arrayLength(&x); }`,
    inputs: [numbers(2 * 20)],
    // a at 0, v at 16, b at 28, w at 32, c at 40, n at 48 (p, q at 56), size 64.
    y: [17, 21, 23, 24, 26, 27, 29, 31, 15, 2],
  },
  {
    name: "structs are written member by member: padding stays",
    code: `struct S { a: u32, v: vec3<u32> } struct T { s: array<S, 2>, tail: vec2<u32> }
      @group(0) @binding(0) var<storage, read_write> y: T;
      ${main} { y.s[1] = S(1u, vec3<u32>(2u, 3u, 4u)); y.s[0].v.y = 5u; y.s[0].v.z += 1u; y.tail = vec2<u32>(6u, 7u); y.tail[0] = 8u; }`,
    y: [
      ...[-1, -1, -1, -1, -1, 5, 0, -1].map((v) => v >>> 0),
      ...[1, -1, -1, -1, 2, 3, 4, -1].map((v) => v >>> 0),
      8,
      7,
      0xffffffff,
      0xffffffff,
    ],
  },
  {
    name: "arrays of vec2, vec3 and vec4 have strides 8, 16, 16",
    code: `@group(0) @binding(0) var<storage, read> a: array<vec2<u32>>; @group(0) @binding(1) var<storage, read> b: array<vec3<u32>>;
      @group(0) @binding(2) var<storage, read> c: array<vec4<u32>>; @group(0) @binding(3) var<storage, read_write> y: array<u32>;
      ${main} { let i = group.x + 1u; y[0] = a[i].y; y[1] = b[i].z; y[2] = c[i].w; y[3] = arrayLength(&a); y[4] = arrayLength(&b); y[5] = arrayLength(&c); y[6] = a[1][group.x]; y[7] = c[1][i + 1u]; let s = a[i].yx; y[8] = s.y; }`,
    inputs: [numbers(8), numbers(8), numbers(8)],
    y: [4, 7, 8, 4, 2, 2, 3, 7, 3],
  },
  {
    name: "a runtime array behind a header, and nested fixed arrays",
    code: `struct S { count: u32, grid: array<array<u32, 3>, 2>, list: array<vec2<u32>> }
      @group(0) @binding(0) var<storage, read> x: S; ${y1}
      ${main} { y[0] = x.count; y[1] = x.grid[1][2]; y[2] = x.grid[group.x][1]; y[3] = x.list[1].y; y[4] = arrayLength(&x.list); y[5] = x.list[x.count].x; }`,
    inputs: [numbers(14)],
    y: [1, 7, 3, 12, 3, 11],
  },
  {
    name: "uniforms: scalars, vectors, structs, arrays with run-time indices",
    code: `struct In { f: f32, v: vec3<u32> } struct Params { n: u32, i: i32, s: In, table: array<vec4<u32>, 3>, last: vec2<u32> }
      ${y0} @group(0) @binding(1) var<uniform> params: Params;
      ${main} { y[0] = params.n; y[1] = u32(-params.i); y[2] = u32(params.s.f); y[3] = params.s.v.y; for (var i = 0u; i < params.n; i++) { y[4u + i] = params.table[i].z; } y[7] = params.table[2][params.n]; y[8] = params.last.y; let t = params.table[group.x]; y[9] = t.x; }`,
    params: (() => {
      const words = numbers(32, 100);
      words[0] = 3;
      words[1] = 0xfffffffb;
      new Float32Array(words.buffer)[4] = 6;
      return words;
    })(),
    // s at 16 (f, v at 32), table at 48, last at 96.
    y: [3, 5, 6, 109, 114, 118, 122, 123, 125, 112],
  },
  {
    name: "groups in three dimensions: workgroup_id, global_invocation_id, num_workgroups, local ids",
    code: `${y0} @compute @workgroup_size(1, 1, 1) fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(workgroup_id) group: vec3<u32>,
        @builtin(num_workgroups) count: vec3<u32>, @builtin(local_invocation_id) local_id: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
        y[(group.z * count.y + id.y) * count.x + group.x] = id.x + 10u * group.y + 100u * id.z + 1000u * (local_id.x + local_id.y + local_id.z + lane); }`,
    groups: [4, 3, 2],
    y: Array.from({ length: 24 }, (_, i) => (i % 4) + 10 * (Math.floor(i / 4) % 3) + 100 * Math.floor(i / 12)),
  },
  {
    name: "groups in two dimensions",
    code: `${y0} ${main} { y[group.y * 5u + group.x] = group.x * 7u + group.y + group.z; }`,
    groups: [5, 2],
    y: Array.from({ length: 10 }, (_, i) => (i % 5) * 7 + Math.floor(i / 5)),
  },
  {
    name: "storage that is read and written sees its own writes",
    code: `${y0} ${main} { y[0] = 3u; y[1] = y[0] + 1u; y[0] = y[1] * 2u; y[y[1]] = y[0]; y[2] = 0u; y[3] = 0u; }`,
    y: [8, 4, 0, 0, 8],
  },
  {
    name: "indices outside the buffer stay inside it",
    code: `@group(0) @binding(0) var<storage, read> x: array<u32>; ${y1}
      ${main} { let far = x[0]; y[0] = u32(x[far] <= 1000u); y[1] = u32(x[far * 4u] <= 1000u); let i = bitcast<i32>(x[1]); y[2] = u32(x[i] <= 4000000000u); var a: array<u32, 4>; a[far] = 5u; y[3] = u32(a[far] == 5u || a[far] == 0u); }`,
    inputs: [u32(1000, 0xfffffff0, 6)],
    y: [1, 1, 1, 1],
  },
];

async function result(device: Device, c: Case): Promise<number[]> {
  const { code, constants, groups, inputs = [], params, y } = c;
  return [...new Uint32Array(await dispatch(device, code, { constants, groups, inputs, params, words: y.length }))];
}

describeOnDevices("buffers", (getDevice) => {
  it.each(cases)("$name", async (c) => {
    expect(await result(getDevice(), c)).toEqual([...c.y]);
  });

  it("floats and integers of one buffer's bits", async () => {
    const code = `@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>; @group(0) @binding(1) var<storage, read_write> y: array<vec4<f32>>;
      ${main} { y[group.x] = x[group.x].wzyx * 2.0; }`;
    const input = f32(1, 2, 3, 4, 5, 6, 7, 8);
    const output = await dispatch(getDevice(), code, { inputs: [input], groups: [2], words: 8 });
    expect([...new Float32Array(output)]).toEqual([8, 6, 4, 2, 16, 14, 12, 10]);
  });
});
