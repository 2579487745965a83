import type { DeploymentDevice, ModelSpeed } from "@tugboat/db";
import type { Ask } from "../domain/asking/ask.ts";
import type { AskForBatch } from "../domain/batches/ask.ts";
import type { DocumentSearch } from "../domain/documents/search.ts";
import type { FileStore } from "../domain/files/store.ts";
import type { Vault } from "../domain/secrets/vault.ts";
import type { Tracer } from "../domain/traces/recorder.ts";

/** What jobs may use beside their organization's data. */
export interface JobServices {
  /** The data directory. */
  readonly home: string;
  /** Where models are downloaded from. */
  readonly hub: { readonly endpoint: string; readonly token?: string | undefined };
  /** What training runs on. */
  readonly training: { readonly device: DeploymentDevice; readonly threads: number; readonly kernelCache: string };
  /** The models that this process serves; undefined where it serves none. */
  readonly engine?: JobEngine;
  /** What batches are run with; undefined where no models are served. */
  readonly batches?: BatchServices;
  /** Asks models in an organization's name; undefined where no models are served. */
  readonly ask?: Ask;
  /** Searches documents; undefined where no models are served. */
  readonly documents?: DocumentSearch;
  /** Opens the secrets that webhooks are signed with. */
  readonly vault?: Vault;
  /** Keeps traces of flows; undefined where none are kept. */
  readonly tracer?: Tracer;
}

export interface BatchServices {
  readonly files: FileStore;
  readonly ask: AskForBatch;
}

export interface JobEngine {
  /** For how long no request has run or waited, in ms. */
  quietMs(): number;
  /**
   * Loads an organization's model, if it isn't, and measures it.
   * @throws ServingError; the signal's reason
   */
  measure(
    organizationId: string,
    model: string,
    signal: AbortSignal,
    onStage: (stage: string) => void,
  ): Promise<ModelSpeed>;
}
