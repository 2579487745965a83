import type { WeightType } from "@tugboat/kernels";
import { describe, expect, it } from "vitest";
import { readArchitecture } from "../architectures/registry.ts";
import type { RandomFamily } from "../formats/testing/random-configs.ts";
import { randomModel } from "../formats/testing/random-model.ts";
import { resolveTensors } from "../weights/resolve.ts";
import { lower } from "./lower.ts";
import { placeSlots } from "./memory.ts";
import { NodeRecorder } from "./nodes.ts";
import type { Instruction, Plan } from "./plan.ts";

async function planOf(family: RandomFamily, typeOf: (tensor: string) => WeightType): Promise<Plan> {
  const files = randomModel(family);
  const { architecture, hyperparameters } = await readArchitecture(files);
  const found = resolveTensors(files, architecture, hyperparameters);
  const tensors = new Map([...found].map(([name, { spec }]) => [name, spec]));
  const recorder = new NodeRecorder(tensors);
  architecture.forward(recorder, hyperparameters);
  return lower({ nodes: recorder.nodes, hyperparameters, tensors, typeOf });
}

function layerOps(plan: Plan): string[] {
  const ropes = plan.instructions.flatMap(({ op }, i) => (op === "rope" ? [i] : []));
  return plan.instructions.slice(ropes[0], ropes[1]).map(({ op }) => op);
}

describe("lower", () => {
  it("fuses a layer of integer weights into nine passes", async () => {
    const plan = await planOf("llama", () => "q8_0");
    expect(layerOps(plan)).toEqual([
      "rope",
      "attention",
      "quantize",
      "matmul", // output, added to x
      "norm", // quantised in the same pass
      "matmul", // gate and up
      "quantize",
      "matmul", // down, added to x
      "norm",
      "matmul", // q, k and v
    ]);
    const norms = plan.instructions.filter((one) => one.op === "norm");
    expect(norms.every(({ y }) => plan.slots[y]!.form === "int8")).toBe(true);
  });

  it("needs no quantisation for float weights", async () => {
    const plan = await planOf("llama", () => "f16");
    expect(layerOps(plan)).toEqual(["rope", "attention", "matmul", "norm", "matmul", "matmul", "norm", "matmul"]);
    expect(plan.slots.every(({ form }) => form === "f32")).toBe(true);
  });

  it("adds a norm's result in the norm's own pass", async () => {
    const plan = await planOf("gemma2", () => "q8_0");
    expect(layerOps(plan).filter((op) => op === "add-norm")).toHaveLength(2);
    expect(plan.instructions.some(({ op }) => op === "add")).toBe(false);
    expect(plan.instructions.at(-1)).toMatchObject({ op: "softcap", cap: 30 });
  });

  it("keeps q, k and v apart when their types differ, and gives gate and up one type", async () => {
    const mixed = (tensor: string): WeightType => (/attn_v|ffn_up/.test(tensor) ? "q6_K" : "q4_K");
    const plan = await planOf("llama", mixed);
    const rope = plan.instructions.find((one) => one.op === "rope")!;
    expect(rope.qkv).toHaveLength(3);
    expect(plan.weights.filter(({ gated }) => gated).map(({ type }) => type)).toEqual(Array(3).fill("q8_0"));
    const floats = await planOf("llama", (tensor) => (/ffn_up/.test(tensor) ? "f32" : "q8_0"));
    const gated = floats.weights.find((weight) => weight.gated)!;
    expect(gated.type).toBe("f16");
    // The norm before it now feeds a float product.
    const products = floats.instructions.filter((one) => one.op === "matmul");
    const product = products.find(({ weight }) => floats.weights[weight]!.gated)!;
    expect(floats.slots[product.x]!.form).toBe("f32");
  });

  it("uses a tied embedding once, for both ends", async () => {
    const plan = await planOf("llama3", () => "q8_0");
    expect(plan.weights.filter(({ label }) => label.includes("token_embd"))).toHaveLength(1);
    expect(plan.weights.some(({ label }) => label === "output.weight")).toBe(false);
  });

  it("joins the biases of q, k and v", async () => {
    const plan = await planOf("qwen2", () => "q8_0");
    const joined = plan.vectors.find(({ label }) => label.includes("attn_q.bias"))!;
    expect(joined.parts.map(({ offset }) => offset)).toEqual([0, 128, 192]);
    expect(joined.length).toBe(256);
  });
});

describe("placeSlots", () => {
  it.each(["llama", "gemma2", "phi3", "smollm3"] as const)(
    "never puts two live values of %s into one buffer",
    async (family) => {
      const plan = await planOf(family, () => "q8_0");
      const limits = { step: 8, sample: 2 };
      const { buffers, places } = placeSlots(plan, limits);
      const owner = new Map<number, number>();
      const reads = (one: Instruction) =>
        Object.entries(one).flatMap(([key, value]) => (["x", "q", "t"].includes(key) ? [value as number] : []));
      const writes = (one: Instruction): number[] => {
        if (one.op === "rope") return [one.qkv[0]];
        return "y" in one ? [one.y] : "x" in one ? [one.x] : [];
      };
      for (const one of plan.instructions) {
        const inputs = [...reads(one), ...(one.op === "rope" ? one.qkv : [])];
        // What is read is still what was written.
        for (const slot of inputs) expect(owner.get(places[slot]!.buffer)).toBe(slot);
        for (const slot of writes(one)) {
          const { buffer, scales } = places[slot]!;
          for (const input of inputs) if (input !== slot) expect(places[input]!.buffer).not.toBe(buffer);
          owner.set(buffer, slot);
          if (scales) owner.set(scales.buffer, slot);
        }
      }
      for (const { buffer, bytes } of places) expect(buffers[buffer]).toBeGreaterThanOrEqual(bytes);
      // Layers share their buffers: the number does not grow with depth.
      expect(buffers.length).toBeLessThan(12);
    },
  );
});
