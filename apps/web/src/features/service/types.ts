/** What the console knows about the inference service: one shape for the server that asks and the pages that show. */

export type ModelState = "ready" | "loading" | "failed" | "idle";

export interface ModelCard {
  /** The name the API serves it by. */
  readonly id: string;
  readonly state: ModelState;
  /** Why it failed, or how far it is. */
  readonly detail?: string;
  readonly description?: string;
  readonly architecture?: string;
  readonly parameters?: number;
  /** Tokens a request may hold, prompt and answer together. */
  readonly contextLength?: number;
  readonly trainedContextLength?: number;
  readonly vocabularySize?: number;
  readonly layers?: number;
  readonly dimension?: number;
  readonly heads?: number;
  readonly kvHeads?: number;
  readonly quantisation?: string;
  /** Size of the model's file in bytes. */
  readonly bytes?: number;
  readonly licence?: string;
  /** Whether it knows a chat form; without one it only continues text. */
  readonly hasChatTemplate?: boolean;
  readonly isDefault?: boolean;
}

/** A name that requests can use and that leads elsewhere: an alias, or a model of an upstream. */
export interface NamedCard {
  readonly id: string;
  readonly kind: "alias" | "upstream";
  readonly state: "ready" | "failed";
  /** Where an alias's requests go, the largest share in percent first. */
  readonly targets?: readonly { readonly name: string; readonly share: number }[];
}

export interface DeviceCard {
  readonly kind: string;
  readonly name: string;
  readonly threads?: number;
}

/** Totals since the service started. */
export interface Load {
  readonly requests: number;
  readonly failed: number;
  /** Running and waiting now. */
  readonly active: number;
  readonly promptTokens: number;
  /** Of the prompt tokens, those that were read from the prefix cache. */
  readonly cachedTokens: number;
  readonly completionTokens: number;
  /** Median time to first token in ms, since the start. */
  readonly ttftMs?: number;
  /** The time to first token that 95 of 100 requests stayed below, in ms. */
  readonly ttftP95Ms?: number;
}

export interface LoadSample {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly tokensPerSecond: number;
  readonly requestsPerMinute: number;
  readonly active: number;
}

export interface ServiceProblem {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

export type Overview =
  | {
      readonly state: "up";
      readonly apiUrl: string;
      readonly version?: string;
      readonly uptimeMs?: number;
      readonly device?: DeviceCard;
      /** Those of this installation. */
      readonly models: readonly ModelCard[];
      /** Aliases and models of upstreams. */
      readonly named: readonly NamedCard[];
      /** Absent when the service publishes no metrics. */
      readonly load?: Load;
      readonly history: readonly LoadSample[];
    }
  | { readonly state: "down"; readonly apiUrl: string; readonly problem: ServiceProblem };
