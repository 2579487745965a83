import type { Device, DeviceInfo } from "@tugboat/kernels";
import { type ChatTemplate, chatTemplateFor } from "./chat-template/template.ts";
import type { ChatMessage, ToolDefinition } from "./chat-template/types.ts";
import { EngineError } from "./errors.ts";
import type { ModelFiles } from "./formats/types.ts";
import { Choice } from "./generation/choice.ts";
import type { GenerateEvent, TokenLogprob } from "./generation/events.ts";
import { GenerationLoop } from "./generation/loop.ts";
import { RunningRequest } from "./generation/running-request.ts";
import { StepRunner } from "./generation/step-runner.ts";
import { describeModel, type ModelInfo, weightBytes } from "./info.ts";
import { type LoadedModel, type LoadProgress, loadModel } from "./load.ts";
import { type GenerationOptions, parseGenerationOptions } from "./sampler/request.ts";
import { Scheduler } from "./scheduler/scheduler.ts";
import { StopMatcher } from "./text/stop-matcher.ts";
import { createTokenizer } from "./tokenizer/create.ts";
import { StreamDecoder } from "./tokenizer/stream-decoder.ts";
import type { Tokenizer } from "./tokenizer/types.ts";

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
  readonly kvType?: "f16" | "f32";
  readonly onProgress?: (progress: LoadProgress) => void;
  readonly signal?: AbortSignal;
}

export interface GenerateRequest extends GenerationOptions {
  readonly prompt:
    | { readonly tokens: readonly number[] }
    | { readonly text: string }
    | { readonly messages: readonly ChatMessage[]; readonly tools?: readonly ToolDefinition[] };
}

export interface EngineStats {
  readonly running: number;
  readonly waiting: number;
  readonly kvBlocksUsed: number;
  readonly kvBlocksTotal: number;
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
   * @throws EngineError `bad-request`, `context-overflow`, `closed`, before anything is computed.
   */
  generate(request: GenerateRequest, options?: { signal?: AbortSignal }): AsyncIterable<GenerateEvent>;
  /** Logits after each token, `[tokens, vocabulary]`. @throws EngineError `bad-request`, `context-overflow`, `closed` */
  logits(tokens: readonly number[]): Promise<Float32Array>;
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
    return this.#chat.render({ messages, tools, addGenerationPrompt });
  }

  generate(request: GenerateRequest, { signal }: { signal?: AbortSignal } = {}): AsyncIterable<GenerateEvent> {
    this.#loop.checkOpen();
    const { prompt, ...options } = request;
    const { maxSequences } = this.#model.limits;
    const vocabularySize = this.#model.hyperparameters.vocabulary;
    const parameters = parseGenerationOptions(options, { vocabularySize, maxSequences });
    const isChat = "messages" in prompt;
    const tokens = this.#promptTokens(prompt);
    const maxTokens = this.#checkLength(tokens, parameters.maxTokens);
    const sequences = this.#scheduler.submit(tokens, parameters.n);
    const stops = new StopMatcher(isChat ? [...parameters.stop, ...this.#chat.stops] : parameters.stop);
    const limits = {
      maxTokens,
      endTokens: parameters.ignoreEos ? new Set<number>() : this.#tokenizer.endOfGeneration,
    };
    const choices = sequences.map((sequence, index) => {
      const decoder = new StreamDecoder(this.#tokenizer, { continuation: !isChat });
      return new Choice(index, sequence, parameters.sampling, limits, decoder, new StopMatcher(stops.automaton));
    });
    const running = new RunningRequest(parameters, choices, tokens.length, performance.now(), (left) =>
      this.#loop.cancel(left),
    );
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

  stats(): EngineStats {
    return {
      running: this.#scheduler.running,
      waiting: this.#scheduler.waiting,
      kvBlocksUsed: this.#scheduler.pool.used,
      kvBlocksTotal: this.#scheduler.pool.total,
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

  #promptTokens(prompt: GenerateRequest["prompt"]): readonly number[] {
    if ("tokens" in prompt) return prompt.tokens;
    if ("text" in prompt) return this.tokenize(prompt.text, { bos: true });
    if (prompt.messages.length === 0) throw new EngineError("bad-request", "messages: there is none");
    // A model's own template writes its own beginning of text; a stand-in leaves that to the tokenizer.
    const bos = this.#chat.origin !== "model";
    return this.tokenize(this.renderChat(prompt.messages, { tools: prompt.tools }), { special: true, bos });
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

function overflow(prompt: number, answer: number, contextLength: number): EngineError {
  return new EngineError(
    "context-overflow",
    `the context holds ${contextLength} tokens; ${prompt} of the prompt and ${answer} to generate are ${prompt + answer}`,
    "Shorten the prompt or lower the number of tokens to generate.",
  );
}
