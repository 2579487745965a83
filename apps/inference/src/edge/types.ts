import type { Hono } from "hono";
import type { Logger } from "pino";
import type { ExactCache } from "../domain/caching/exact-cache.ts";
import type { FileStore } from "../domain/files/store.ts";
import type { KeyLimits } from "../domain/keys/limits.ts";
import type { KeyVerifier } from "../domain/keys/verifier.ts";
import type { Catalog } from "../domain/models/catalog.ts";
import type { Tracer } from "../domain/traces/recorder.ts";
import type { Meter } from "../domain/usage/meter.ts";
import type { Routes } from "../routing/routes.ts";
import type { Upstreams } from "../upstreams/health.ts";
import type { ModelPool } from "../workers/pool.ts";
import type { Call } from "./call.ts";
import type { Metrics } from "./metrics.ts";
import type { KeptAnswer } from "./openai/kept-answer.ts";
import type { SemanticAnswers } from "./openai/near-answer.ts";
import type { TaskDirectory } from "./tasks/directory.ts";
import type { LiveTasks } from "./tasks/live.ts";
import type { StepRequests } from "./tasks/step-requests.ts";
import type { Management } from "./trpc/context.ts";

export interface TaskServices {
  readonly directory: TaskDirectory;
  readonly steps: StepRequests;
  readonly live: LiveTasks;
}

/** What the routes work with. */
export interface EdgeServices {
  readonly catalog: Catalog;
  readonly pool: ModelPool;
  /** Aliases and upstreams; absent where only models are served. */
  readonly routing?: { readonly routes: Routes; readonly upstreams: Upstreams };
  readonly keys: KeyVerifier;
  readonly limits: KeyLimits;
  /** Accounts, organizations and what is managed in them; absent where only models are served. */
  readonly management?: Management;
  /** Accounts for what is used; absent where nothing is accounted for. */
  readonly meter?: Meter;
  /** Keeps what each request did; absent where nothing is kept. */
  readonly tracer?: Tracer;
  /** Answers that were given before; absent where none are kept. */
  readonly answers?: ExactCache<KeptAnswer>;
  /** Answers to questions that mean the same, for aliases that ask for it; absent: everything is asked anew. */
  readonly semantic?: SemanticAnswers;
  /** Where files of the API lie; absent where none are kept. */
  readonly files?: FileStore;
  /** Tasks and what serves them; absent where only models are served. */
  readonly tasks?: TaskServices;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** Browsers of these origins may call the API; normally none. */
  readonly corsOrigins: readonly string[];
  /** True once the service is shutting down. */
  readonly draining: () => boolean;
}

export interface EdgeVariables {
  Variables: { call: Call };
}

export type Edge = Hono<EdgeVariables>;
