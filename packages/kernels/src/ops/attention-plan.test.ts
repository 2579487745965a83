import { describe, expect, it } from "vitest";
import type { DeviceInfo } from "../device.ts";
import { attentionSplits, planTile, tileBytes } from "./attention-plan.ts";
import { type KvShape, valuePitch } from "./kv-layout.ts";

function deviceOf(workgroupSize: number, threads = 0): DeviceInfo {
  return {
    kind: workgroupSize === 1 ? "cpu" : "webgpu",
    description: "",
    threads,
    features: new Set(),
    workgroupSize,
    maxBufferSize: 2 ** 30,
    maxWorkgroupMemory: 32 * 1024,
  };
}

describe("planTile", () => {
  const shapes = [8, 12, 64, 80, 96, 128, 200, 256].flatMap((headDim) =>
    [1, 3, 4, 5, 7, 8].flatMap((group) => (["f16", "f32", "q8_0"] as const).map((type) => ({ headDim, group, type }))),
  );

  it.each(["decode", "prefill"] as const)(
    "fits registers, workgroup memory and the kernel's conditions: %s",
    (phase) => {
      for (const lanes of [1, 16, 64, 256]) {
        for (const { headDim, group, type } of shapes) {
          const kv: KvShape = { kvHeads: 1, headDim, blocks: 1, type };
          const plan = planTile(deviceOf(lanes), group, kv, phase);
          const { ROWS, T, MR, NK, NV, LX } = plan.constants;
          const where = `${phase} ${lanes} ${headDim} ${group} ${type}`;
          expect(MR * Math.max(NK, NV), where).toBeLessThanOrEqual(16);
          expect(T % (4 * NK), where).toBe(0);
          expect(valuePitch(kv) % NV, where).toBe(0);
          expect(plan.lanes % LX, where).toBe(0);
          expect(phase === "decode" ? ROWS : 1, where).toBe(1);
          if (lanes > 1) expect(tileBytes(plan.constants, group, kv), where).toBeLessThanOrEqual(32 * 1024);
        }
      }
    },
  );

  it("takes as many positions at a time on the CPU in prefill as in decode: a row's sums are the same in both", () => {
    for (const { headDim, group, type } of shapes) {
      const kv: KvShape = { kvHeads: 1, headDim, blocks: 1, type };
      const [decode, prefill] = (["decode", "prefill"] as const).map((phase) =>
        planTile(deviceOf(1), group, kv, phase),
      );
      expect(prefill!.constants.T, `${headDim} ${group} ${type}`).toBe(decode!.constants.T);
    }
  });
});

describe("attentionSplits", () => {
  it("gives every CPU thread the same share, and leaves well alone", () => {
    expect(attentionSplits(deviceOf(1, 2), 3)).toBe(2);
    expect(attentionSplits(deviceOf(1, 2), 4)).toBe(1);
    expect(attentionSplits(deviceOf(1, 2), 9)).toBe(1);
    expect(attentionSplits(deviceOf(1, 4), 1)).toBe(4);
    expect(attentionSplits(deviceOf(1, 1), 1)).toBe(1);
  });

  it("makes enough workgroups for a GPU", () => {
    expect(attentionSplits(deviceOf(64), 8)).toBe(16);
    expect(attentionSplits(deviceOf(64), 100)).toBe(2);
    expect(attentionSplits(deviceOf(64), 1000)).toBe(1);
  });
});
