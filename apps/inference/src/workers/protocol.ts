import type { ChatMessage, EngineStats, GenerateEvent, GenerateRequest, ModelInfo } from "@tugboat/engine";

/**
 * What the service and an engine worker say to each other. The transport is an ordered channel that copies structured
 * values (a child process with advanced serialisation).
 *
 * Flow control: a worker may send `credits` events of a request beyond those that were acknowledged; `credit` gives
 * more. So what a slow client leaves unread is bounded by the window, whatever the engine's speed.
 */
export const creditWindow = 256;

/** How a worker is to load its model. */
export interface LoadSettings {
  /** A model file or folder. */
  readonly path: string;
  /** A folder for compiled kernels. */
  readonly kernelCache?: string;
  readonly device: "auto" | "cpu" | "webgpu";
  readonly threads?: number;
  readonly contextLength?: number;
  readonly maxSequences?: number;
  /** Default: by the machine's memory. */
  readonly kvCacheBytes?: number;
  readonly kvType?: "f16" | "f32" | "q8_0";
  /** A folder in which models' prefix caches are kept, each in one of its own of so many bytes. */
  readonly prefixDisk?: { readonly folder: string; readonly bytes: number };
  /** A file or folder of the model that guesses. */
  readonly draft?: string;
  /** Absent: it does all of a request. */
  readonly pool?: Pool;
  /** Absent: the worker computes the model in one piece. */
  readonly stages?: StageSettings;
}

/** What a worker of a divided deployment does of a request: it reads the prompt, or goes on from what was read. */
export type Pool = "prefill" | "decode";

/** Where a worker of the decode pool takes what was read, on this machine. */
export interface HandOverAddress {
  readonly port: number;
  readonly secret: string;
}

/** How a prompt was read and handed over. */
export interface PrefillAnswer {
  /** Of the prompt: what was there before, and what the other worker has now. */
  readonly cachedTokens: number;
  readonly taken: number;
  readonly bytes: number;
  readonly queueMs: number;
  readonly prefillMs: number;
  readonly handOverMs: number;
}

/** How a worker divides its model among processes of its own. */
export interface StageSettings {
  /** Parts of the layers, one process each. */
  readonly layers: number;
  /** Processes; 0: the first layers' does it. */
  readonly embedding: number;
  /** Processes; 0: the last layers' does it. */
  readonly head: number;
}

/** A process that computes a stage. */
export interface StageStatus {
  readonly embedding: boolean;
  readonly head: boolean;
  readonly firstLayer: number;
  readonly layers: number;
  readonly pid?: number;
  readonly rssBytes: number;
  /** Of the last second, what it computed: 0 to 1. */
  readonly busy: number;
}

export interface LoadProgress {
  readonly stage: "read" | "compile" | "warm";
  readonly done: number;
  readonly total: number;
}

/** An error on its way between processes. `code` is the engine's, a format's or `internal`. */
export interface WireError {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

/** Texts to be made vectors of. */
export interface EmbedRequest {
  readonly adapter?: AdapterRef;
  readonly inputs: readonly ({ readonly text: string } | { readonly tokens: readonly number[] })[];
  readonly pooling?: "mean" | "last";
  readonly dimensions?: number;
}

/** Texts to be scored: how likely each is to follow what comes before it. */
export interface ScoreRequest {
  readonly adapter?: AdapterRef;
  readonly continuations: readonly Continuation[];
}

export interface Continuation {
  readonly before: { readonly text: string } | { readonly messages: readonly ChatMessage[] };
  readonly text: string;
}

/** Texts that are read, with nothing written. */
export type ReadRequest = EmbedRequest | ScoreRequest;

export interface ReadAnswer {
  /** One for each text: a vector of length 1, or the natural log of each of its tokens' likelihoods. */
  readonly rows: readonly Float32Array[];
  /** Of all inputs. */
  readonly tokens: number;
  /** Until the first of them was begun, and from then on. */
  readonly queueMs: number;
  readonly computeMs: number;
}

/** An adapter that changes the worker's model for one request. */
export interface AdapterRef {
  readonly name: string;
  /** Its folder. */
  readonly path: string;
}

/** A request as it crosses: its adapter by name, which the worker loads when it is not there. */
export interface WorkerRequest extends Omit<GenerateRequest, "adapter"> {
  readonly adapter?: AdapterRef;
}

export type ToWorker =
  | { readonly type: "read"; readonly id: number; readonly request: ReadRequest }
  | { readonly type: "load"; readonly settings: LoadSettings }
  | { readonly type: "generate"; readonly id: number; readonly request: WorkerRequest; readonly credits: number }
  | {
      readonly type: "prefill";
      readonly id: number;
      readonly request: WorkerRequest;
      readonly to: HandOverAddress;
    }
  | { readonly type: "credit"; readonly id: number; readonly credits: number }
  | { readonly type: "cancel"; readonly id: number }
  | { readonly type: "close" };

/** What happened to one request within one tick of the worker, in order. */
export interface RequestEvents {
  readonly id: number;
  readonly events: readonly GenerateEvent[];
  /** No more events follow: the generation ended, or failed with this. */
  readonly end?: { readonly error?: WireError };
}

export type FromWorker =
  | { readonly type: "was-read"; readonly id: number; readonly result: ReadAnswer | { readonly error: WireError } }
  | { readonly type: "progress"; readonly progress: LoadProgress }
  | {
      readonly type: "ready";
      readonly info: ModelInfo;
      readonly loadMs: number;
      /** Of a worker of the decode pool. */
      readonly takesAt?: HandOverAddress;
    }
  | { readonly type: "prefilled"; readonly id: number; readonly result: PrefillAnswer | { readonly error: WireError } }
  | { readonly type: "load-failed"; readonly error: WireError }
  | { readonly type: "events"; readonly requests: readonly RequestEvents[] }
  /** Once a second while the worker lives. `rssBytes` is its resident memory, with that of its stages. */
  | {
      readonly type: "stats";
      readonly stats: EngineStats;
      readonly rssBytes: number;
      readonly stages?: readonly StageStatus[];
    };

export function toWireError(error: unknown): WireError {
  if (!(error instanceof Error)) return { code: "internal", message: String(error) };
  const code = "code" in error && typeof error.code === "string" ? error.code : "internal";
  const hint = "hint" in error && typeof error.hint === "string" ? error.hint : undefined;
  return { code, message: error.message, ...(hint !== undefined && { hint }) };
}
