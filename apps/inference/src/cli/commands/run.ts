import { join } from "node:path";
import type { Engine, GenerateRequest } from "@tugboat/engine";
import { Command, Option } from "commander";
import { type CliContext, contextOf, homeScope, withDatabase } from "../context.ts";
import { decimal, integer } from "../options.ts";
import { CliError, ProgressLine, printJson } from "../output.ts";

interface RunOptions {
  readonly maxTokens: number;
  readonly temperature: number;
  readonly topP?: number;
  readonly topK?: number;
  readonly seed?: number;
  readonly raw?: boolean;
  readonly chat?: boolean;
  readonly system?: string;
  readonly device?: "auto" | "cpu" | "webgpu";
  readonly threads?: number;
}

export function runCommand(): Command {
  return new Command("run")
    .description("generate here, without the service")
    .argument("<model>", "a name from the catalog, or the path of a model file or folder")
    .argument("<prompt>", "the text; - reads it from stdin")
    .option("--max-tokens <n>", "most tokens of the answer", integer(1), 256)
    .option("--temperature <t>", "0 is always the likeliest token", decimal(0, 100), 0.7)
    .option("--top-p <p>", "choose among the likeliest that together have this probability", decimal(0, 1))
    .option("--top-k <k>", "choose among this many; 0 is all", integer(0))
    .option("--seed <n>", "same seed, same text", integer(0, 2 ** 32 - 1))
    .addOption(new Option("--raw", "continue the text as it is").conflicts("chat"))
    .option("--chat", "answer it as a message; the default where the model has a chat template")
    .option("--system <text>", "instruction before the message")
    .addOption(new Option("--device <device>", "where to compute").choices(["auto", "cpu", "webgpu"]))
    .option("--threads <n>", "CPU threads", integer(1, 256))
    .action(run);
}

async function run(model: string, prompt: string, options: RunOptions, command: Command): Promise<void> {
  const context = contextOf(command);
  const text = prompt === "-" ? await readStdin() : prompt;
  const { resolveModel } = await import("../../domain/models/resolve.ts");
  const path = await resolveModel(model, (read) => withDatabase(context, (database) => read(homeScope(database))));
  const engine = await load(path, options, context);
  const interrupt = new AbortController();
  process.once("SIGINT", () => interrupt.abort());
  try {
    await answer(engine, toRequest(engine, text, options), interrupt.signal, context.json);
  } finally {
    await engine.close();
  }
}

async function load(path: string, options: RunOptions, { env }: CliContext): Promise<Engine> {
  const { loadEngine } = await import("@tugboat/engine");
  const { openModel } = await import("@tugboat/engine/node");
  const line = new ProgressLine();
  const words = { read: "reading weights", compile: "compiling kernels", warm: "warming up" };
  try {
    return await loadEngine(await openModel(path, { kernelCache: join(env.TUGBOAT_HOME, "cache/kernels") }), {
      device: options.device ?? env.TUGBOAT_DEVICE,
      threads: options.threads ?? env.TUGBOAT_THREADS,
      maxSequences: 1,
      onProgress: ({ done, stage, total }) =>
        line.show(`${words[stage]} ${total > 0 ? Math.floor((done / total) * 100) : 0} %`),
    });
  } finally {
    line.clear();
  }
}

function toRequest(engine: Engine, text: string, options: RunOptions): GenerateRequest {
  const { hasChatTemplate, name } = engine.info;
  if (options.chat === true && !hasChatTemplate) {
    throw new CliError("no-template", `${name} has no chat template.`, "Use --raw: it continues the text.");
  }
  const chat = options.raw !== true && hasChatTemplate;
  if (!chat && options.system !== undefined) {
    throw new CliError("usage", "--system needs a chat; this run continues plain text.", undefined, 2);
  }
  const system = options.system === undefined ? [] : [{ role: "system" as const, content: options.system }];
  return {
    prompt: chat ? { messages: [...system, { role: "user", content: text }] } : { text },
    maxTokens: options.maxTokens,
    temperature: options.temperature,
    topP: options.topP,
    topK: options.topK,
    seed: options.seed,
  };
}

async function answer(engine: Engine, request: GenerateRequest, signal: AbortSignal, json: boolean): Promise<void> {
  let text = "";
  let reason = "cancelled";
  for await (const event of engine.generate(request, { signal })) {
    if (event.type === "token" || event.type === "finish") {
      text += event.text;
      if (!json) process.stdout.write(event.text);
    }
    if (event.type === "finish") reason = event.reason;
    if (event.type !== "done") continue;
    const { timings, usage } = event;
    if (json) return printJson({ text, finishReason: reason, usage, timings });
    const note = `${usage.completionTokens} tokens, ${timings.tokensPerSecond.toFixed(1)} tok/s, first after ${timings.ttftMs.toFixed(0)} ms`;
    process.stdout.write("\n");
    if (process.stderr.isTTY) process.stderr.write(`\x1b[2m${note}\x1b[0m\n`);
    return;
  }
  throw new CliError("cancelled", "Stopped.");
}

async function readStdin(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString("utf8");
}
