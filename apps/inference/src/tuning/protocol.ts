import type { DeviceKind } from "@tugboat/engine";
import type { RunConfig, RunProgress, RunReport } from "../domain/tuning/report.ts";
import type { Example } from "../domain/tuning/samples.ts";

export interface StartFrom {
  readonly folder: string;
  readonly rank: number;
  readonly examples: readonly Example[];
}

/** All that the process of a run is told. */
export interface RunSpec {
  /** Where its state, checkpoints and results lie; it goes on from what it finds there. */
  readonly folder: string;
  /** The base model's file or folder. */
  readonly modelPath: string;
  readonly modelName: string;
  /** `general.name` of the model that comes out. */
  readonly name: string;
  readonly examples: readonly Example[];
  readonly config: RunConfig;
  /** The run to go on from: its folder, the rank of its adapters, and how it divided the examples that come first here. */
  readonly startFrom?: StartFrom | undefined;
  readonly budgetMs: number;
  readonly device: DeviceKind;
  readonly threads: number;
  readonly kernelCache: string;
}

export type ToRun = { readonly type: "start"; readonly spec: RunSpec } | { readonly type: "stop" };

export type FromRun =
  | {
      readonly type: "progress";
      readonly stage: string;
      readonly done?: number;
      readonly total?: number;
      readonly etaMs?: number;
      readonly progress: RunProgress;
    }
  | { readonly type: "done"; readonly report: RunReport; readonly modelFile: string }
  /** `final`: trying again would end the same way. */
  | { readonly type: "failed"; readonly message: string; readonly hint?: string; readonly final: boolean };
