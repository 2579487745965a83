/** How fast a step of training is beside PyTorch's, and how much memory a LoRA run takes, for docs/tuning.md. */
import { execFileSync } from "node:child_process";
import { loadavg } from "node:os";
import { openTrainer } from "@tugboat/engine";
import { openModel } from "@tugboat/engine/node";
import { z } from "zod";
import { repositoryRoot } from "../src/env.ts";

export const throughput = z.object({
  machine: z.string(),
  date: z.string(),
  /** Programs that wanted to compute meanwhile, ours included. */
  load: z.number(),
  results: z.array(
    z.object({
      name: z.string(),
      unit: z.string(),
      ours: z.number(),
      peer: z.number().optional(),
      ratio: z.number().optional(),
    }),
  ),
  /** In bytes, with micro-batches of `rows` tokens. */
  memory: z.object({ frozen: z.number(), trained: z.number(), scratch: z.number(), rows: z.number() }),
});
export type Throughput = z.output<typeof throughput>;

const rows = 1024;

export async function measureThroughput(model: string, rounds: number): Promise<Throughput> {
  const printed = execFileSync(
    "npm",
    ["run", "-s", "bench:train", "-w", "@tugboat/bench", "--", "--model", model, "--rounds", String(rounds)],
    { cwd: repositoryRoot, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] },
  );
  const { machine, results } = throughput.pick({ machine: true, results: true }).parse(JSON.parse(printed));
  const source = await openModel(model);
  const trainer = await openTrainer(source, { device: "cpu", method: { kind: "lora", rank: 16 }, maxRows: rows });
  const { frozen, scratch, trained } = trainer.info.bytes;
  await trainer.close();
  await source.files.close();
  const date = new Date().toISOString().slice(0, 10);
  return { machine, date, load: loadavg()[1] ?? 0, results, memory: { frozen, trained, scratch, rows } };
}

export function throughputText({ date, load, machine, memory, results }: Throughput): string {
  const lines = results.map(
    ({ name, ours, peer, ratio, unit }) => `| ${name} | ${unit} | ${ours} | ${peer ?? "–"} | ${ratio ?? "–"} |`,
  );
  const mib = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
  const share = Math.round((memory.trained / memory.frozen) * 100);
  return `| what | unit | ours | PyTorch | ratio |
|---|---|---|---|---|
${lines.join("\n")}

Measured on ${machine} on ${date}, step by step in turn, while ${load.toFixed(1)} programs wanted to compute. The second line counts the processor's time alone.

Memory of a LoRA run of rank 16: base weights ${mib(memory.frozen)}; adapter, its gradients and AdamW's moments ${mib(memory.trained)} (${share} % of the base); activations and all
else of one micro-batch of ${memory.rows} tokens ${mib(memory.scratch)}.`;
}
