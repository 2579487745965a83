import type { Checked, FindingKind, Mapping, RunProgress, RunReport } from "@tugboat/tuning";
import type { LoadStage, ModelFile } from "../../playground/browser/protocol.ts";

export type TuningDevice = "webgpu" | "cpu";

/** What a person decided about a run, or left as it was. */
export interface BrowserRunWish {
  readonly minutes: number;
  /** As a share of bits per byte. */
  readonly mayForget: number;
  /** Empty: made from the answers. */
  readonly instruction: string;
  readonly device: TuningDevice;
}

/** What comes out: nothing of it has left the browser. */
export interface TrainedAdapter {
  /** `adapter_config.json`. */
  readonly config: Readonly<Record<string, unknown>>;
  /** `adapter_model.safetensors`. */
  readonly weights: Uint8Array<ArrayBuffer>;
}

/** What the page asks of its worker. */
export type ToWorker =
  | { readonly type: "probe" }
  | {
      readonly type: "check";
      readonly content: Blob;
      readonly mapping: Mapping | undefined;
      readonly mends: readonly FindingKind[];
      readonly contextLength: number;
    }
  | { readonly type: "run"; readonly model: ModelFile; readonly wish: BrowserRunWish }
  /** Ends with the best so far. */
  | { readonly type: "stop" };

export interface Problem {
  readonly message: string;
  readonly hint?: string | undefined;
}

/** What the worker says. */
export type FromWorker =
  | { readonly type: "probed"; readonly hasGpu: boolean }
  | { readonly type: "checked"; readonly checked: Checked }
  | { readonly type: "load"; readonly stage: LoadStage; readonly done: number; readonly total: number }
  | {
      readonly type: "progress";
      readonly stage: string;
      readonly etaMs: number | undefined;
      readonly progress: RunProgress;
    }
  | {
      readonly type: "done";
      readonly report: RunReport;
      /** The same without a word of the examples, which is all that may be sent. */
      readonly shared: RunReport;
      readonly adapter: TrainedAdapter;
    }
  | ({ readonly type: "failed"; readonly of: "check" | "run" } & Problem);
