import type { Database, DeploymentSettings, Models, NewModel } from "@tugboat/db";
import type { Logger } from "pino";
import type { Auth } from "../../domain/accounts/auth.ts";
import type { Ask } from "../../domain/asking/ask.ts";
import type { SemanticStats } from "../../domain/caching/semantic-cache.ts";
import type { DatasetFiles } from "../../domain/datasets/file-store.ts";
import type { DocumentSearch } from "../../domain/documents/search.ts";
import type { Principal } from "../../domain/keys/verifier.ts";
import type { Mailer } from "../../domain/mail/mailer.ts";
import type { Catalog } from "../../domain/models/catalog.ts";
import type { OwnFiles } from "../../domain/models/own-files.ts";
import type { StripeSettings } from "../../domain/payments/stripe.ts";
import type { Permission } from "../../domain/permissions.ts";
import type { Vault } from "../../domain/secrets/vault.ts";
import type { JobChanges } from "../../jobs/changes.ts";
import type { Routes } from "../../routing/routes.ts";
import type { Upstreams } from "../../upstreams/health.ts";
import type { AddressReader } from "../address.ts";
import type { Member } from "../session.ts";
import type { MachineFacts, ModelReading } from "./model-shapes.ts";

/** What the procedures work with. */
export interface Management {
  readonly database: Database;
  readonly meter: ManagedMeter;
  readonly traces: ManagedTraces;
  readonly auth: Auth;
  readonly catalog: Catalog;
  readonly deployments: Deployments;
  /** How the semantic caches of this process do. */
  readonly semantic: { stats(aliasId: string): SemanticStats };
  readonly jobChanges: JobChanges;
  readonly routing: { readonly routes: Routes; readonly upstreams: Upstreams };
  /** Seals the secrets of upstreams. */
  readonly vault: Vault;
  readonly log: Logger;
  /** Where people sign in; links begin with it. */
  readonly consoleUrl: string;
  /** Whether an answer can be held to a JSON Schema; false while the API refuses that. */
  readonly takesResponseFormat: boolean;
  /** Asks models in an organization's name; set once the service can. */
  readonly asking: { ask?: Ask };
  /** Absent where no mail server is set. */
  readonly mailer?: Mailer | undefined;
  /** Absent where no payment service is set. */
  readonly stripe?: StripeSettings | undefined;
  readonly addressOf: AddressReader;
  /**
   * Finds out what the catalog must know of a file, a folder or a hub id.
   * @throws CatalogError
   */
  readonly prepareModel: (
    source: string,
    options: {
      readonly name?: string | undefined;
      /** The model that an adapter changes; by default the one that it names. */
      readonly base?: string | undefined;
      /** Where that is looked up. */
      readonly models: Pick<Models, "get">;
    },
  ) => Promise<NewModel>;
  /** Searches collections of documents. */
  readonly documents: DocumentSearch;
  /** The data directory. */
  readonly home: string;
  /** Files on their way into datasets. */
  readonly datasetFiles: DatasetFiles;
  /** Model files on their way here. */
  readonly uploads: ModelUploads;
  /** The files of models that were uploaded or downloaded, which the service may delete. */
  readonly ownFiles: OwnFiles;
  /** What models are made of, from their files. */
  readonly reader: ModelReading;
  /** What there is to run models on. */
  readonly machine: () => MachineFacts;
}

/** A file that was sent, or is being sent. */
export interface UploadView {
  readonly id: string;
  readonly fileName: string;
  readonly size: number;
  readonly received: number;
  readonly startedAt: string;
}

export interface ModelUploads {
  handle(organizationId: string, request: Request): Promise<Response>;
  list(organizationId: string): Promise<UploadView[]>;
  get(organizationId: string, id: string): Promise<UploadView>;
  discard(organizationId: string, id: string): Promise<void>;
  take<T>(organizationId: string, id: string, use: (path: string) => Promise<T>): Promise<T>;
}

/** What procedures need of metering. */
export interface ManagedMeter {
  /** Reads prices and budgets again, so that a change holds in this process when the procedure answers. */
  refresh(): Promise<void>;
  /** Waits until what has finished is in the database, at most so long. @returns whether it is */
  flush(patienceMs: number): Promise<boolean>;
}

/** What procedures need of tracing. */
export interface ManagedTraces {
  /** Reads the policies again, so that a change holds in this process when the procedure answers. */
  refresh(): Promise<void>;
  /** Waits until what has ended is in the database. */
  flush(): Promise<void>;
}

/** What is served. It speaks of no engine: the console reads these types, and has none. */
export interface Deployments {
  statuses(): readonly DeploymentView[];
  /** Begins to load a model. @throws ServingError */
  load(model: string): Promise<void>;
  /** Ends a model's worker; what runs in it may take `drainMs` to end. Does nothing when it isn't loaded. */
  unload(model: string, drainMs?: number): Promise<void>;
  /** Starts a new worker with the settings of now; what runs in the old one ends there. @throws ServingError */
  restart(model: string, drainMs: number): Promise<void>;
}

/** A worker process, or what several do together. */
export interface WorkerView {
  readonly state: "idle" | "loading" | "ready" | "restarting" | "failed" | "closed";
  readonly error?: string;
  readonly restarts: number;
  readonly inFlight: number;
  readonly rssBytes?: number;
  readonly loadMs?: number;
  readonly stats?: {
    readonly running: number;
    readonly waiting: number;
    readonly kvBlocksUsed: number;
    readonly kvBlocksTotal: number;
    readonly promptTokens: number;
    readonly cachedTokens: number;
    readonly preemptions: number;
    readonly drafts: { readonly tokens: number; readonly accepted: number; readonly model?: string };
    readonly adapters: { readonly loaded: number; readonly inUse: number };
    readonly tokensPerSecond: number;
  };
  /** The processes that its model is divided among. */
  readonly stages?: readonly {
    readonly embedding: boolean;
    readonly head: boolean;
    readonly firstLayer: number;
    readonly layers: number;
    readonly rssBytes: number;
    readonly busy: number;
  }[];
  readonly progress?: { readonly stage: string; readonly done: number; readonly total: number };
  readonly info?: {
    readonly contextLength: number;
    readonly device: { readonly kind: string; readonly description: string; readonly threads: number };
  };
}

export interface DeploymentView extends WorkerView {
  readonly model: string;
  /** What its workers were started with. */
  readonly applied: DeploymentSettings;
  /** One for each worker process. */
  readonly replicas: readonly (WorkerView & {
    readonly id: string;
    /** The machine or process that it belongs to; absent for this one. */
    readonly node?: string;
    /** What it does of a request; absent where it does all of it. */
    readonly pool?: "prefill" | "decode";
  })[];
  /** What is asked most often of late. `scope` is the organization that asks. */
  readonly hotKeys: readonly {
    readonly kind: string;
    readonly label: string;
    readonly scope: string;
    readonly share: number;
    readonly requestsPerSecond: number;
    readonly places: number;
  }[];
  /** How requests found their replicas, since the model was loaded. */
  readonly placements: {
    readonly sticky: number;
    readonly spread: number;
    readonly spilled: number;
    readonly free: number;
  };
  /** Requests that were begun anew because their worker had died. */
  readonly retries: number;
  /** Prompts that were read in one pool and handed over to the other, where there are two. */
  readonly handOvers?: {
    readonly requests: number;
    readonly tokens: number;
    readonly bytes: number;
    readonly ms: number;
    readonly missed: number;
  };
}

/** Who asks: a person who signed in, or a program with a key. */
export type Caller = Member | (Principal & { readonly kind: "key" });

/** A background job, in its organization's name. */
export interface JobCaller {
  readonly kind: "job";
  readonly organizationId: string;
  /** Who began it. */
  readonly userId: string | null;
  readonly permissions: ReadonlySet<Permission>;
  readonly models: undefined;
}

/** Who asks a model. */
export type ModelCaller = Caller | JobCaller;

export interface Context {
  readonly management: Management;
  readonly caller: Caller | undefined;
  /** For the audit log. */
  readonly address: string | undefined;
}
