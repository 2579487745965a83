import { expect, it } from "vitest";
import { describeOnDevices } from "../testing/devices.ts";
import { poisoned, upload } from "../testing/run.ts";
import { f32Bits, OpSet } from "./op.ts";

describeOnDevices("OpSet", (getDevice) => {
  const constants = { K: 32 };

  it("compiles what was asked for, once each, with the device's workgroup size", async () => {
    const device = getDevice();
    const ops = new OpSet(device);
    const first = ops.kernel("quantize", { constants });
    expect(ops.kernel("quantize", { constants: { ...constants } })).toBe(first);
    expect(ops.kernel("quantize", { constants: { K: 64 } })).not.toBe(first);
    expect(ops.size).toBe(2);
    expect(first.workgroupSize).toBe(device.info.workgroupSize);
    const narrow = ops.kernel("quantize", { constants, workgroupSize: 4 });
    expect(narrow.workgroupSize).toBe(Math.min(4, device.info.workgroupSize));
    await ops.compile();
  });

  it("refuses to dispatch before it has compiled, and to take more afterwards", async () => {
    const device = getDevice();
    const ops = new OpSet(device);
    const kernel = ops.kernel("quantize", { constants });
    const buffers = [upload(device, new Float32Array(32)), poisoned(device, 8), poisoned(device, 2)];
    const record = () => device.record("one", (recorder) => kernel.dispatch(recorder, buffers, [1, 1]));
    expect(record).toThrow(expect.objectContaining({ code: "compile" }));
    await ops.compile();
    device.run(record());
    await device.finish();
    expect(() => ops.kernel("quantize", { constants: { K: 96 } })).toThrow(
      expect.objectContaining({ code: "compile" }),
    );
  });
});

it("f32Bits gives the bits of a float", () => {
  expect(f32Bits(1)).toBe(0x3f800000);
  expect(f32Bits(-2)).toBe(0xc0000000);
});
