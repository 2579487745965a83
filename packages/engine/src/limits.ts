import { type DeviceInfo, type KvType, kvBlockBytes, RANK_UNIT } from "@tugboat/kernels";
import type { Hyperparameters } from "./architectures/architecture.ts";
import { EngineError } from "./errors.ts";
import type { AdapterSettings, ProgramSettings } from "./graph/settings.ts";
import { BLOCK_TOKENS, blocksFor } from "./kv/blocks.ts";
import type { SchedulerLimits } from "./scheduler/scheduler.ts";

export interface LimitOptions {
  /** Tokens of prompt and answer together. Default: what the model was trained for, at most 8,192. */
  readonly contextLength?: number;
  /** Sequences that run at once. Default 16. */
  readonly maxSequences?: number;
  /**
   * Memory for keys and values. Default: `maxSequences` contexts, at most an eighth of the machine's memory (256 MiB where
   * that is not known) and 1 GiB, at least one context.
   */
  readonly kvCacheBytes?: number;
  /** Default f16. q8_0 takes about 60 % of that and rounds as much as weights of that type do. */
  readonly kvType?: KvType;
  /** Of the machine, for the defaults. */
  readonly memoryBytes?: number;
  /** Default true. */
  readonly prefixCache?: boolean;
  /** Of the host's memory for blocks that the device has no room for. Default: as much as the cache, at most 256 MiB. */
  readonly swapBytes?: number;
  /** Requests that may wait. Default 4096. */
  readonly maxQueue?: number;
  /** What a step with decodes may take, in ms. */
  readonly itlTargetMs?: number;
  /** Absent: none are taken, and nothing is compiled or kept for them. */
  readonly adapters?: AdapterOptions;
  /** Default `off`. */
  readonly speculation?: Speculation;
}

/**
 * `prompt-lookup`: guesses that a text goes on as it did before; `draft-model`: a smaller model guesses. Either is verified
 * in the same step.
 */
export type Speculation = "off" | "prompt-lookup" | "draft-model";

export interface AdapterOptions {
  /** Of one adapter. Default 64. */
  readonly maxRank?: number;
  /** Memory for all that are on the device at once. Default: an eighth of the machine's, at most 1 GiB. */
  readonly bytes?: number;
}

/** What the engine needs to know of itself to take requests in. */
export interface EngineLimits extends SchedulerLimits {
  readonly prefixCache: boolean;
  readonly swapBytes: number;
  readonly maxQueue: number;
}

const DEFAULT_CONTEXT = 8_192;
const DEFAULT_SEQUENCES = 16;
const DEFAULT_CACHE = 256 * 2 ** 20;
const MOST_SWAP = 256 * 2 ** 20;
/** The CPU device has 4 GiB in all. */
const MOST_CACHE = 2 ** 30;
/** Logit biases that a request may have beside the tokens of its context. */
const BIASES = 1_024;

/** Tokens of a step. On the CPU a step blocks its thread, and larger ones gain nothing; a GPU wants to be filled. */
const ROWS = { cpu: 256, webgpu: 512 };
/** Of which prefill may take so many when others decode. */
const MIXED_ROWS = { cpu: 64, webgpu: 256 };
/** A reader takes in about five tokens a second; a GPU can do better for little. */
const ITL_TARGET_MS = { cpu: 250, webgpu: 60 };
/** A token and the longest guess after it. */
const DRAFT_SAMPLES = 16;
const DEFAULT_QUEUE = 4_096;

/**
 * How large everything is made for one model on one device.
 * @throws EngineError `bad-request` for options that do not fit the model, `out-of-memory` when not even one context fits.
 */
export function chooseLimits(
  p: Hyperparameters,
  device: Pick<DeviceInfo, "kind">,
  options: LimitOptions,
): { program: ProgramSettings; scheduler: EngineLimits } {
  const contextLength = options.contextLength ?? Math.min(p.trainedContext, DEFAULT_CONTEXT);
  const maxSequences = options.maxSequences ?? DEFAULT_SEQUENCES;
  const type = options.kvType ?? "f16";
  if (!Number.isInteger(contextLength) || contextLength < 1 || contextLength > p.trainedContext) {
    throw new EngineError(
      "bad-request",
      `contextLength: ${contextLength} is not a whole number from 1 to ${p.trainedContext}, which the model was trained for`,
    );
  }
  if (!Number.isInteger(maxSequences) || maxSequences < 1 || maxSequences > 1024) {
    throw new EngineError("bad-request", `maxSequences: ${maxSequences} is not a whole number from 1 to 1024`);
  }
  const shape = { kvHeads: p.kvHeads, headDim: p.headDim, blockSize: BLOCK_TOKENS, type };
  const block = kvBlockBytes({ ...shape, blocks: 1 });
  const blockBytes = (block.keys + block.values) * p.layers;
  const oneContext = blocksFor(contextLength);
  const most = oneContext * maxSequences;
  const affordable = Math.floor((options.kvCacheBytes ?? defaultCache(options.memoryBytes)) / blockBytes);
  if (options.kvCacheBytes !== undefined && affordable < oneContext) {
    throw new EngineError(
      "out-of-memory",
      `kvCacheBytes: a context of ${contextLength} tokens needs ${oneContext * blockBytes} bytes, ${options.kvCacheBytes} are given`,
      "Give the cache more memory or lower the context length.",
    );
  }
  const blocks = Math.max(oneContext, Math.min(most, affordable));
  const maxSamples = samplesFor(options.speculation, maxSequences);
  const maxRows = Math.max(ROWS[device.kind], maxSequences);
  return {
    program: {
      maxRows,
      maxSamples,
      // One block table more, for work outside the scheduler.
      maxSequences: maxSequences + 1,
      contextLength,
      maxEdits: Math.min(p.vocabulary, contextLength + BIASES),
      kv: { ...shape, blocks },
      adapters: options.adapters && adapterSettings(options.adapters, options.memoryBytes),
    },
    scheduler: {
      blocks,
      maxSequences,
      maxSamples,
      maxRows,
      mixedPrefillRows: MIXED_ROWS[device.kind],
      itlTargetMs: options.itlTargetMs ?? ITL_TARGET_MS[device.kind],
      prefixCache: options.prefixCache ?? true,
      swapBytes: options.swapBytes ?? Math.min(MOST_SWAP, blocks * blockBytes),
      maxQueue: options.maxQueue ?? DEFAULT_QUEUE,
    },
  };
}

/** A lone sequence needs rows of logits for its guesses; what a model guesses, it guesses for all at once. */
function samplesFor(speculation: Speculation | undefined, maxSequences: number): number {
  if (speculation === "draft-model") return Math.max(DRAFT_SAMPLES, 2 * maxSequences);
  return speculation === "prompt-lookup" ? Math.max(DRAFT_SAMPLES, maxSequences) : maxSequences;
}

function adapterSettings({ bytes, maxRank = 64 }: AdapterOptions, memoryBytes: number | undefined): AdapterSettings {
  if (!Number.isInteger(maxRank) || maxRank < 1 || maxRank > 256) {
    throw new EngineError("bad-request", `adapters.maxRank: ${maxRank} is not a whole number from 1 to 256`);
  }
  return { maxRank: Math.ceil(maxRank / RANK_UNIT) * RANK_UNIT, bytes: bytes ?? defaultCache(memoryBytes) };
}

function defaultCache(memoryBytes: number | undefined): number {
  return memoryBytes === undefined ? DEFAULT_CACHE : Math.min(MOST_CACHE, memoryBytes / 8);
}
