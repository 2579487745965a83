import type { DeploymentDevice, ModelSpeed } from "@tugboat/db";

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
}

export interface JobEngine {
  serves(organizationId: string): boolean;
  /** For how long no request has run or waited, in ms. */
  quietMs(): number;
  /**
   * Loads a model, if it isn't, and measures it.
   * @throws ServingError; the signal's reason
   */
  measure(model: string, signal: AbortSignal, onStage: (stage: string) => void): Promise<ModelSpeed>;
}
