import { afterEach, describe, expect, it } from "vitest";
import { KernelError } from "../device.ts";
import { createAnyWebGpuDevice } from "../node/index.ts";
import type { WebGpuDevice } from "./device.ts";

const COPY = `
@group(0) @binding(0) var<storage, read> x: array<u32>;
@group(0) @binding(1) var<storage, read_write> y: array<u32>;
@compute @workgroup_size(1)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  y[id.x] = x[id.x];
}
`;

/** Why there is no WebGPU here, or undefined. */
async function missing(): Promise<string | undefined> {
  try {
    (await createAnyWebGpuDevice()).destroy();
    return undefined;
  } catch (error) {
    if (error instanceof KernelError && error.code === "no-device") return error.message;
    throw error;
  }
}

const reason = await missing();
if (reason !== undefined) console.warn(`skipped: the WebGPU device: ${reason}`);

describe.skipIf(reason !== undefined)("the WebGPU device", () => {
  const opened: WebGpuDevice[] = [];
  const open = async () => {
    const device = await createAnyWebGpuDevice();
    opened.push(device);
    return device;
  };
  afterEach(() => {
    for (const device of opened.splice(0)) device.destroy();
  });

  it("tells what it is", async () => {
    const { info } = await open();
    expect(info).toMatchObject({ kind: "webgpu", threads: 0 });
    expect(info.description).not.toBe("");
    expect(info.maxBufferSize).toBeGreaterThan(2 ** 27); // More than WebGPU's default: the adapter's own limits are asked for.
    expect(Math.log2(info.workgroupSize) % 1).toBe(0);
  });

  it("refuses a buffer that is both read and written in one dispatch", async () => {
    const device = await open();
    const [copy] = await device.createPipelines([{ name: "copy", code: COPY }]);
    const buffer = device.createBuffer(1024, "both");
    const halves = [
      { buffer, offset: 0, size: 256 },
      { buffer, offset: 512, size: 256 },
    ];
    expect(() => device.record("alias", (recorder) => recorder.dispatch(copy!, halves, [1]))).toThrow(
      /"both" is written/,
    );
    expect(() => device.record("self", (recorder) => recorder.copy(buffer, 0, buffer, 512, 64))).toThrow(/"both"/);
  });

  it("refuses more memory than it has, with advice", async () => {
    const device = await open();
    const huge = Math.floor(device.info.maxBufferSize / 4) * 4 + 4;
    expect(() => device.createBuffer(huge, "huge")).toThrow(
      expect.objectContaining({ code: "out-of-memory", hint: expect.stringContaining("smaller") }),
    );
  });

  it("refuses too many workgroups", async () => {
    const device = await open();
    const [copy] = await device.createPipelines([{ name: "copy", code: COPY }]);
    const [x, y] = [device.createBuffer(16, "x"), device.createBuffer(16, "y")];
    expect(() => device.record("wide", (recorder) => recorder.dispatch(copy!, [x, y], [65536]))).toThrow(/65536/);
  });

  it("names an override that the kernel has not", async () => {
    const device = await open();
    const compiled = device.createPipelines([{ name: "copy", code: COPY, constants: { NOT_THERE: 1 } }]);
    await expect(compiled).rejects.toMatchObject({ code: "compile" });
    await expect(compiled).rejects.toThrow(/NOT_THERE/);
  });

  it("reads at the same time from several places", async () => {
    const device = await open();
    const buffer = device.createBuffer(64, "shared");
    device.write(
      buffer,
      0,
      Uint32Array.from({ length: 16 }, (_, i) => i),
    );
    const reads = Array.from({ length: 16 }, (_, i) => device.read(buffer, i * 4, 4));
    const values = (await Promise.all(reads)).map((bytes) => new Uint32Array(bytes)[0]);
    expect(values).toEqual(Array.from({ length: 16 }, (_, i) => i));
  });

  it("says that it was destroyed", async () => {
    const device = await open();
    const buffer = device.createBuffer(16, "x");
    device.destroy();
    expect(() => device.createBuffer(16, "y")).toThrow(expect.objectContaining({ code: "device-lost" }));
    await expect(device.read(buffer)).rejects.toMatchObject({ code: "device-lost" });
    await expect(device.finish()).rejects.toMatchObject({ code: "device-lost" });
  });

  it("does not run what another device recorded", async () => {
    const [one, other] = [await open(), await open()];
    const [copy] = await one.createPipelines([{ name: "copy", code: COPY }]);
    const [x, y] = [one.createBuffer(16, "x"), other.createBuffer(16, "y")];
    expect(() => one.record("mixed", (recorder) => recorder.dispatch(copy!, [x, y], [1]))).toThrow(
      expect.objectContaining({ code: "binding" }),
    );
  });
});
