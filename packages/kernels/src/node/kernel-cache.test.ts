import { mkdtempSync, readdirSync, rmSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { PipelineSpec } from "../device.ts";
import { openCpuDevice } from "./cpu.ts";

const folder = mkdtempSync(join(tmpdir(), "kernel-cache-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const spec: PipelineSpec = {
  name: "double",
  code: `
    override W: u32 = 64u;
    override N: u32;
    struct Params { factor: f32, count: u32 }
    @group(0) @binding(0) var<storage, read_write> x: array<f32>;
    @group(0) @binding(1) var<uniform> params: Params;
    @compute @workgroup_size(W)
    fn main(@builtin(workgroup_id) group: vec3<u32>) {
      for (var i = group.x * N; i < min(group.x * N + N, params.count); i++) { x[i] *= params.factor; }
    }`,
  constants: { N: 8 },
};

async function run(cacheFolder: string | undefined): Promise<number[]> {
  const device = await openCpuDevice({ threads: 2, cacheFolder });
  try {
    const [pipeline] = await device.createPipelines([spec]);
    const x = device.createBuffer(80, "x");
    device.write(
      x,
      0,
      Float32Array.from({ length: 20 }, (_, i) => i),
    );
    const params = new DataView(new ArrayBuffer(8));
    params.setFloat32(0, 2, true);
    params.setUint32(4, 20, true);
    device.run(device.record("double", (r) => r.dispatch(pipeline!, [x], [3], params)));
    // What was read back from the cache still knows which elements it touches.
    params.setUint32(4, 21, true);
    expect(() => device.record("too far", (r) => r.dispatch(pipeline!, [x], [3], params))).toThrow("element 20");
    return [...new Float32Array(await device.read(x))];
  } finally {
    device.destroy();
  }
}

test("a kernel read from the cache is the kernel that was written", async () => {
  const fresh = await run(folder);
  expect(fresh).toEqual(Array.from({ length: 20 }, (_, i) => 2 * i));
  expect(readdirSync(folder)).toHaveLength(1);
  expect(await run(folder)).toEqual(fresh);
});

test("a damaged entry and a folder that cannot be written cost nothing but time", async () => {
  for (const name of readdirSync(folder)) truncateSync(join(folder, name), 30);
  const expected = await run(undefined);
  expect(await run(folder)).toEqual(expected);
  // A file stands where the folder should be.
  expect(await run(join(folder, readdirSync(folder)[0]!))).toEqual(expected);
});
