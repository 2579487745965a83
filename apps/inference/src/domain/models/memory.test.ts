import { describe, expect, it } from "vitest";
import { memoryFit } from "./memory.ts";

const gib = 2 ** 30;
const machine = { total: 8 * gib, forModels: 4 * gib, device: "cpu" } as const;
const needs = (weights: number) => ({ weights, cache: 0.25 * gib, rest: 0.05 * gib, contextLength: 8192 });

describe("whether a model fits", () => {
  it("names what it needs, what is there, and what to do", () => {
    const small = memoryFit(needs(gib), machine);
    expect(small.verdict).toBe("fits");
    expect(small.needed).toBe(small.weights + small.cache + small.overhead);
    expect(small.sentence).toMatch(/8,192 tokens.*4\.0 GiB of this machine's 8\.0 GiB/);
    expect(memoryFit(needs(3 * gib), machine)).toMatchObject({
      verdict: "tight",
      sentence: expect.stringContaining("make room"),
    });
    const raised = memoryFit(needs(5 * gib), { ...machine, device: "webgpu" });
    expect(raised).toMatchObject({ verdict: "too-large", sentence: expect.stringContaining("TUGBOAT_MODEL_MEMORY") });
    const never = memoryFit(needs(20 * gib), { ...machine, device: "webgpu" });
    expect(never.sentence).toContain("smaller model");
  });

  it("knows that the CPU device addresses 4 GiB, whatever the machine has", () => {
    const large = { total: 64 * gib, forModels: 40 * gib };
    expect(memoryFit(needs(6 * gib), { ...large, device: "cpu" }).sentence).toContain("the CPU device can address");
    expect(memoryFit(needs(6 * gib), { ...large, device: "webgpu" }).verdict).toBe("fits");
  });
});
