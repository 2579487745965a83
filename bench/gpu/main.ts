/** The GPU bench: what share of this card's memory bandwidth the kernels reach, and whether a model says the same there. */
import { existsSync } from "node:fs";
import { parseArgs } from "node:util";
import { KernelError } from "@tugboat/kernels";
import { openGpu } from "./adapter.ts";
import { measureCopy } from "./copy.ts";
import { measureLatency } from "./latency.ts";
import { decode } from "./model.ts";
import { measureProduct } from "./product.ts";
import { describeMachine, printTable, type Row, row } from "./report.ts";
import { FULL, SMALL } from "./sizes.ts";
import { createTimer } from "./timer.ts";

const USAGE = `Usage: node gpu.mjs [--small] [--json] [--model FILE.gguf] [--tokens N] [--skip-model]

  --small        small matrices; what a software adapter gets in any case
  --json         {machine, results} instead of a table
  --model        default: stories260K.gguf here, or models/stories260K/stories260K.gguf
  --tokens       how many to generate, default 60
`;

const MODELS = ["stories260K.gguf", "models/stories260K/stories260K.gguf", "../models/stories260K/stories260K.gguf"];

const GIGA = 1e9;

function progress(sentence: string): void {
  process.stderr.write(`${sentence}\n`);
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      small: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      model: { type: "string" },
      tokens: { type: "string", default: "60" },
      "skip-model": { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const opened = await openGpu();
  const { device, gpu, software } = opened;
  const timer = createTimer(gpu);
  const sizes = values.small || software ? SMALL : FULL;
  progress(`${device.info.description}: ${software ? "a software adapter, small sizes" : "copying"}`);
  const rows: Row[] = [];
  let failures = 0;

  const copy = await measureCopy(device, timer, sizes.copy);
  const copied = copy.bytesPerSecond / GIGA;
  rows.push(row("copy, read + written", "GB/s", copied, { note: `${copy.bytes / 2 ** 20} MiB to as many` }));

  const { dispatch, readBack } = await measureLatency(device, timer);
  rows.push(row("one more dependent dispatch", "µs", dispatch * 1e6));
  rows.push(row("submit, wait, read 4 bytes back", "µs", readBack * 1e6));

  for (const product of sizes.products) {
    const { k, n, rows: count, type } = product;
    const name = `${type} ${count === 1 ? "matrix × vector" : `matrix × ${count} rows`} ${n}×${k}`;
    progress(name);
    try {
      const { best, error, served, weightBytes } = await measureProduct(opened, timer, product, sizes.effort, progress);
      const off = `error ${error.toExponential(1)}`;
      for (const [label, { how, seconds }] of [
        ["as served", served],
        ["best tile", best],
      ] as const) {
        const note = `${(seconds * 1e6).toFixed(1)} µs, ${how}, ${off}`;
        rows.push(
          count === 1
            ? row(`${name}, ${label}`, "GB/s", weightBytes / seconds / GIGA, { peer: copied, note })
            : row(`${name}, ${label}`, "TFLOP/s", (2 * count * n * k) / seconds / 1e12, { note }),
        );
      }
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      if (!(cause instanceof KernelError && cause.code === "out-of-memory")) failures++;
      rows.push(row(name, count === 1 ? "GB/s" : "TFLOP/s", null, { note: why }));
    }
  }

  if (!values["skip-model"]) {
    const path = values.model ?? MODELS.find((candidate) => existsSync(candidate));
    if (path === undefined) throw new Error("There is no stories260K.gguf here. Name a model with --model.");
    progress(path);
    const there = await decode(path, device, Number(values.tokens));
    const here = await decode(path, "cpu", Number(values.tokens));
    const equal = there.text === here.text;
    if (!equal) {
      failures++;
      progress(`The texts differ.\n  this adapter: ${there.text}\n  CPU device:   ${here.text}`);
    }
    const note = `peer: the CPU device; ${there.tokens} tokens, ${equal ? "equal texts" : "THE TEXTS DIFFER"}`;
    rows.push(row("decode", "tok/s", there.tokensPerSecond, { peer: here.tokensPerSecond, note }));
    rows.push(
      row("time per step", "ms", there.stepMs, { peer: here.stepMs, better: "less", note: "peer: the CPU device" }),
    );
    progress(`“Once upon a time${there.text}”`);
  }

  const machine = describeMachine(device.info.description, software, timer.method);
  const results = rows;
  process.stdout.write(values.json ? `${JSON.stringify({ machine, results }, null, 2)}\n` : printTable(machine, rows));
  device.destroy();
  return failures === 0 ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  const hint = error instanceof Error && "hint" in error && typeof error.hint === "string" ? `\n${error.hint}` : "";
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}${hint}\n`);
  process.exitCode = error instanceof KernelError && error.code === "no-device" ? 2 : 1;
}
