/**
 * `npm run bench:billing -w @tugboat/bench`: the figures of docs/performance.md on metering, billing and traces, as a
 * Markdown table. `--count` events over thirty days (10,000,000) and `--spans` steps of traces (5,000,000) are made in
 * databases of their own, which are removed; they take up to 8 GB while it runs.
 */
import { spawn } from "node:child_process";
import { loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { z } from "zod";

const tug = fileURLToPath(new URL("../../apps/inference/bin/tug.js", import.meta.url));
const stepsOfTrace = 6;
const { values } = parseArgs({
  options: {
    count: { type: "string", default: "10000000" },
    spans: { type: "string", default: "5000000" },
    runs: { type: "string", default: "5" },
  },
});
const answer = z.object({
  machine: z.object({ cpu: z.string(), cores: z.number(), node: z.string() }),
  results: z.array(z.object({ name: z.string(), unit: z.string(), ours: z.number().nullable() })),
});

function bench(...args: string[]): Promise<z.infer<typeof answer>> {
  process.stderr.write(`tug bench ${args.join(" ")}\n`);
  const child = spawn(process.execPath, [tug, "bench", ...args, "--json"], { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => {
    said += chunk.toString();
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => {
      if (code === 0) resolve(answer.parse(JSON.parse(said)));
      else reject(new Error(`tug bench ${args[0]} ended with ${code}.`));
    });
  });
}

const load = () => loadavg()[0]?.toFixed(1);
const begin = load();
const all = [
  await bench("metering"),
  await bench("billing", "--count", values.count, "--runs", values.runs),
  await bench("traces", "--count", String(Math.ceil(Number(values.spans) / stepsOfTrace)), "--runs", values.runs),
];
const { cpu, cores, node } = all[0]!.machine;
process.stdout.write(`${cpu}, ${cores} cores, Node ${node}; load ${begin} before, ${load()} at the end\n\n`);
process.stdout.write("| what | unit | measured |\n|---|---|---|\n");
for (const { name, ours, unit } of all.flatMap(({ results }) => results)) {
  process.stdout.write(`| ${name} | ${unit} | ${ours ?? ""} |\n`);
}
