import type { DeviceInfo, PackedLowRank } from "@tugboat/kernels";
import type { StepOutput } from "../graph/machine.ts";
import type { AdaptedPlan } from "../graph/plan.ts";
import type { StepShape } from "../graph/settings.ts";

/** Rows of hidden states, `[rows, width]`, on their way from stage to stage. */
export type Rows = Float32Array<ArrayBuffer>;

/**
 * What a stage is told, in order. Everything is plain data, so that it may cross to another process: numbers of a kind
 * travel as typed arrays.
 */
export type StageCommand =
  | { readonly op: "table"; readonly slot: number; readonly blocks: Uint32Array<ArrayBuffer> }
  | { readonly op: "edits"; readonly sample: number; readonly words: Uint32Array<ArrayBuffer> }
  | { readonly op: "mask"; readonly sample: number; readonly words: Uint32Array<ArrayBuffer> }
  /** The whole of the step's input. */
  | { readonly op: "input"; readonly words: Uint32Array<ArrayBuffer> }
  | { readonly op: "copies"; readonly count: number }
  | {
      readonly op: "run";
      readonly kind: "step" | "forward" | "hidden";
      readonly shape: StepShape;
      /** From the stage before; absent for the first. */
      readonly rows?: Rows;
      /** What the next stage wants: every row, or only those that are sampled. */
      readonly hand: "rows" | "samples" | "nothing";
    }
  | { readonly op: "masked-sample"; readonly samples: number }
  | { readonly op: "top"; readonly samples: number }
  | { readonly op: "read"; readonly output: StepOutput; readonly rows: number }
  | { readonly op: "read-blocks"; readonly blocks: readonly number[] }
  | { readonly op: "write-blocks"; readonly blocks: readonly number[]; readonly data: Uint8Array<ArrayBuffer> }
  | { readonly op: "grow"; readonly units: number }
  | { readonly op: "adapter"; readonly ref: number; readonly firstUnit: number; readonly packed: PackedLowRank };

/** What came of a batch of commands. */
export interface StageAnswer {
  /** For the next stage. */
  readonly rows?: Rows;
  /** One for each `read` and `read-blocks`, in order. */
  readonly reads: readonly ArrayBuffer[];
  /** Units of adapters that are allocated, after a `grow`. */
  readonly units?: number;
}

/** What the others must know of a stage. */
export interface StageFacts {
  readonly device: DeviceInfo;
  readonly rowsPerTile: number;
  readonly alternatives: number;
  readonly maskWords: number;
  readonly logitsWidth: number;
  readonly hiddenWidth: number;
  readonly adapters?: {
    readonly targets: readonly AdaptedPlan[];
    readonly maxUnits: number;
    readonly unitBytes: number;
  };
}

/** One worker of a stage. Batches are carried out in the order in which they are given. */
export interface StageWorker {
  readonly facts: StageFacts;
  run(commands: readonly StageCommand[]): Promise<StageAnswer>;
  close(): void;
}
