import type { PlannedTensor } from "../formats/gguf-writer.ts";
import { MemorySink } from "../formats/memory.ts";
import { writeSafetensors } from "../formats/safetensors-writer.ts";
import type { RandomFamily } from "../formats/testing/random-configs.ts";
import { randomModel } from "../formats/testing/random-model.ts";
import { type Projection, projections } from "../train/method.ts";
import type { PeftAdapter } from "../train/types.ts";

export interface RandomAdapterOptions {
  readonly rank: number;
  readonly alpha?: number;
  readonly targets?: readonly Projection[];
  readonly seed: number;
  /** Deviation of B's values: how much it changes the model. */
  readonly strength?: number;
}

/** An adapter of random numbers for a random model, in peft's files. */
export async function randomAdapter(family: RandomFamily, options: RandomAdapterOptions): Promise<PeftAdapter> {
  const { alpha = 2 * options.rank, rank, seed, strength = 0.05, targets = projections } = options;
  const next = gaussians(seed);
  const tensors: PlannedTensor[] = [];
  for (const [name, { shape }] of randomModel(family).tensors) {
    if (!targets.some((target) => name.endsWith(`.${target}.weight`))) continue;
    const base = `base_model.model.${name.replace(/\.weight$/, "")}`;
    const [n, k] = [shape[0]!, shape[1]!];
    tensors.push(
      floats(`${base}.lora_A.weight`, [rank, k], () => next() / Math.sqrt(k)),
      floats(`${base}.lora_B.weight`, [n, rank], () => next() * strength),
    );
  }
  const sink = new MemorySink();
  await writeSafetensors(sink, tensors);
  return { config: { peft_type: "LORA", r: rank, lora_alpha: alpha, bias: "none" }, weights: sink.bytes() };
}

function floats(name: string, shape: readonly number[], value: () => number): PlannedTensor {
  const values = Float32Array.from({ length: shape.reduce((product, size) => product * size, 1) }, value);
  return {
    name,
    type: "f32",
    shape,
    async *data() {
      yield new Uint8Array(values.buffer);
    },
  };
}

/** Mean 0, deviation 1, from a linear congruential generator (Numerical Recipes). */
function gaussians(seed: number): () => number {
  let state = seed >>> 0;
  const uniform = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state + 1) / 2 ** 32;
  };
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}
