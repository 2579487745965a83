import type { Device, DeviceInfo } from "@tugboat/kernels";
import { type ChatTemplate, chatTemplateFor } from "./chat-template/template.ts";
import type { ChatMessage, ToolDefinition } from "./chat-template/types.ts";
import { EngineError } from "./errors.ts";
import type { ModelFiles } from "./formats/types.ts";
import { Choice } from "./generation/choice.ts";
import type { GenerateEvent, TokenLogprob } from "./generation/events.ts";
import { GenerationLoop } from "./generation/loop.ts";
import { Pool, type Pooling } from "./generation/pooling.ts";
import { RunningRequest } from "./generation/running-request.ts";
import { StepRunner } from "./generation/step-runner.ts";
import { type CompiledConstraint, ConstrainedText, type Constraint, ConstraintCache } from "./grammar/constraint.ts";
import { GrammarError } from "./grammar/errors.ts";
import { describeModel, type ModelInfo, weightBytes } from "./info.ts";
import { BLOCK_TOKENS } from "./kv/blocks.ts";
import { type LoadedModel, type LoadProgress, loadModel } from "./load.ts";
import { type GenerationOptions, parseGenerationOptions } from "./sampler/request.ts";
import { Scheduler } from "./scheduler/scheduler.ts";
import { parseServingTerms } from "./scheduler/serving-terms.ts";
import { StopMatcher } from "./text/stop-matcher.ts";
import { createTokenizer } from "./tokenizer/create.ts";
import { StreamDecoder } from "./tokenizer/stream-decoder.ts";
import type { Tokenizer } from "./tokenizer/types.ts";
import type { ToolChoice } from "./tools/grammar.ts";
import { ToolUse } from "./tools/tool-use.ts";

export type DeviceKind = "auto" | "cpu" | "webgpu";

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
  /** Requests that may wait, past which `generate` refuses. Default 4096. */
  readonly maxQueue?: number;
  /** What a step may take in ms when some read along while others' prompts are read. */
  readonly itlTargetMs?: number;
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
}

/** A beginning of prompts, in the same form as a prompt. */
export interface PrefixOptions {
  /** Whose prompts may begin with it; undefined: everybody's. Then its text is no secret: how fast it is read tells it. */
  readonly cacheScope?: string;
  /** Once computed it stays, within half of the cache, whatever else comes. */
  readonly pin?: boolean;
}

export interface EmbedOptions {
  /** Default `mean`. */
  readonly pooling?: Pooling;
  /** At most the model's own, the default. */
  readonly dimensions?: number;
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
   * Declares a prefix: public, so that it is shared across scopes, or pinned, so that it stays. Nothing is computed now.
   * @returns how many of its tokens count (whole blocks of 16), and what takes the declaration back.
   * @throws EngineError `bad-request`, `context-overflow`, `closed`
   */
  declarePrefix(
    prefix: GenerateRequest["prompt"],
    options?: PrefixOptions,
  ): { readonly tokens: number; readonly release: () => void };
  /** Logits after each token, `[tokens, vocabulary]`. @throws EngineError `bad-request`, `context-overflow`, `closed` */
  logits(tokens: readonly number[]): Promise<Float32Array>;
  /**
   * A text's embedding: its last hidden states pooled, cut to `dimensions` and brought to length 1.
   * @throws EngineError `bad-request`, `context-overflow`, `closed`
   */
  embed(tokens: readonly number[], options?: EmbedOptions): Promise<Float32Array<ArrayBuffer>>;
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
    await source.files.close();
    throw error;
  }
}

async function load(source: ModelSource, options: LoadOptions): Promise<Engine> {
  const { device: wanted = "auto", onProgress } = options;
  const { files } = source;
  const extraEnds = files.format === "safetensors" ? [files.generationConfig.eos_token_id ?? []].flat() : [];
  const tokenizer = createTokenizer(files.tokenizer, { endOfGeneration: extraEnds });
  const threads = weightBytes(files) < ONE_THREAD_BYTES ? 1 : options.threads;
  const device = typeof wanted === "string" ? await source.createDevice(wanted, { threads }) : wanted;
  const dropDevice = () => {
    if (typeof wanted === "string") device.destroy();
  };
  try {
    const model = await loadModel(files, device, options);
    const runner = new StepRunner(model.program);
    onProgress?.({ stage: "warm", done: 0, total: 1 });
    await runner.warm();
    onProgress?.({ stage: "warm", done: 1, total: 1 });
    return new LoadedEngine(source, tokenizer, device.info, model, runner, dropDevice);
  } catch (error) {
    dropDevice();
    throw error;
  }
}

class LoadedEngine implements Engine {
  readonly info: ModelInfo;
  readonly #source: ModelSource;
  readonly #tokenizer: Tokenizer;
  readonly #chat: ChatTemplate;
  readonly #model: LoadedModel;
  readonly #runner: StepRunner;
  readonly #scheduler: Scheduler;
  readonly #loop: GenerationLoop;
  readonly #constraints: ConstraintCache;
  readonly #tools: ToolUse;
  readonly #dropDevice: () => void;
  #closing: Promise<void> | undefined;

  constructor(
    source: ModelSource,
    tokenizer: Tokenizer,
    device: DeviceInfo,
    model: LoadedModel,
    runner: StepRunner,
    dropDevice: () => void,
  ) {
    this.info = describeModel(source.files, model, device);
    this.#source = source;
    this.#tokenizer = tokenizer;
    this.#chat = chatTemplateFor(source.files.chatTemplate, tokenizer);
    this.#model = model;
    this.#runner = runner;
    this.#scheduler = new Scheduler(model.limits);
    this.#loop = new GenerationLoop(this.#scheduler, runner, (token, logprob, ids, logprobs) => ({
      ...this.#describe(token, logprob),
      top: Array.from(ids, (id, i) => this.#describe(id, logprobs[i]!)),
    }));
    this.#tools = new ToolUse(this.#chat, tokenizer);
    const encoder = new TextEncoder();
    const spoken = new Map([...this.#tools.spoken].map(([id, text]) => [id, encoder.encode(text)]));
    this.#constraints = new ConstraintCache(tokenizer, model.hyperparameters.vocabulary, spoken);
    this.#dropDevice = dropDevice;
  }

  tokenize(text: string, options?: { special?: boolean; bos?: boolean }): number[] {
    return this.#tokenizer.encode(text, options);
  }

  detokenize(tokens: readonly number[]): string {
    return this.#tokenizer.decode(tokens);
  }

  renderChat(
    messages: readonly ChatMessage[],
    { tools, addGenerationPrompt = true }: { tools?: readonly ToolDefinition[]; addGenerationPrompt?: boolean } = {},
  ): string {
    if (tools?.length) return this.#tools.render(messages, tools, addGenerationPrompt);
    return this.#chat.render({ messages, addGenerationPrompt });
  }

  generate(request: GenerateRequest, { signal }: { signal?: AbortSignal } = {}): AsyncIterable<GenerateEvent> {
    this.#loop.checkOpen();
    const { cacheScope, constraint, parallelToolCalls, priority, prompt, tenant, timeoutMs, toolChoice, ...options } =
      request;
    const terms = parseServingTerms({ cacheScope, priority, tenant, timeoutMs });
    const { maxQueue, maxSequences } = this.#model.limits;
    if (this.#scheduler.waiting >= maxQueue) throw queueFull(maxQueue);
    const vocabularySize = this.#model.hyperparameters.vocabulary;
    const parameters = parseGenerationOptions(options, { vocabularySize, maxSequences });
    const isChat = "messages" in prompt;
    const tools = isChat && toolChoice !== "none" ? (prompt.tools ?? []) : [];
    const use = tools.length > 0 && {
      tools,
      toolChoice: toolChoice === undefined || toolChoice === "none" ? ("auto" as const) : toolChoice,
      parallel: parallelToolCalls ?? true,
    };
    const wanted = use ? this.#tools.constraint(use, constraint) : constraint;
    const tokens = this.#promptTokens(isChat ? { ...prompt, tools } : prompt);
    const maxTokens = this.#checkLength(tokens, parameters.maxTokens);
    const compiled = wanted && this.#compile(wanted, isChat && this.#tokenizer.stripsLeadingSpace);
    const now = performance.now();
    const sequences = this.#scheduler.submit(tokens, parameters.n, {
      tenant: terms.tenant ?? terms.cacheScope,
      priority: terms.priority,
      scope: this.#model.limits.prefixCache ? terms.cacheScope : undefined,
      now,
      deadline: terms.timeoutMs === undefined ? undefined : now + terms.timeoutMs,
    });
    const stops = new StopMatcher(isChat ? [...parameters.stop, ...this.#chat.stops] : parameters.stop);
    const limits = {
      maxTokens,
      // A constrained text must be able to end.
      endTokens: parameters.ignoreEos && !compiled ? new Set<number>() : this.#tokenizer.endOfGeneration,
    };
    const choices = sequences.map((sequence, index) => {
      const decoder = new StreamDecoder(this.#tokenizer, { continuation: !isChat });
      const constrained = compiled && new ConstrainedText(compiled);
      const own = { ...limits, constrained, ...(use && { reader: this.#tools.reader(), spoken: this.#tools.spoken }) };
      return new Choice(index, sequence, parameters.sampling, own, decoder, new StopMatcher(stops.automaton));
    });
    const running = new RunningRequest(parameters, choices, tokens.length, now, (left) => this.#loop.cancel(left));
    this.#loop.add(running);
    const cancel = () => this.#loop.cancel(running);
    if (signal?.aborted) {
      cancel();
    } else {
      signal?.addEventListener("abort", cancel, { once: true });
      running.onEnd = () => signal?.removeEventListener("abort", cancel);
    }
    return running.events;
  }

  declarePrefix(prefix: GenerateRequest["prompt"], { cacheScope, pin = false }: PrefixOptions = {}) {
    this.#loop.checkOpen();
    const tokens = "messages" in prefix ? this.#openingTokens(prefix) : this.#promptTokens(prefix);
    this.#checkLength(tokens, undefined);
    const declared = { scope: cacheScope, tokens: Int32Array.from(tokens), pin };
    const release = this.#scheduler.prefixes.declare(declared);
    return { tokens: tokens.length - (tokens.length % BLOCK_TOKENS), release };
  }

  async logits(tokens: readonly number[]): Promise<Float32Array> {
    this.#loop.checkOpen();
    this.#checkTokens(tokens);
    const { contextLength, hyperparameters } = this.#model;
    if (tokens.length > contextLength) throw overflow(tokens.length, 0, contextLength);
    const out = new Float32Array(tokens.length * hyperparameters.vocabulary);
    await this.#loop.exclusive(tokens.length, (table) =>
      this.#runner.logits(tokens, table, hyperparameters.vocabulary, out),
    );
    return out;
  }

  async embed(tokens: readonly number[], options: EmbedOptions = {}): Promise<Float32Array<ArrayBuffer>> {
    this.#loop.checkOpen();
    this.#checkTokens(tokens);
    const { contextLength, hyperparameters } = this.#model;
    if (tokens.length > contextLength) throw overflow(tokens.length, 0, contextLength);
    const { pooling = "mean", dimensions = hyperparameters.dim } = options;
    if (!Number.isInteger(dimensions) || dimensions < 1 || dimensions > hyperparameters.dim) {
      const message = `dimensions: ${dimensions} is not a whole number from 1 to ${hyperparameters.dim}`;
      throw new EngineError("bad-request", message, "This model's vectors have that many.");
    }
    const pool = new Pool(hyperparameters.dim, pooling);
    await this.#loop.exclusive(tokens.length, (table) => this.#runner.hidden(tokens, table, (rows) => pool.add(rows)));
    return pool.vector(dimensions);
  }

  stats(): EngineStats {
    return {
      running: this.#scheduler.running,
      waiting: this.#scheduler.waiting,
      kvBlocksUsed: this.#scheduler.pool.used,
      kvBlocksTotal: this.#scheduler.pool.total,
      kvBlocksCached: this.#scheduler.pool.kept,
      promptTokens: this.#scheduler.prompts.tokens,
      cachedTokens: this.#scheduler.prompts.cached,
      tokensPerSecond: this.#loop.tokensPerSecond,
      steps: this.#loop.steps,
      preemptions: this.#scheduler.preemptions,
    };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#loop.close(new EngineError("closed", `${this.info.name} was closed`, "Load the model again."));
    this.#model.program.destroy();
    this.#dropDevice();
    await this.#source.files.close();
  }

  /** @throws EngineError `bad-request` */
  #compile(constraint: Constraint, leadingSpace: boolean): CompiledConstraint {
    try {
      return this.#constraints.get(constraint, leadingSpace);
    } catch (error) {
      if (!(error instanceof GrammarError)) throw error;
      throw new EngineError("bad-request", `constraint: ${error.message}`, "Change the schema or grammar.");
    }
  }

  #promptTokens(prompt: GenerateRequest["prompt"]): readonly number[] {
    if ("tokens" in prompt) return prompt.tokens;
    if ("text" in prompt) return this.tokenize(prompt.text, { bos: true });
    if (prompt.messages.length === 0) throw new EngineError("bad-request", "messages: there is none");
    // A model's own template writes its own beginning of text; a stand-in leaves that to the tokenizer.
    const bos = this.#chat.origin !== "model";
    return this.tokenize(this.renderChat(prompt.messages, { tools: prompt.tools }), { special: true, bos });
  }

  /** The messages without the turn that an answer would begin. */
  #openingTokens({ messages, tools }: Extract<GenerateRequest["prompt"], { messages: unknown }>): readonly number[] {
    if (messages.length === 0) throw new EngineError("bad-request", "messages: there is none");
    const text = this.renderChat(messages, { tools, addGenerationPrompt: false });
    return this.tokenize(text, { special: true, bos: this.#chat.origin !== "model" });
  }

  #checkTokens(tokens: readonly number[]): void {
    const { vocabulary } = this.#model.hyperparameters;
    if (tokens.length === 0) throw new EngineError("bad-request", "prompt: it has no tokens", "Send some text.");
    const wrong = tokens.find((token) => !Number.isInteger(token) || token < 0 || token >= vocabulary);
    if (wrong === undefined) return;
    throw new EngineError("bad-request", `prompt: ${wrong} is not a token id below ${vocabulary}`);
  }

  /** @returns how many tokens may be generated. */
  #checkLength(tokens: readonly number[], maxTokens: number | undefined): number {
    this.#checkTokens(tokens);
    const { contextLength } = this.#model;
    const room = contextLength - tokens.length;
    if (room < 1 || (maxTokens !== undefined && maxTokens > room)) {
      throw overflow(tokens.length, maxTokens ?? 1, contextLength);
    }
    return maxTokens ?? room;
  }

  #describe(token: number, logprob: number): TokenLogprob {
    const bytes = this.#tokenizer.tokenBytes(token);
    const text = bytes.length > 0 ? new TextDecoder().decode(bytes) : this.#tokenizer.tokenText(token);
    return { token, text, bytes: [...bytes], logprob };
  }
}

function queueFull(maxQueue: number): EngineError {
  return new EngineError("queue-full", `${maxQueue} requests already wait`, "Send the request again a little later.");
}

function overflow(prompt: number, answer: number, contextLength: number): EngineError {
  return new EngineError(
    "context-overflow",
    `the context holds ${contextLength} tokens; ${prompt} of the prompt and ${answer} to generate are ${prompt + answer}`,
    "Shorten the prompt or lower the number of tokens to generate.",
  );
}
