import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { promisify } from "node:util";
import { repositoryRoot } from "../../env.ts";
import { CliError } from "../output.ts";

const run = promisify(execFile);

export const benchModelTypes = ["q8_0", "q4_0", "f16", "f32"] as const;
export type BenchModelType = (typeof benchModelTypes)[number];

/**
 * A Llama of 135M parameters with random weights (30 layers, dim 576, 9 heads, 3 KV heads, ffn 1536, vocabulary 49152),
 * made on first use and kept.
 * @throws CliError `no-bench-model`
 */
export async function benchModel(home: string, type: BenchModelType): Promise<string> {
  const folder = join(home, "cache", "bench");
  const path = join(folder, `random-135m-${type}.gguf`);
  if (existsSync(path)) return path;
  const script = join(repositoryRoot, "packages/engine/scripts/make-random-model.ts");
  try {
    await mkdir(folder, { recursive: true });
    const tsx = createRequire(script).resolve("tsx");
    const args = ["--import", tsx, "--conditions=@tugboat/source", script, "--bench", "--type", type, "--out", path];
    process.stderr.write(`Making a random model of 135M parameters in ${type}, once…\n`);
    await run(process.execPath, args, { maxBuffer: 1 << 24 });
  } catch (cause) {
    throw new CliError(
      "no-bench-model",
      `The benchmark's model could not be made: ${cause instanceof Error ? cause.message.slice(0, 500) : cause}`,
      "Run `npm install` in a clone of the repository, or name a model with --model.",
    );
  }
  return path;
}
