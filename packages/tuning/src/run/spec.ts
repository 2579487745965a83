import type { DeviceKind, ModelSource, PeftAdapter } from "@tugboat/engine";
import type { RunConfig } from "../report.ts";
import type { Example } from "../samples.ts";

/** What a run is to do. */
export interface RunSpec {
  readonly examples: readonly Example[];
  readonly config: RunConfig;
  /** The run to go on from: the rank of its adapters, and how it divided the examples that come first here. */
  readonly startFrom?: { readonly rank: number; readonly examples: readonly Example[] } | undefined;
  readonly budgetMs: number;
  readonly device: DeviceKind;
  /** Of the CPU device; by default as many as help. */
  readonly threads?: number | undefined;
}

/** Where a run finds its model and keeps what it has finished: a folder, or a browser's memory. */
export interface RunPlace {
  openModel(): Promise<ModelSource>;
  /** Undefined where nothing of this name was written. */
  read(name: string): Promise<Uint8Array | undefined>;
  /** Whole or not at all. */
  write(name: string, bytes: Uint8Array): Promise<void>;
  /** @returns where it lies, in words for the report */
  saveAdapter(name: string, adapter: PeftAdapter): Promise<string>;
  /** Undefined where none was saved. */
  loadAdapter(name: string): Promise<PeftAdapter | undefined>;
  /** The same of the run that this one goes on from. */
  earlierAdapter(name: string): Promise<PeftAdapter | undefined>;
  /** Keeps the model with the adapter merged in. @returns where it lies */
  saveModel(merged: ModelSource): Promise<string>;
}
