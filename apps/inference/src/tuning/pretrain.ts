import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  createTokenizer,
  type DeviceKind,
  freshModel,
  type ModelSource,
  openTrainer,
  streamTexts,
} from "@tugboat/engine";
import { createDevice, readCheckpointFile, writeCheckpointFile } from "@tugboat/engine/node";
import { TuningError } from "@tugboat/tuning";
import { z } from "zod";
import { writeMerged } from "./merged-file.ts";

export interface PretrainOptions {
  /** A folder with `config.json`, `tokenizer.json` and `tokenizer_config.json`: shape and vocabulary, no weights. */
  readonly like: string;
  /** Text files, or streams of token ids of two bytes each (`.bin`). */
  readonly data: readonly string[];
  /** Checkpoint and model lie here; a run that ended early goes on from there. */
  readonly out: string;
  readonly steps: number;
  readonly batchSize: number;
  /** Tokens of a text. */
  readonly length: number;
  /** Default as the starter models' recipe: 3e-3 below a width of 256, else 2e-3. */
  readonly learningRate?: number | undefined;
  readonly seed: number;
  readonly device: DeviceKind;
  readonly threads?: number | undefined;
  readonly kernelCache: string;
}

export interface PretrainProgress {
  readonly step: number;
  readonly loss: number;
  readonly tokensPerSecond: number;
}

export interface Pretrained {
  readonly steps: number;
  readonly parameters: number;
  /** Nats per token: of the last step, and of the last hundredth of the tokens, which nothing was learnt from. */
  readonly loss: number | null;
  readonly heldOutLoss: number;
  readonly tokensPerSecond: number;
  readonly model: string;
}

/** Kept from training, to be measured on: a hundredth, at least one text, at most 64. */
const heldOutShare = 0.01;
const mostHeldOut = 64;
const checkpointMs = 60_000;

const object = z.record(z.string(), z.unknown());

/**
 * Trains a model from scratch on a stream of tokens, by the starter models' recipe: AdamW (0.9, 0.95), weight decay 0.1 on
 * matrices, clipping at 1, warm-up, constant, then in a line to nothing over the last two fifths.
 * @throws TuningError `bad-samples` for data that is too short; EngineError, FormatError
 */
export async function pretrain(
  options: PretrainOptions,
  onProgress: (progress: PretrainProgress) => void,
  stop: AbortSignal,
): Promise<Pretrained> {
  const { batchSize, device, length, out, seed, steps, threads } = options;
  await mkdir(out, { recursive: true });
  const read = async (name: string) => object.parse(JSON.parse(await readFile(join(options.like, name), "utf8")));
  const [config, tokenizerJson, tokenizerConfig] = [
    await read("config.json"),
    await read("tokenizer.json"),
    await read("tokenizer_config.json"),
  ];
  const files = freshModel({ name: "pretrained", config, tokenizerJson, tokenizerConfig, seed });
  const stream = await streamOf(options.data, createTokenizer(files.tokenizer));
  const heldOut = Math.min(mostHeldOut, Math.max(1, Math.floor((stream.length / length) * heldOutShare)));
  const cut = stream.length - heldOut * length - 1;
  if (cut <= length) {
    const least = 2 * length + 2;
    throw new TuningError(
      "bad-samples",
      `There are ${stream.length} tokens; ${least} are the least.`,
      "Give more text.",
    );
  }
  const source: ModelSource = {
    name: "pretrained",
    files,
    createDevice: (kind, wanted) => createDevice(kind, { ...wanted, cacheFolder: options.kernelCache }),
  };
  const { hidden_size: width } = z.object({ hidden_size: z.number() }).parse(config);
  const trainer = await openTrainer(source, {
    device,
    ...(threads !== undefined && { threads }),
    method: { kind: "full" },
    optimizer: {
      learningRate: options.learningRate ?? (width < 256 ? 3e-3 : 2e-3),
      beta2: 0.95,
      weightDecay: 0.1,
      clip: 1,
      schedule: { kind: "trapezoid", steps, hold: 0.6, warmup: Math.min(200, Math.ceil(steps / 5)), floor: 0.02 },
    },
    maxRows: Math.min(2048, batchSize * length),
    contextLength: length,
    seed,
  });
  try {
    const checkpoint = join(out, "checkpoint.safetensors");
    const kept = await readCheckpointFile(checkpoint);
    if (kept !== undefined) await trainer.restore(kept);
    const learnt = stream.subarray(0, cut);
    const begun = { at: performance.now(), step: trainer.step };
    const speed = () =>
      ((trainer.step - begun.step) * batchSize * length) / Math.max(1e-3, (performance.now() - begun.at) / 1000);
    let savedAt = performance.now();
    let loss: number | null = null;
    while (trainer.step < steps && !stop.aborted) {
      const texts = streamTexts(learnt, { length, batchSize, seed }, trainer.step);
      ({ loss } = await trainer.train({ kind: "supervised", texts }));
      onProgress({ step: trainer.step, loss, tokensPerSecond: speed() });
      if (performance.now() - savedAt < checkpointMs) continue;
      await writeCheckpointFile(checkpoint, await trainer.checkpoint());
      savedAt = performance.now();
    }
    await writeCheckpointFile(checkpoint, await trainer.checkpoint());
    const tokensPerSecond = speed();
    const texts = Array.from({ length: heldOut }, (_, i) => ({
      tokens: Array.from(stream.subarray(cut + i * length, cut + (i + 1) * length + 1)),
    }));
    const { loss: heldOutLoss } = await trainer.evaluate(texts);
    const model = join(out, "model.gguf");
    await writeMerged(await trainer.merged(), model, "pretrained", "f16");
    return { steps: trainer.step, parameters: trainer.info.parameters, loss, heldOutLoss, tokensPerSecond, model };
  } finally {
    await trainer.close();
  }
}

async function streamOf(paths: readonly string[], tokenizer: ReturnType<typeof createTokenizer>): Promise<Uint32Array> {
  const parts: Uint32Array[] = [];
  for (const path of paths) {
    const bytes = await readFile(path);
    if (path.endsWith(".bin")) {
      const tokens = new Uint16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + (bytes.length & ~1)));
      parts.push(Uint32Array.from(tokens));
      continue;
    }
    parts.push(Uint32Array.from(tokenizer.encode(bytes.toString("utf8"), { bos: true })));
    if (tokenizer.eos !== undefined) parts.push(Uint32Array.of(tokenizer.eos));
  }
  const all = new Uint32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
