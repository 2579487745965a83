/**
 * Measures every aim of serving and writes the table of docs/performance.md: `npm run docs:serving` (after `npm run build`).
 * `--only serve,adapters,speculation,streams` measures some of it; what was measured before is kept in `--folder`.
 * `--runs 3` measurements by turns of each, of which medians count; `--dry` writes nothing into docs. JSON on stdout.
 */
import { execFile } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { availableParallelism, cpus, loadavg } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { z } from "zod";
import { type Source, servingRows } from "./serving-rows.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const { values: options } = parseArgs({
  options: {
    only: { type: "string", default: "serve,adapters,speculation,streams" },
    runs: { type: "string", default: "3" },
    folder: { type: "string", default: join(root, ".tugboat/serving-table") },
    dry: { type: "boolean", default: false },
  },
});
const folder = resolve(options.folder);
// Made by the first of the commands, and kept.
const model = join(folder, "cache/bench/random-135m-q8_0.gguf");
const script = (name: string) => ["--import", "tsx", "--conditions=@tugboat/source", join(root, "bench/src", name)];

const commands: Readonly<Record<Source, { readonly shown: string; readonly args: readonly string[] }>> = {
  serve: {
    shown: "npx tug bench serve --against llama.cpp",
    args: [
      join(root, "apps/inference/bin/tug.js"),
      "bench",
      "serve",
      "--against",
      "llama.cpp",
      "--runs",
      options.runs,
      "--json",
    ],
  },
  adapters: {
    shown: "npm run bench:adapters -w @tugboat/bench -- --model M.gguf",
    args: [...script("adapters.ts"), "--model", model, "--runs", options.runs],
  },
  speculation: {
    shown: "npm run bench:speculation -w @tugboat/bench -- --model M.gguf",
    args: [...script("speculation.ts"), "--model", model, "--runs", options.runs],
  },
  streams: { shown: "npx tsx bench/src/streams.ts", args: [...script("streams.ts"), "--streams", "300"] },
};

const kept = z.object({
  date: z.string(),
  /** Programs that wanted to compute before it began. */
  load: z.number(),
  results: z.array(
    z.object({ name: z.string(), ours: z.number().nullable(), ratio: z.number().nullable().optional() }),
  ),
});

const run = promisify(execFile);
await mkdir(folder, { recursive: true });
for (const source of z.array(z.enum(["serve", "adapters", "speculation", "streams"])).parse(options.only.split(","))) {
  const { args, shown } = commands[source];
  process.stderr.write(`${shown}\n`);
  const load = loadavg()[0] ?? 0;
  const env = { ...process.env, TUGBOAT_HOME: folder };
  const { stdout } = await run(process.execPath, args, { cwd: root, env, maxBuffer: 1 << 24 });
  const printed = z.object({ results: kept.shape.results }).parse(JSON.parse(stdout));
  const measured = { date: new Date().toISOString().slice(0, 10), load, ...printed };
  await writeFile(join(folder, `${source}.json`), `${JSON.stringify(measured, null, 2)}\n`);
}

const lines: string[] = [];
const results: object[] = [];
for (const { aim, of, source, what } of servingRows) {
  const text = await readFile(join(folder, `${source}.json`), "utf8").catch(() => undefined);
  if (text === undefined) {
    lines.push(`| ${what} | ${aim} | not measured yet | | \`${commands[source].shown}\` | |`);
    continue;
  }
  const { date, load, results: all } = kept.parse(JSON.parse(text));
  const { isMet, measured } = of(all);
  lines.push(
    `| ${what} | ${aim} | ${measured} | ${isMet ? "met" : "missed"} | \`${commands[source].shown}\` | ${date}, ${load.toFixed(1)} |`,
  );
  results.push({ name: what, aim, measured, isMet, date, load });
}
const machine = { cpu: cpus()[0]?.model.trim() ?? "unknown", cores: availableParallelism(), node: process.version };
process.stdout.write(`${JSON.stringify({ machine, results }, null, 2)}\n`);

if (!options.dry) {
  const page = join(root, "docs/performance.md");
  const [begin, end] = ["<!-- serving -->", "<!-- end of serving -->"];
  const document = await readFile(page, "utf8");
  const [before, rest] = document.split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) throw new Error(`docs/performance.md has no ${begin} and ${end}`);
  const table = [
    "| what | aim | measured | | command | date, load before |",
    "|---|---|---|---|---|---|",
    ...lines,
    "",
    `Measured on ${machine.cpu}, ${machine.cores} threads, Node ${machine.node}; medians; what is compared was measured by turns in one run.`,
  ].join("\n");
  await writeFile(page, `${before}${begin}\n${table}\n${end}${after}`);
}
