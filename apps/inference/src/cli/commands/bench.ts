import { availableParallelism } from "node:os";
import { Command, Option } from "commander";
import type { Figure } from "../bench/figures.ts";
import { benchKernels } from "../bench/kernels.ts";
import { describeMachine, type Machine } from "../bench/machine.ts";
import { type BenchModelType, benchModelTypes } from "../bench/model.ts";
import { benchModelSpeed } from "../bench/model-speed.ts";
import { benchServe } from "../bench/serve.ts";
import { type CliContext, contextOf } from "../context.ts";
import { integer } from "../options.ts";
import { printJson, table } from "../output.ts";

export interface BenchOptions {
  readonly model?: string;
  readonly type: BenchModelType;
  readonly threads: number;
  readonly against?: "llama.cpp" | "jax-js";
  readonly runs: number;
  readonly device: "auto" | "cpu" | "webgpu";
  readonly tokens?: number;
  /** Of `serve`: what binds each kind of work, in place of the figures of many users. */
  readonly explain?: boolean;
}

export type Bench = (options: BenchOptions, context: CliContext) => Promise<{ figures: Figure[]; device: string }>;

export function benchCommand(): Command {
  const bench = new Command("bench").description(
    "measure, alone or against a peer; both run by turns and medians count",
  );
  add(bench, "decode", "tokens per second of one sequence", benchModelSpeed("decode"), "llama.cpp");
  add(bench, "prefill", "prompt tokens per second", benchModelSpeed("prefill"), "llama.cpp");
  add(bench, "serve", "many at once: a batch, a shared prefix, a flood", benchServe, "llama.cpp");
  add(bench, "kernels", "matrix products", benchKernels, "jax-js");
  bench
    .command("keys")
    .description("what checking an API key adds to a request")
    .option("--runs <n>", "runs of 2,000 requests", integer(1, 1000), 5)
    .action(async ({ runs }: { runs: number }, self: Command) => {
      const { benchKeys } = await import("../bench/keys.ts");
      const figures = await benchKeys(runs);
      const machine = describeMachine(1, "cpu");
      if (contextOf(self).json) return printJson({ machine, results: figures });
      print(machine, figures, undefined);
    });
  bench
    .command("metering")
    .description("what accounting for a request adds to it, and how fast usage is summed up and read")
    .option("--runs <n>", "runs of 2,000 requests and 40,000 events", integer(1, 100), 3)
    .action(async ({ runs }: { runs: number }, self: Command) => {
      const { benchMetering } = await import("../bench/metering.ts");
      const figures = await benchMetering(runs);
      const machine = describeMachine(1, "cpu");
      if (contextOf(self).json) return printJson({ machine, results: figures });
      print(machine, figures, undefined);
    });
  bench
    .command("billing")
    .description("a month of usage: taken in, folded, charted, invoiced and reconciled")
    .option("--runs <n>", "readings of each chart", integer(1, 100), 5)
    .option("--count <n>", "events that are made", integer(1000, 100_000_000), 200_000)
    .action(async ({ count, runs }: { count: number; runs: number }, self: Command) => {
      const { benchBilling } = await import("../bench/billing.ts");
      const figures = await benchBilling(runs, count, (line) => process.stderr.write(`${line}\n`));
      const machine = describeMachine(1, "cpu");
      if (contextOf(self).json) return printJson({ machine, results: figures });
      print(machine, figures, undefined);
    });
  bench
    .command("traces")
    .description("how fast traces are written, and pages of them read by each kind of filter")
    .option("--runs <n>", "readings of each page", integer(1, 100), 5)
    .option("--count <n>", "traces that are made, with six steps each", integer(1000, 5_000_000), 20_000)
    .action(async ({ count, runs }: { count: number; runs: number }, self: Command) => {
      const { benchTraces } = await import("../bench/traces.ts");
      const figures = await benchTraces(runs, count);
      const machine = describeMachine(1, "cpu");
      if (contextOf(self).json) return printJson({ machine, results: figures });
      print(machine, figures, undefined);
    });
  bench
    .command("evaluations")
    .description("scores, a comparison of 3 × 10,000 opened and filtered, a dataset browsed")
    .option("--runs <n>", "readings of each page", integer(1, 100), 5)
    .option("--count <n>", "rows of the dataset", integer(1000, 5_000_000), 100_000)
    .action(async ({ count, runs }: { count: number; runs: number }, self: Command) => {
      const { benchEvaluations } = await import("../bench/evaluations.ts");
      const figures = await benchEvaluations(runs, count, (line) => process.stderr.write(`${line}\n`));
      const machine = describeMachine(1, "cpu");
      if (contextOf(self).json) return printJson({ machine, results: figures });
      print(machine, figures, undefined);
    });
  return bench;
}

function add(parent: Command, name: string, description: string, run: Bench, peer: "llama.cpp" | "jax-js"): void {
  const command = parent
    .command(name)
    .description(description)
    .addOption(new Option("--against <peer>", "measure this too, by turns").choices([peer]))
    .option("--threads <n>", "CPU threads of each side", integer(1, 256), availableParallelism())
    .option("--runs <n>", "measurements of each side", integer(1, 1000), 5)
    .addOption(new Option("--device <device>", "where we compute").choices(["auto", "cpu", "webgpu"]).default("cpu"));
  if (name !== "kernels") {
    command
      .option("--model <model>", "a name or path; by default a random one of 135M parameters")
      .addOption(
        new Option("--type <type>", "weights of the random model").choices([...benchModelTypes]).default("q8_0"),
      )
      .option(
        "--tokens <n>",
        name === "prefill" ? "tokens of the prompt" : "tokens of each answer",
        integer(2, 100_000),
      );
  }
  if (name === "serve") {
    command.option("--explain", "which resource binds each kind of work, and what one more worker of it would bring");
  }
  command.action(async (options: BenchOptions, self: Command) => {
    const context = contextOf(self);
    if (options.explain) return explainServe(options, context);
    const { device, figures } = await run(options, context);
    const machine = describeMachine(options.threads, device);
    if (context.json) return printJson({ machine, results: figures });
    print(machine, figures, options.against);
  });
}

async function explainServe(options: BenchOptions, context: CliContext): Promise<void> {
  const { benchServeExplain, explanationText } = await import("../bench/serve-explain.ts");
  const { device, explain, figures } = await benchServeExplain(options, context);
  const machine = describeMachine(options.threads, device);
  if (context.json) return printJson({ machine, results: figures, explain });
  print(machine, figures, undefined);
  process.stdout.write(`\n${explanationText(explain)}`);
}

function print(machine: Machine, figures: readonly Figure[], peer: string | undefined): void {
  process.stdout.write(
    `${machine.cpu}, ${machine.threads} threads, Node ${machine.node}, device ${machine.device}\n\n`,
  );
  const show = (value: number | null) => (value === null ? "" : String(value));
  const rows = figures.map(({ name, ours, peer: theirs, ratio, unit }) => [
    name,
    unit,
    show(ours),
    ...(peer === undefined ? [] : [show(theirs), show(ratio)]),
  ]);
  process.stdout.write(table(["", "unit", "Tugboat", ...(peer === undefined ? [] : [peer, "ratio"])], rows));
}
