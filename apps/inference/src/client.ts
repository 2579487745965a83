/** Shapes of the service's answers, for programs that call it. Types only. */

export interface HealthModel {
  readonly id: string;
  /** `idle`: in the catalog, loaded by the first request. */
  readonly state: "idle" | "loading" | "ready" | "restarting" | "failed" | "closed";
  readonly progress?: { readonly stage: "read" | "compile" | "warm"; readonly done: number; readonly total: number };
  /** Why it failed or died last. */
  readonly error?: string;
  readonly restarts: number;
  readonly inFlight?: number;
}

export interface HealthBody {
  readonly status: "ok" | "degraded" | "starting" | "unavailable" | "stopping";
  readonly version: string;
  readonly uptimeSeconds: number;
  /** Null until a model is loaded. */
  readonly device: {
    readonly kind: "cpu" | "webgpu";
    readonly description: string;
    readonly threads: number;
  } | null;
  readonly models: readonly HealthModel[];
}

/** An element of `/v1/models`: OpenAI's fields, and what Tugboat knows beside them. */
export type ModelBody = LocalModelBody | RoutedModelBody;

/** A name that leads elsewhere: an alias, or a model of an upstream. */
export interface RoutedModelBody {
  readonly id: string;
  readonly object: "model";
  readonly created: number;
  readonly owned_by: string;
  readonly tugboat: {
    readonly kind: "alias" | "upstream";
    /** `failed`: its upstream is switched off or gets a pause after failures. */
    readonly state: "ready" | "failed";
    /** Where an alias's requests go, the largest share first. */
    readonly targets?: readonly { readonly name: string; readonly share: number }[];
  };
}

export interface LocalModelBody {
  readonly id: string;
  readonly object: "model";
  /** Unix seconds. */
  readonly created: number;
  readonly owned_by: string;
  readonly tugboat: {
    readonly kind: "model";
    readonly state: HealthModel["state"];
    readonly architecture: string;
    readonly parameters: number;
    /** In tokens. */
    readonly contextLength: number;
    readonly quantisation: string;
    /** An adapter: the model that it changes. */
    readonly base?: string;
    readonly bytes: number;
    readonly licence: string | null;
    readonly isDefault: boolean;
    /** Unknown until it was loaded once. */
    readonly chat?: boolean;
  };
}

export interface ModelListBody {
  readonly object: "list";
  readonly data: readonly ModelBody[];
}

export interface ErrorBody {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly param: string | null;
    readonly code: string | null;
  };
}
