import { expect, it } from "vitest";
import type { Device, Pipeline, PipelineSpec } from "./device.ts";
import { describeOnDevices } from "./testing/devices.ts";
import { poisoned, readU32, upload } from "./testing/run.ts";

// y[i] = x[i] · factor + add, one row of workgroups.
const CODE = `
override W: u32 = 1u;
override FACTOR: u32 = 1u;
struct Params { count: u32, add: u32 }
@group(0) @binding(0) var<storage, read> x: array<u32>;
@group(0) @binding(1) var<storage, read_write> y: array<u32>;
@group(0) @binding(2) var<uniform> params: Params;
@compute @workgroup_size(W)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x < params.count) {
    y[id.x] = x[id.x] * FACTOR + params.add;
  }
}
`;

function spec(device: Device, factor: number): PipelineSpec {
  const constants = { W: device.info.workgroupSize, FACTOR: factor };
  return { name: `scale by ${factor}`, code: CODE, constants };
}

async function pipeline(device: Device, factor = 1): Promise<Pipeline> {
  const [compiled] = await device.createPipelines([spec(device, factor)]);
  return compiled!;
}

const numbers = (count: number) => Uint32Array.from({ length: count }, (_, i) => i * 7 + 1);
const groups = (device: Device, count: number) => [Math.ceil(count / device.info.workgroupSize)] as const;

describeOnDevices("a device", (getDevice) => {
  it("creates zeroed buffers, writes into them and reads ranges", async () => {
    const device = getDevice();
    const buffer = device.createBuffer(40, "ten words");
    expect(await readU32(device, buffer)).toEqual(new Uint32Array(10));
    device.write(buffer, 8, numbers(3));
    device.write(buffer, 12, numbers(9).subarray(5, 6));
    expect([...new Uint32Array(await device.read(buffer, 4, 16))]).toEqual([0, 1, 36, 15]);
    buffer.destroy();
  });

  it("takes empty buffers, writes, reads and dispatches", async () => {
    const device = getDevice();
    const empty = device.createBuffer(0, "empty");
    device.write(empty, 0, new Uint32Array(0));
    expect((await device.read(empty)).byteLength).toBe(0);
    const [x, y] = [upload(device, numbers(4)), poisoned(device, 4)];
    const scale = await pipeline(device);
    const recording = device.record("nothing", (recorder) => {
      recorder.dispatch(scale, [x, y], [0], Uint32Array.of(0, 0));
      recorder.copy(x, 0, y, 0, 0);
    });
    device.run(recording);
    expect([...(await readU32(device, y))]).toEqual(Array(4).fill(0xffffffff));
  });

  it("runs dispatches and copies in order, again and again, each with its own params", async () => {
    const device = getDevice();
    const count = 100;
    const [double, triple] = await device.createPipelines([spec(device, 2), spec(device, 3)]);
    const [a, b, c] = [upload(device, numbers(count), "a"), poisoned(device, count, "b"), poisoned(device, count, "c")];
    const params = Uint32Array.of(count, 5);
    const recording = device.record("chain", (recorder) => {
      recorder.dispatch(double!, [a, b], groups(device, count), params);
      recorder.dispatch(triple!, [b, c], groups(device, count), Uint32Array.of(count - 1, 1));
      recorder.copy(c, 0, a, 0, (count - 1) * 4);
    });
    params.fill(0); // Copied when recorded.
    device.run(recording);
    device.run(recording);
    await device.finish();
    const once = (value: number) => (value * 2 + 5) * 3 + 1;
    const expected = [...numbers(count)].map((value, i) => (i < count - 1 ? once(once(value)) : value));
    expect([...(await readU32(device, a))]).toEqual(expected);
    expect((await readU32(device, c))[count - 1]).toBe(0xffffffff);
    recording.destroy();
  });

  it("binds ranges of buffers", async () => {
    const device = getDevice();
    const [x, y] = [upload(device, numbers(200)), poisoned(device, 200)];
    const scale = await pipeline(device, 10);
    const recording = device.record("ranges", (recorder) => {
      const from = { buffer: x, offset: 256, size: 256 };
      const to = { buffer: y, offset: 512, size: 256 };
      recorder.dispatch(scale, [from, to], groups(device, 64), Uint32Array.of(64, 0));
    });
    device.run(recording);
    const result = await readU32(device, y);
    expect([...result.subarray(128, 192)]).toEqual([...numbers(200).subarray(64, 128)].map((value) => value * 10));
    expect([...result.subarray(0, 128), ...result.subarray(192)].every((value) => value === 0xffffffff)).toBe(true);
  });

  it("gives the same pipeline for the same spec", async () => {
    const device = getDevice();
    const [first, second] = await device.createPipelines([spec(device, 4), spec(device, 4)]);
    expect(second).toBe(first);
    expect(await pipeline(device, 4)).toBe(first);
    expect(await pipeline(device, 6)).not.toBe(first);
  });

  it("names the line of a kernel that does not compile", async () => {
    const device = getDevice();
    const code = CODE.replace("x[id.x] * FACTOR", "x[id.x] * MISSING");
    const broken = device.createPipelines([{ name: "broken", code }]);
    await expect(broken).rejects.toMatchObject({ name: "KernelError" });
    await expect(broken).rejects.toThrow(/broken: line 11, column 25: .*MISSING/);
  });

  it("refuses ranges and bindings that do not fit", async () => {
    const device = getDevice();
    const [x, y] = [upload(device, numbers(4)), poisoned(device, 4)];
    const scale = await pipeline(device);
    const binding = { code: "binding" };
    expect(() => device.write(x, 12, numbers(2))).toThrow(expect.objectContaining(binding));
    await expect(device.read(x, 8, 12)).rejects.toMatchObject(binding);
    const record = (bindings: Parameters<typeof device.record>[1]) => () => device.record("wrong", bindings);
    const params = Uint32Array.of(4, 0);
    expect(record((r) => r.dispatch(scale, [x], [1], params))).toThrow(expect.objectContaining(binding));
    expect(record((r) => r.dispatch(scale, [x, y], [1]))).toThrow(expect.objectContaining(binding));
    const outside = { buffer: y, offset: 256, size: 16 };
    expect(record((r) => r.dispatch(scale, [x, outside], [1], params))).toThrow(expect.objectContaining(binding));
    expect(record((r) => r.copy(x, 8, y, 0, 12))).toThrow(expect.objectContaining(binding));
    const gone = device.createBuffer(16, "gone");
    gone.destroy();
    expect(() => device.write(gone, 0, numbers(1))).toThrow(expect.objectContaining(binding));
  });

  it("refuses sizes that are none", () => {
    const device = getDevice();
    for (const size of [-4, 1.5, Number.NaN, 2 ** 60]) {
      expect(() => device.createBuffer(size, "wrong")).toThrow(/wrong/);
    }
  });
});
