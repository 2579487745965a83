import type { LoadOptions, Stage, StageAnswer, StageCommand, StageFacts } from "@tugboat/engine";
import type { LoadProgress, WireError } from "../protocol.ts";

/** What every stage of a model is loaded with alike. */
export interface StageLoad {
  readonly path: string;
  readonly kernelCache?: string;
  readonly options: Omit<LoadOptions, "device" | "onProgress" | "signal"> & {
    readonly device: "auto" | "cpu" | "webgpu";
  };
  readonly stage: Stage;
}

/** What an engine worker and the processes of its stages say to each other, over a channel as between it and the service. */
export type ToStage =
  | { readonly type: "load"; readonly load: StageLoad }
  | { readonly type: "run"; readonly id: number; readonly commands: readonly StageCommand[] }
  | { readonly type: "close" };

export type FromStage =
  | { readonly type: "progress"; readonly progress: LoadProgress }
  | { readonly type: "ready"; readonly facts: StageFacts }
  | { readonly type: "load-failed"; readonly error: WireError }
  | { readonly type: "answer"; readonly id: number; readonly answer: StageAnswer | { readonly error: WireError } }
  /** Once a second. `busy` is the share of that second in which it computed. */
  | { readonly type: "stats"; readonly rssBytes: number; readonly busy: number };
