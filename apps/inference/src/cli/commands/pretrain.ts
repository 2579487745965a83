import { existsSync } from "node:fs";
import { join } from "node:path";
import { Command, Option } from "commander";
import { contextOf } from "../context.ts";
import { decimal, integer } from "../options.ts";
import { CliError, ProgressLine, printJson } from "../output.ts";

interface Options {
  readonly like: string;
  readonly out: string;
  readonly steps: number;
  readonly batch: number;
  readonly length: number;
  readonly learningRate?: number;
  readonly seed: number;
  readonly device: "auto" | "cpu" | "webgpu";
  readonly threads?: number;
}

export function pretrainCommand(): Command {
  return new Command("pretrain")
    .description("train a model from scratch on text; goes on from its last checkpoint")
    .argument("<data...>", "text files, or .bin streams of token ids of two bytes each")
    .requiredOption("--like <folder>", "config.json, tokenizer.json and tokenizer_config.json: shape and vocabulary")
    .requiredOption("--out <folder>", "where checkpoint and model go")
    .option("--steps <n>", "steps to take", integer(1), 1000)
    .option("--batch <n>", "texts of a step", integer(1), 16)
    .option("--length <n>", "tokens of a text", integer(2, 65_536), 512)
    .option("--learning-rate <rate>", "by default as the starter models' recipe", decimal(0, 1))
    .option("--seed <n>", "same seed, same model", integer(0, 2 ** 32 - 1), 0)
    .addOption(new Option("--device <device>", "where to compute").choices(["auto", "cpu", "webgpu"]).default("auto"))
    .option("--threads <n>", "CPU threads", integer(1, 256))
    .action(async (data: string[], options: Options, command: Command) => {
      const { env, json } = contextOf(command);
      for (const path of [...data, join(options.like, "config.json"), join(options.like, "tokenizer.json")]) {
        if (!existsSync(path)) throw new CliError("not-found", `There is no ${path}.`, "Check the path.");
      }
      const { pretrain } = await import("../../tuning/pretrain.ts");
      const stop = new AbortController();
      process.once("SIGINT", () => stop.abort());
      const line = new ProgressLine();
      const { batch: batchSize, ...rest } = options;
      const done = await pretrain(
        { ...rest, data, batchSize, kernelCache: join(env.TUGBOAT_HOME, "cache/kernels") },
        ({ loss, step, tokensPerSecond }) =>
          line.show(`step ${step} of ${options.steps}, loss ${loss.toFixed(3)}, ${Math.round(tokensPerSecond)} tok/s`),
        stop.signal,
      ).finally(() => line.clear());
      if (json) return printJson(done);
      const perToken = `${done.heldOutLoss.toFixed(3)} nats per token on text that it did not learn`;
      process.stdout.write(`${done.steps} steps, ${perToken}.\n${done.model}\n`);
    });
}
