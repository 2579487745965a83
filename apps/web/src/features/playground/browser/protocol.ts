import type { ChatRequest } from "../chat-body.ts";
import type { ChatEvent } from "../chat-event.ts";
import type { BrowserDevice } from "../types.ts";

/** A model's file at the console's server. */
export interface ModelFile {
  readonly name: string;
  readonly url: string;
  readonly bytes: number;
  /** Lower-case hexadecimal. */
  readonly sha256: string;
}

export type LoadStage =
  /** Bytes that came over the network. */
  | "download"
  /** Bytes that were here already and are digested before the rest is fetched. */
  | "check"
  | "read"
  | "compile"
  | "warm";

/** What the page asks of its worker. All requests of one worker are to one model on one device. */
export type ToWorker =
  | {
      readonly type: "generate";
      readonly id: number;
      readonly model: ModelFile;
      readonly device: BrowserDevice;
      readonly request: ChatRequest;
    }
  | { readonly type: "stop"; readonly id: number };

/** What the worker says, of one request each. */
export type FromWorker =
  | {
      readonly type: "load";
      readonly id: number;
      readonly stage: LoadStage;
      readonly done: number;
      readonly total: number;
    }
  | { readonly type: "loaded"; readonly id: number; readonly device: string; readonly threads: number }
  | { readonly type: "event"; readonly id: number; readonly event: ChatEvent }
  | { readonly type: "done"; readonly id: number }
  | {
      readonly type: "failed";
      readonly id: number;
      readonly code: string;
      readonly message: string;
      readonly hint: string | undefined;
    };
