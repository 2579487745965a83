/**
 * `npm run bench`: every figure of docs/performance.md in one go, as a Markdown table on stdout (`--json`: as JSON).
 * Each row is one `tug bench` with its peer, both measured by turns; medians and their ratio.
 */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { z } from "zod";

const tug = fileURLToPath(new URL("../../apps/inference/bin/tug.js", import.meta.url));
const stories = fileURLToPath(new URL("../../models/stories260K/stories260K.gguf", import.meta.url));

const answer = z.object({
  machine: z.object({ cpu: z.string(), cores: z.number(), node: z.string(), threads: z.number(), device: z.string() }),
  results: z.array(
    z.object({
      name: z.string(),
      unit: z.string(),
      ours: z.number().nullable(),
      peer: z.number().nullable(),
      ratio: z.number().nullable(),
    }),
  ),
});
type Answer = z.infer<typeof answer>;
type Row = Answer["results"][number] & { readonly peerName: string };

const benches: readonly { readonly title: string; readonly peer: string; readonly args: readonly string[] }[] = [
  { title: "135M, q8_0", peer: "llama.cpp", args: ["decode", "--type", "q8_0"] },
  { title: "135M, q4_0", peer: "llama.cpp", args: ["decode", "--type", "q4_0"] },
  { title: "stories260K, f32", peer: "llama.cpp", args: ["decode", "--model", stories, "--tokens", "200"] },
  { title: "135M, q8_0", peer: "llama.cpp", args: ["prefill", "--type", "q8_0"] },
  { title: "135M, q4_0", peer: "llama.cpp", args: ["prefill", "--type", "q4_0"] },
  { title: "kernels", peer: "jax-js", args: ["kernels"] },
];

const run = promisify(execFile);
const runs = process.argv.includes("--runs") ? process.argv[process.argv.indexOf("--runs") + 1]! : "5";
const rows: Row[] = [];
let machine: Answer["machine"] | undefined;
for (const { args, peer, title } of benches) {
  process.stderr.write(`tug bench ${args.join(" ")}\n`);
  const command = [tug, "bench", ...args, "--against", peer, "--runs", runs, "--json"];
  const { stdout } = await run(process.execPath, command, { maxBuffer: 1 << 24 });
  const parsed = answer.parse(JSON.parse(stdout));
  machine ??= parsed.machine;
  for (const result of parsed.results)
    rows.push({ ...result, name: `${title}: ${result.name}`, peerName: result.peer === null ? "" : peer });
}

if (process.argv.includes("--json")) {
  process.stdout.write(`${JSON.stringify({ machine, results: rows })}\n`);
} else {
  const { cpu, cores, device, node, threads } = machine!;
  process.stdout.write(`${cpu}, ${cores} cores, ${threads} threads, Node ${node}, device ${device}\n\n`);
  process.stdout.write("| what | unit | Tugboat | peer | ratio |\n|---|---|---|---|---|\n");
  for (const { name, ours, peer, peerName, ratio, unit } of rows) {
    const cells = [name, unit, ours ?? "", peer === null ? "" : `${peer} (${peerName})`, ratio ?? ""];
    process.stdout.write(`| ${cells.join(" | ")} |\n`);
  }
}
