import type { Device } from "@tugboat/kernels";
import type { AdapterLease, AdapterStats } from "./adapters/adapters.ts";
import type { ChatMessage, ToolDefinition } from "./chat-template/types.ts";
import type { ModelFiles } from "./formats/types.ts";
import type { GenerateEvent } from "./generation/events.ts";
import type { Pooling } from "./generation/pooling.ts";
import { StepRunner } from "./generation/step-runner.ts";
import type { Constraint } from "./grammar/constraint.ts";
import { type ModelInfo, weightBytes } from "./info.ts";
import type { BlockArchive } from "./kv/block-archive.ts";
import type { KvHandOver } from "./kv/hand-over.ts";
import type { AdapterOptions, Speculation } from "./limits.ts";
import { type LoadProgress, loadModel } from "./load.ts";
import { LoadedEngine } from "./loaded-engine.ts";
import type { GenerationOptions } from "./sampler/request.ts";
import { loadDraft } from "./speculative/load-draft.ts";
import { tokenizerOf } from "./tokenizer/create.ts";
import type { ToolChoice } from "./tools/grammar.ts";
import type { PeftAdapter } from "./train/types.ts";

export type DeviceKind = "auto" | "cpu" | "webgpu";

/** Milliseconds that only grow. */
export type Clock = () => number;

/** An opened model, and the way to the devices of the platform that opened it. */
export interface ModelSource {
  readonly name: string;
  readonly files: ModelFiles;
  createDevice(kind: DeviceKind, options: { readonly threads?: number }): Promise<Device>;
}

export interface LoadOptions {
  /** A device given ready-made is not destroyed by `close`. */
  readonly device?: DeviceKind | Device;
  /** CPU: threads that compute, at most. Models that fit a core's cache run on one: waiting for others takes longer. */
  readonly threads?: number;
  readonly contextLength?: number;
  readonly maxSequences?: number;
  readonly kvCacheBytes?: number;
  readonly kvType?: "f16" | "f32" | "q8_0";
  /** Of the machine: the cache's default size follows it. */
  readonly memoryBytes?: number;
  /** Whether prompts that begin alike are computed once. Default true. */
  readonly prefixCache?: boolean;
  /**
   * Memory of the host for what the KV cache has no room for: blocks are copied there and back where that is found to be
   * quicker than computing them again. Default: as much as the cache has, at most 256 MiB; 0 is none.
   */
  readonly swapBytes?: number;
  /** Keeps the prefix cache beyond the engine's life: prompts that begin alike count as cached after a restart. */
  readonly archive?: BlockArchive;
  /** Requests that may wait, past which `generate` refuses. Default 4096. */
  readonly maxQueue?: number;
  /** What a step may take in ms when some read along while others' prompts are read. */
  readonly itlTargetMs?: number;
  /** Makes room for adapters, and compiles what they need. Absent: `openAdapter` refuses. */
  readonly adapters?: AdapterOptions;
  /**
   * Whether the next tokens are guessed and verified several at once, which changes no text: a guess counts only where it
   * is what was drawn. It stops by itself where it does not pay. Default `off`, with a draft model `draft-model`; on a GPU
   * always off.
   */
  readonly speculation?: Exclude<Speculation, "draft-model">;
  /** A smaller model with the same tokenizer that guesses, on the same device. The engine's from here on. */
  readonly draft?: ModelSource;
  /** Milliseconds, of any origin; default: the machine's. What is learnt of steps, time limits and timings follow it. */
  readonly clock?: Clock;
  readonly onProgress?: (progress: LoadProgress) => void;
  readonly signal?: AbortSignal;
}

export interface GenerateRequest extends GenerationOptions {
  readonly prompt:
    | { readonly tokens: readonly number[] }
    | { readonly text: string }
    | { readonly messages: readonly ChatMessage[]; readonly tools?: readonly ToolDefinition[] };
  /**
   * Prompts that begin alike are computed once among requests of the same scope, and never across scopes: how fast a
   * prompt is read would tell others what was asked. Default: the scope of all requests that name none.
   */
  readonly cacheScope?: string;
  /** Who shares the engine evenly with the others, by tokens served. Default: the cache's scope. */
  readonly tenant?: string;
  /** `batch` waits while there is interactive work, though not for ever. Default `interactive`. */
  readonly priority?: "interactive" | "batch";
  /** Milliseconds after which nobody waits for the answer: its events then fail with `deadline`. */
  readonly timeoutMs?: number;
  /** Whether the tools of the prompt may, must or must not be called, or which one must. Default `auto`. */
  readonly toolChoice?: ToolChoice | "none";
  /** More than one call in an answer. Default true. */
  readonly parallelToolCalls?: boolean;
  /** What the answer must be: a model can't break it, only run out of tokens before its end. */
  readonly constraint?: Constraint;
  /** From `openAdapter`; absent: the model as it is. Requests with different adapters share each step. */
  readonly adapter?: AdapterLease;
  /** Of its prompt, what was cached where the rest was computed, when it was handed over by `prefill`. */
  readonly cachedElsewhere?: number;
}

/** What `prefill` computed. */
export interface Prefilled {
  /** Undefined when there is nothing to hand over: the prompt is shorter than a block. */
  readonly handOver: KvHandOver | undefined;
  readonly promptTokens: number;
  readonly cachedTokens: number;
  readonly queueMs: number;
  readonly prefillMs: number;
}

/** A beginning of prompts, in the same form as a prompt. */
export interface PrefixOptions {
  /** Whose prompts may begin with it; undefined: everybody's. Then its text is no secret: how fast it is read tells it. */
  readonly cacheScope?: string;
  /** Once computed it stays, within half of the cache, whatever else comes. */
  readonly pin?: boolean;
}

export interface EmbedOptions {
  readonly adapter?: AdapterLease;
  /** Default `mean`. */
  readonly pooling?: Pooling;
  /** At most the model's own, the default. */
  readonly dimensions?: number;
}

export interface ScoreOptions {
  readonly adapter?: AdapterLease;
  /** The first token that is scored, from 1; default 1. Those before it are what it follows. */
  readonly from?: number;
}

export interface EngineStats {
  readonly running: number;
  readonly waiting: number;
  readonly kvBlocksUsed: number;
  readonly kvBlocksTotal: number;
  /** Blocks whose content later prompts may find, in use or not. */
  readonly kvBlocksCached: number;
  /** Of the prompts admitted so far. */
  readonly promptTokens: number;
  /** Of those, how many were in the cache. */
  readonly cachedTokens: number;
  /** Of all requests together, the last seconds weighing most. */
  readonly tokensPerSecond: number;
  /** Since the model was loaded. */
  readonly steps: number;
  /** Times that a sequence gave its cache up for an older one and was computed again. */
  readonly preemptions: number;
  /** Blocks in the host's memory, and how many were copied there and back since the model was loaded. */
  readonly swap: { readonly blocks: number; readonly saved: number; readonly loaded: number };
  /** Guessed tokens that were verified, and how many of them were right. */
  readonly drafts: {
    readonly tokens: number;
    readonly accepted: number;
    /** The model that guesses, if one does. */
    readonly model?: string;
  };
  readonly adapters: AdapterStats;
}

export interface Engine {
  readonly info: ModelInfo;
  tokenize(text: string, options?: { special?: boolean; bos?: boolean }): number[];
  detokenize(tokens: readonly number[]): string;
  /** The prompt that a chat becomes, for `tokenize(…, {special: true})`. @throws ChatTemplateError */
  renderChat(
    messages: readonly ChatMessage[],
    options?: { tools?: readonly ToolDefinition[]; addGenerationPrompt?: boolean },
  ): string;
  /**
   * Starts at once; reading the events drives nothing. Leaving the loop or aborting cancels within one step: an aborted
   * request still gets its `finish` and `done` events.
   * @throws EngineError `bad-request`, `context-overflow`, `queue-full`, `closed`, before anything is computed.
   */
  generate(request: GenerateRequest, options?: { signal?: AbortSignal }): AsyncIterable<GenerateEvent>;
  /**
   * Computes a request's prompt alone, so that another engine of the same model and settings goes on from it: `takeOver`
   * there, then `generate`. Both need the prefix cache.
   * @throws as `generate`
   */
  prefill(request: GenerateRequest, options?: { signal?: AbortSignal }): Promise<Prefilled>;
  /**
   * Puts what another engine computed where prompts look for their beginnings, as far as there is room for it.
   * @returns how many of its tokens are there now
   * @throws EngineError `bad-request` for another model's or another kind of cache, `closed`
   */
  takeOver(handOver: KvHandOver): Promise<number>;
  /**
   * Declares a prefix: public, so that it is shared across scopes, or pinned, so that it stays. Nothing is computed now.
   * @returns how many of its tokens count (whole blocks of 16), and what takes the declaration back.
   * @throws EngineError `bad-request`, `context-overflow`, `closed`
   */
  declarePrefix(
    prefix: GenerateRequest["prompt"],
    options?: PrefixOptions,
  ): { readonly tokens: number; readonly release: () => void };
  /** Logits after each token, `[tokens, vocabulary]`. @throws EngineError `bad-request`, `context-overflow`, `closed` */
  logits(tokens: readonly number[], options?: { readonly adapter?: AdapterLease }): Promise<Float32Array>;
  /**
   * The natural log of each token's likelihood after those before it, `[tokens - from]`. Nothing is drawn.
   * @throws EngineError `bad-request`, `context-overflow`, `closed`
   */
  score(tokens: readonly number[], options?: ScoreOptions): Promise<Float64Array>;
  /**
   * A text's embedding: its last hidden states pooled, cut to `dimensions` and brought to length 1.
   * @throws EngineError `bad-request`, `context-overflow`, `closed`
   */
  embed(tokens: readonly number[], options?: EmbedOptions): Promise<Float32Array<ArrayBuffer>>;
  /**
   * Takes a LoRA adapter in peft's form into use, reading it if it is not on the device. Nothing is compiled. Those that
   * nobody uses stay until their room is needed, the one unused the longest going first.
   * @param id names its content: what is on the device under this id is not read again.
   * @throws EngineError `bad-request` for an adapter of another model, `unsupported`, `queue-full` when all room is in use.
   */
  openAdapter(id: string, read: () => Promise<PeftAdapter>): Promise<AdapterLease>;
  stats(): EngineStats;
  /** Ends what runs with an error `closed` and frees the device's memory. */
  close(): Promise<void>;
}

/** Weights that one thread reads from its own cache as fast as several could together. */
const ONE_THREAD_BYTES = 2 * 2 ** 20;

/**
 * Loads a model onto a device. The source's files are the engine's from here on: they are closed with it, or at once when
 * this throws.
 * @throws EngineError `bad-model`, `unsupported`, `out-of-memory`; FormatError; KernelError `no-device`.
 */
export async function loadEngine(source: ModelSource, options: LoadOptions = {}): Promise<Engine> {
  try {
    options.signal?.throwIfAborted();
    return await load(source, options);
  } catch (error) {
    await Promise.all([source.files.close(), options.draft?.files.close()]);
    throw error;
  }
}

async function load(source: ModelSource, options: LoadOptions): Promise<Engine> {
  const { device: wanted = "auto", onProgress } = options;
  const { files } = source;
  const tokenizer = tokenizerOf(files);
  const threads = weightBytes(files) < ONE_THREAD_BYTES ? 1 : options.threads;
  const device = typeof wanted === "string" ? await source.createDevice(wanted, { threads }) : wanted;
  const dropDevice = () => {
    if (typeof wanted === "string") device.destroy();
  };
  try {
    const { draft, speculation } = options;
    const model = await loadModel(files, device, { ...options, speculation: draft ? "draft-model" : speculation });
    const runner = new StepRunner(model.machine);
    // Where nothing is guessed a draft model would only take memory.
    const guessing = draft && model.speculation === "draft-model";
    const loaded = guessing ? await loadDraft(draft, files, tokenizer, device, model, options) : undefined;
    if (!guessing) await draft?.files.close();
    onProgress?.({ stage: "warm", done: 0, total: 1 });
    await runner.warm();
    onProgress?.({ stage: "warm", done: 1, total: 1 });
    const extras = { draft: loaded, clock: options.clock };
    const engine = new LoadedEngine(source, tokenizer, device.info, model, runner, dropDevice, extras);
    if (options.archive) await engine.keepPrefixes(options.archive);
    return engine;
  } catch (error) {
    dropDevice();
    throw error;
  }
}
