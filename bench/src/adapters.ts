/**
 * What adapters cost: sixteen answers at once of the model alone, and the same with an adapter each, out of sixty-four that
 * are loaded. By turns in one run, so that the ratio holds on a noisy machine.
 * `npm run bench:adapters -w @tugboat/bench -- --model model.gguf [--runs 5 --rank 8 --adapters 64 --batch 16 --tokens 48]`
 */
import { parseArgs } from "node:util";
import { type Engine, loadEngine, modelAnatomy, type PeftAdapter } from "@tugboat/engine";
import { openModel } from "@tugboat/engine/node";
import { median, type Row, report } from "./report.ts";

const { values } = parseArgs({
  options: {
    model: { type: "string" },
    runs: { type: "string", default: "5" },
    rank: { type: "string", default: "8" },
    adapters: { type: "string", default: "64" },
    batch: { type: "string", default: "16" },
    tokens: { type: "string", default: "48" },
    threads: { type: "string", default: "2" },
  },
});
if (values.model === undefined) throw new Error("--model is missing");
const [runs, rank, count, batch, tokens] = [values.runs, values.rank, values.adapters, values.batch, values.tokens].map(
  Number,
) as [number, number, number, number, number];

const source = await openModel(values.model);
const { dim, ffn, headDim, heads, kvHeads, layers } = await modelAnatomy(source.files);
const engine = await loadEngine(source, {
  device: "cpu",
  threads: Number(values.threads),
  maxSequences: batch,
  contextLength: 128,
  adapters: { maxRank: Math.max(8, rank), bytes: 2 ** 31 },
});

/** All seven projections, random: what is measured does not depend on what they say. */
function randomAdapter(seed: number): PeftAdapter {
  const matrices: Record<string, readonly [number, number]> = {
    "self_attn.q_proj": [heads * headDim, dim],
    "self_attn.k_proj": [kvHeads * headDim, dim],
    "self_attn.v_proj": [kvHeads * headDim, dim],
    "self_attn.o_proj": [dim, heads * headDim],
    "mlp.gate_proj": [ffn, dim],
    "mlp.up_proj": [ffn, dim],
    "mlp.down_proj": [dim, ffn],
  };
  let state = seed >>> 0;
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32 - 0.5;
  };
  const header: Record<string, { dtype: "F32"; shape: readonly number[]; data_offsets: readonly [number, number] }> =
    {};
  const parts: Float32Array[] = [];
  let offset = 0;
  const add = (name: string, shape: readonly [number, number], scale: number) => {
    const part = Float32Array.from({ length: shape[0] * shape[1] }, () => next() * scale);
    header[name] = { dtype: "F32", shape, data_offsets: [offset, offset + part.byteLength] };
    offset += part.byteLength;
    parts.push(part);
  };
  for (let layer = 0; layer < layers; layer++) {
    for (const [name, [n, k]] of Object.entries(matrices)) {
      const base = `base_model.model.model.layers.${layer}.${name}`;
      add(`${base}.lora_A.weight`, [rank, k], 2 / Math.sqrt(k));
      add(`${base}.lora_B.weight`, [n, rank], 0.02);
    }
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const weights = new Uint8Array(8 + text.length + offset);
  new DataView(weights.buffer).setBigUint64(0, BigInt(text.length), true);
  weights.set(text, 8);
  let at = 8 + text.length;
  for (const part of parts) {
    weights.set(new Uint8Array(part.buffer), at);
    at += part.byteLength;
  }
  return { config: { peft_type: "LORA", r: rank, lora_alpha: 2 * rank }, weights };
}

const loadMs: number[] = [];
for (let i = 0; i < count; i++) {
  const peft = randomAdapter(i + 1);
  const begin = performance.now();
  (await engine.openAdapter(`adapter ${i}`, async () => peft)).release();
  loadMs.push(performance.now() - begin);
}

/** Tokens per second of all together, from when all of them decode to the end of the last. */
async function measure(engine: Engine, adapterOf: ((i: number) => string) | undefined): Promise<number> {
  const answers = Array.from({ length: batch }, async (_, i) => {
    const unread = () => Promise.reject(new Error("an adapter was evicted: give them more memory"));
    const adapter = adapterOf && (await engine.openAdapter(adapterOf(i), unread));
    const prompt = { tokens: Array.from({ length: 16 }, (_, j) => 100 + ((i * 31 + j * 7) % 400)) };
    let first = 0;
    let last = 0;
    const request = {
      prompt,
      maxTokens: tokens,
      temperature: 0,
      ignoreEos: true,
      cacheScope: `run ${turn} ${i}`,
      adapter,
    };
    for await (const event of engine.generate(request)) {
      if (event.type !== "token") continue;
      last = performance.now();
      if (first === 0) first = last;
    }
    adapter?.release();
    return { first, last };
  });
  const ended = await Promise.all(answers);
  const start = Math.max(...ended.map(({ first }) => first));
  return (batch * (tokens - 1) * 1000) / (Math.max(...ended.map(({ last }) => last)) - start);
}

let turn = 0;
const base: number[] = [];
const different: number[] = [];
const same: number[] = [];
for (let run = 0; run <= runs; run++) {
  turn += 1;
  const one = await measure(engine, undefined);
  turn += 1;
  const each = await measure(engine, (i) => `adapter ${(run * batch + i) % count}`);
  turn += 1;
  const shared = await measure(engine, () => `adapter ${run % count}`);
  // The first of each warms up.
  if (run === 0) continue;
  base.push(one);
  different.push(each);
  same.push(shared);
}
const { bytes } = engine.stats().adapters;
await engine.close();

const ratio = (of: readonly number[]) => median(of.map((value, i) => value / base[i]!));
const rows: Row[] = [
  { name: `${batch} at once, the model alone`, unit: "tokens/s", ours: median(base) },
  { name: `${batch} at once, ${batch} different adapters of rank ${rank}`, unit: "tokens/s", ours: median(different) },
  { name: "different adapters ÷ the model alone", unit: "times", ours: ratio(different) },
  { name: "one adapter for all ÷ the model alone", unit: "times", ours: ratio(same) },
  { name: `an adapter of rank ${rank} read, packed and on the device`, unit: "ms", ours: median(loadMs) },
  { name: `${count} adapters on the device`, unit: "MB", ours: bytes / 1e6 },
];
report(rows);
