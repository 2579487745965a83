import type { Example, RunProgress, RunReport } from "@tugboat/tuning";
import type { RunSpec } from "@tugboat/tuning/run";

export interface StartFrom {
  readonly folder: string;
  readonly rank: number;
  readonly examples: readonly Example[];
}

/** All that the process of a run is told. */
export interface ServiceRunSpec extends RunSpec {
  /** Where its state, checkpoints and results lie; it goes on from what it finds there. */
  readonly folder: string;
  /** The base model's file or folder. */
  readonly modelPath: string;
  readonly modelName: string;
  /** `general.name` of the model that comes out. */
  readonly name: string;
  readonly startFrom?: StartFrom | undefined;
  readonly kernelCache: string;
}

export type ToRun = { readonly type: "start"; readonly spec: ServiceRunSpec } | { readonly type: "stop" };

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
