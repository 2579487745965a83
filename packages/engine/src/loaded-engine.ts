import type { DeviceInfo } from "@tugboat/kernels";
import { type AdapterLease, Adapters } from "./adapters/adapters.ts";
import type { AdapterPlace } from "./adapters/places.ts";
import { type ChatTemplate, chatTemplateFor } from "./chat-template/template.ts";
import type { ChatMessage, ToolDefinition } from "./chat-template/types.ts";
import type {
  Clock,
  EmbedOptions,
  Engine,
  EngineStats,
  GenerateRequest,
  ModelSource,
  Prefilled,
  PrefixOptions,
  ScoreOptions,
} from "./engine.ts";
import { EngineError } from "./errors.ts";
import { BlockMover } from "./generation/block-mover.ts";
import { Choice } from "./generation/choice.ts";
import type { GenerateEvent, Timings, TokenLogprob } from "./generation/events.ts";
import { HandOvers } from "./generation/hand-overs.ts";
import { logLikelihood } from "./generation/likelihood.ts";
import { GenerationLoop } from "./generation/loop.ts";
import { Pool } from "./generation/pooling.ts";
import { PromptReader } from "./generation/prompt-reader.ts";
import { RunningRequest } from "./generation/running-request.ts";
import { Spill } from "./generation/spill.ts";
import type { StepRunner } from "./generation/step-runner.ts";
import { type CompiledConstraint, ConstrainedText, type Constraint, ConstraintCache } from "./grammar/constraint.ts";
import { GrammarError } from "./grammar/errors.ts";
import { describeModel, type ModelInfo } from "./info.ts";
import type { BlockArchive } from "./kv/block-archive.ts";
import type { BlockTable } from "./kv/block-table.ts";
import { BLOCK_TOKENS } from "./kv/blocks.ts";
import { fingerprintOf } from "./kv/fingerprint.ts";
import type { KvHandOver } from "./kv/hand-over.ts";
import { adapterScope } from "./kv/prefix-cache.ts";
import type { LoadedModel } from "./load.ts";
import { parseGenerationOptions, type SamplingParameters } from "./sampler/request.ts";
import { Scheduler } from "./scheduler/scheduler.ts";
import type { Sequence } from "./scheduler/sequence.ts";
import { parseServingTerms } from "./scheduler/serving-terms.ts";
import { DraftModel } from "./speculative/draft-model.ts";
import { Drafts, Trust } from "./speculative/drafts.ts";
import { draftLimits, type LoadedDraft } from "./speculative/load-draft.ts";
import { StepCosts } from "./speculative/step-costs.ts";
import { StopMatcher } from "./text/stop-matcher.ts";
import { StreamDecoder } from "./tokenizer/stream-decoder.ts";
import type { Tokenizer } from "./tokenizer/types.ts";
import { ToolUse } from "./tools/tool-use.ts";
import type { PeftAdapter } from "./train/types.ts";

/** What closing may take to keep prefixes that were not kept yet. */
const SPILL_MS = 2_000;

/** What an engine may have beside its model. */
export interface EngineExtras {
  readonly clock?: Clock | undefined;
  readonly draft?: LoadedDraft | undefined;
}

/** A model on a device that takes requests. */
export class LoadedEngine implements Engine {
  readonly info: ModelInfo;
  readonly #source: ModelSource;
  readonly #tokenizer: Tokenizer;
  readonly #chat: ChatTemplate;
  readonly #model: LoadedModel;
  readonly #runner: StepRunner;
  readonly #scheduler: Scheduler;
  readonly #mover: BlockMover | undefined;
  readonly #loop: GenerationLoop;
  readonly #constraints: ConstraintCache;
  readonly #tools: ToolUse;
  readonly #prompts: PromptReader;
  readonly #adapters: Adapters;
  readonly #draft: LoadedDraft | undefined;
  readonly #clock: Clock;
  readonly #costs: StepCosts;
  readonly #handOvers: HandOvers;
  /** In the draft model, if there is one. */
  readonly #trust = new Trust();
  readonly #dropDevice: () => void;
  #closing: Promise<void> | undefined;

  constructor(
    source: ModelSource,
    tokenizer: Tokenizer,
    device: DeviceInfo,
    model: LoadedModel,
    runner: StepRunner,
    dropDevice: () => void,
    { clock = () => performance.now(), draft }: EngineExtras = {},
  ) {
    this.info = describeModel(source.files, model, device);
    this.#source = source;
    this.#tokenizer = tokenizer;
    this.#chat = chatTemplateFor(source.files.chatTemplate, tokenizer);
    this.#model = model;
    this.#runner = runner;
    this.#clock = clock;
    this.#costs = new StepCosts();
    const { blocks, lanes } = model.machine;
    const swapBytes = blocks && model.limits.prefixCache ? model.limits.swapBytes : 0;
    const swap = blocks && swapBytes > 0 ? { bytes: swapBytes, blockBytes: blocks.bytes } : undefined;
    this.#scheduler = new Scheduler({ ...model.limits, lanes, swap });
    const costs = this.#scheduler.swap?.costs;
    this.#mover = blocks && costs && new BlockMover(blocks, costs, clock, (copies) => runner.copyBlocks(copies));
    this.#draft = draft;
    const guesser = draft && new DraftModel(draft.runner, draftLimits(model, draft), this.#costs, clock);
    this.#loop = new GenerationLoop(
      this.#scheduler,
      runner,
      this.#costs,
      this.#mover,
      guesser,
      clock,
      (token, logprob, ids, logprobs) => ({
        ...this.#describe(token, logprob),
        top: Array.from(ids, (id, i) => this.#describe(id, logprobs[i]!)),
      }),
    );
    this.#tools = new ToolUse(this.#chat, tokenizer);
    const { contextLength, hyperparameters } = model;
    this.#prompts = new PromptReader(tokenizer, this.#chat, this.#tools, { contextLength, ...hyperparameters });
    this.#adapters = new Adapters(model.machine, model.adapterTarget, (work) => this.#loop.exclusive(0, work));
    const encoder = new TextEncoder();
    const spoken = new Map([...this.#tools.spoken].map(([id, text]) => [id, encoder.encode(text)]));
    this.#constraints = new ConstraintCache(tokenizer, model.hyperparameters.vocabulary, spoken);
    this.#dropDevice = dropDevice;
    this.#handOvers = new HandOvers(source.name, model, this.#scheduler, this.#loop);
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
    return this.#prompts.render(messages, tools ?? [], addGenerationPrompt);
  }

  generate(request: GenerateRequest, { signal }: { signal?: AbortSignal } = {}): AsyncIterable<GenerateEvent> {
    this.#loop.checkOpen();
    const { adapter, cacheScope, constraint, parallelToolCalls, priority, prompt, tenant, timeoutMs, toolChoice } =
      request;
    const terms = parseServingTerms({ cacheScope, priority, tenant, timeoutMs });
    const { maxQueue, maxSequences } = this.#model.limits;
    if (this.#scheduler.waiting >= maxQueue) throw queueFull(maxQueue);
    const vocabularySize = this.#model.hyperparameters.vocabulary;
    const parameters = parseGenerationOptions(request, { vocabularySize, maxSequences });
    const isChat = "messages" in prompt;
    const tools = isChat && toolChoice !== "none" ? (prompt.tools ?? []) : [];
    const use = tools.length > 0 && {
      tools,
      toolChoice: toolChoice === undefined || toolChoice === "none" ? ("auto" as const) : toolChoice,
      parallel: parallelToolCalls ?? true,
    };
    const wanted = use ? this.#tools.constraint(use, constraint) : constraint;
    const tokens = this.#prompts.tokens(isChat ? { ...prompt, tools } : prompt);
    const maxTokens = this.#prompts.room(tokens, parameters.maxTokens);
    const compiled = wanted && this.#compile(wanted, isChat && this.#tokenizer.stripsLeadingSpace);
    const held = adapter && this.#adapters.hold(adapter);
    const scope = adapter ? adapterScope(terms.cacheScope, adapter.id) : terms.cacheScope;
    const now = this.#clock();
    let sequences: Sequence[];
    try {
      sequences = this.#scheduler.submit(tokens, parameters.n, {
        tenant: terms.tenant ?? terms.cacheScope,
        priority: terms.priority,
        scope: this.#model.limits.prefixCache ? scope : undefined,
        adapter: held?.place,
        cachedElsewhere: request.cachedElsewhere,
        now,
        deadline: terms.timeoutMs === undefined ? undefined : now + terms.timeoutMs,
      });
    } catch (error) {
      held?.release();
      throw error;
    }
    const stops = new StopMatcher(isChat ? [...parameters.stop, ...this.#chat.stops] : parameters.stop);
    const limits = {
      maxTokens,
      // A constrained text must be able to end.
      endTokens: parameters.ignoreEos && !compiled ? new Set<number>() : this.#tokenizer.endOfGeneration,
    };
    const choices = sequences.map((sequence, index) => {
      const decoder = new StreamDecoder(this.#tokenizer, { continuation: !isChat });
      const constrained = compiled && new ConstrainedText(compiled);
      // What is drawn from changed or masked logits depends on the tokens before, which a guess's rows don't see.
      const plain = !constrained && !changesLogits(parameters.sampling);
      const { speculation } = this.#model;
      const trust = speculation === "draft-model" ? this.#trust : new Trust();
      const drafts = plain && speculation !== "off" ? new Drafts(this.#costs, speculation, trust) : undefined;
      const own = {
        ...limits,
        constrained,
        drafts,
        ...(use && { reader: this.#tools.reader(), spoken: this.#tools.spoken }),
      };
      return new Choice(index, sequence, parameters.sampling, own, decoder, new StopMatcher(stops.automaton));
    });
    const running = new RunningRequest(parameters, choices, tokens.length, now, (left) => this.#loop.cancel(left));
    this.#loop.add(running);
    const cancel = () => this.#loop.cancel(running);
    running.onEnd = () => {
      held?.release();
      signal?.removeEventListener("abort", cancel);
    };
    if (signal?.aborted) cancel();
    else signal?.addEventListener("abort", cancel, { once: true });
    return running.events;
  }

  async prefill(
    { adapter, cacheScope, priority, prompt, tenant, timeoutMs, toolChoice }: GenerateRequest,
    options: { signal?: AbortSignal } = {},
  ): Promise<Prefilled> {
    const tools = "messages" in prompt && toolChoice !== "none" ? (prompt.tools ?? []) : [];
    const tokens = this.#prompts.tokens("messages" in prompt ? { ...prompt, tools } : prompt);
    const terms = { cacheScope, priority, tenant, timeoutMs, adapter };
    const one = { maxTokens: 1, temperature: 0, ignoreEos: true };
    const times = { queueMs: 0, prefillMs: 0 };
    let cachedTokens = 0;
    for await (const event of this.generate({ prompt: { tokens }, ...terms, ...one }, options)) {
      if (event.type === "start") cachedTokens = event.cachedTokens;
      if (event.type === "done") Object.assign(times, pick(event.timings));
    }
    const { cacheScope: own } = parseServingTerms(terms);
    const scope = adapter ? adapterScope(own, adapter.id) : own;
    const handOver = await this.#handOvers.give(scope, Int32Array.from(tokens));
    return { handOver, promptTokens: tokens.length, cachedTokens, ...times };
  }

  takeOver(handOver: KvHandOver): Promise<number> {
    this.#loop.checkOpen();
    return this.#handOvers.take(handOver);
  }

  declarePrefix(prefix: GenerateRequest["prompt"], { cacheScope, pin = false }: PrefixOptions = {}) {
    this.#loop.checkOpen();
    const tokens = this.#prompts.opening(prefix);
    this.#prompts.room(tokens, undefined);
    const declared = { scope: cacheScope, tokens: Int32Array.from(tokens), pin };
    const release = this.#scheduler.prefixes.declare(declared);
    return { tokens: tokens.length - (tokens.length % BLOCK_TOKENS), release };
  }

  async logits(tokens: readonly number[], { adapter }: { adapter?: AdapterLease } = {}): Promise<Float32Array> {
    this.#loop.checkOpen();
    this.#prompts.checkFits(tokens);
    const { vocabulary } = this.#model.hyperparameters;
    const out = new Float32Array(tokens.length * vocabulary);
    await this.#holding(adapter, tokens.length, (table, place) =>
      this.#runner.logits(
        tokens,
        table,
        vocabulary,
        0,
        (position, logits) => out.set(logits, position * vocabulary),
        place,
      ),
    );
    return out;
  }

  async score(tokens: readonly number[], { adapter, from = 1 }: ScoreOptions = {}): Promise<Float64Array> {
    this.#loop.checkOpen();
    this.#prompts.checkFits(tokens);
    if (!Number.isInteger(from) || from < 1 || from > tokens.length) {
      const message = `from: ${from} is not a whole number from 1 to ${tokens.length}`;
      throw new EngineError("bad-request", message, "The first token follows nothing, so it has no likelihood.");
    }
    const { vocabulary } = this.#model.hyperparameters;
    const scores = new Float64Array(tokens.length - from);
    await this.#holding(adapter, tokens.length, (table, place) =>
      this.#runner.logits(
        tokens.slice(0, -1),
        table,
        vocabulary,
        from - 1,
        (position, logits) => {
          scores[position + 1 - from] = logLikelihood(logits, tokens[position + 1]!);
        },
        place,
      ),
    );
    return scores;
  }

  async embed(tokens: readonly number[], options: EmbedOptions = {}): Promise<Float32Array<ArrayBuffer>> {
    this.#loop.checkOpen();
    this.#prompts.checkFits(tokens);
    const { dim } = this.#model.hyperparameters;
    const { adapter, pooling = "mean", dimensions = dim } = options;
    if (!Number.isInteger(dimensions) || dimensions < 1 || dimensions > dim) {
      const message = `dimensions: ${dimensions} is not a whole number from 1 to ${dim}`;
      throw new EngineError("bad-request", message, "This model's vectors have that many.");
    }
    const pool = new Pool(dim, pooling);
    await this.#holding(adapter, tokens.length, (table, place) =>
      this.#runner.hidden(tokens, table, (rows) => pool.add(rows), place),
    );
    return pool.vector(dimensions);
  }

  openAdapter(id: string, read: () => Promise<PeftAdapter>): Promise<AdapterLease> {
    this.#loop.checkOpen();
    return this.#adapters.open(id, read);
  }

  /** Takes what an archive kept of this model's prefixes, and keeps what comes from now on. */
  async keepPrefixes(archive: BlockArchive): Promise<void> {
    const { prefixes, swap } = this.#scheduler;
    const { blocks, settings } = this.#model.machine;
    if (!swap || !this.#mover) return;
    const { contextLength, kv } = settings;
    const facts = { contextLength, type: kv.type, device: this.info.device.kind, bytes: blocks?.bytes };
    const fingerprint = await fingerprintOf(this.#source.files, facts);
    this.#loop.spill = await Spill.open(archive, fingerprint, prefixes, swap.store, this.#mover);
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
      swap: {
        blocks: this.#scheduler.swap?.store.size ?? 0,
        ...(this.#scheduler.swap?.costs.counts ?? { saved: 0, loaded: 0 }),
      },
      drafts: { ...this.#loop.drafts, ...(this.#draft && { model: this.#draft.source.files.name }) },
      adapters: this.#adapters.stats(),
    };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#loop.close(new EngineError("closed", `${this.info.name} was closed`, "Load the model again."));
    // Of a device that failed nothing can be read any more.
    await this.#loop.spill?.all(SPILL_MS).catch(() => {});
    this.#model.machine.destroy();
    this.#draft?.model.machine.destroy();
    this.#dropDevice();
    await Promise.all([this.#source.files.close(), this.#draft?.source.files.close()]);
  }

  /** Work between two steps, with an adapter that stays until it is done. */
  async #holding(
    adapter: AdapterLease | undefined,
    tokens: number,
    work: (table: BlockTable, place: AdapterPlace | undefined) => Promise<void>,
  ): Promise<void> {
    const held = adapter && this.#adapters.hold(adapter);
    try {
      await this.#loop.exclusive(tokens, (table) => work(table, held?.place));
    } finally {
      held?.release();
    }
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

  #describe(token: number, logprob: number): TokenLogprob {
    const bytes = this.#tokenizer.tokenBytes(token);
    const text = bytes.length > 0 ? new TextDecoder().decode(bytes) : this.#tokenizer.tokenText(token);
    return { token, text, bytes: [...bytes], logprob };
  }
}

function pick({ prefillMs, queueMs }: Timings): { queueMs: number; prefillMs: number } {
  return { queueMs, prefillMs };
}

/** Whether a text's own tokens change how its next one is drawn. */
function changesLogits({ frequencyPenalty, presencePenalty, repetitionPenalty }: SamplingParameters): boolean {
  return repetitionPenalty !== 1 || frequencyPenalty !== 0 || presencePenalty !== 0;
}

function queueFull(maxQueue: number): EngineError {
  return new EngineError("queue-full", `${maxQueue} requests already wait`, "Send the request again a little later.");
}
