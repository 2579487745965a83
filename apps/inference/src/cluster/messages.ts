import type { ModelInfo } from "@tugboat/engine";
import { RemoteError, ServingError, type ServingErrorCode } from "../workers/errors.ts";
import type { PoolStatus, ServableModel } from "../workers/pool.ts";
import {
  type ReadAnswer,
  type ReadRequest,
  type RequestEvents,
  toWireError,
  type WireError,
} from "../workers/protocol.ts";
import type { PlacedRequest } from "../workers/servable.ts";

/** Both ends of a channel must speak the same one. */
export const protocolVersion = 1;

/** A model, and how it is to be served: an engine keeps no catalog of its own. */
export type ModelRef = Pick<ServableModel, "name" | "sourcePath" | "bytes" | "deployment" | "draft">;

/**
 * What an edge says to an engine, over an ordered channel that copies structured values. Flow control is the workers':
 * an engine sends as many events of a request as it has credits for.
 */
export type ToEngine =
  | {
      readonly type: "generate";
      readonly id: number;
      readonly model: ModelRef;
      readonly request: PlacedRequest;
      readonly credits: number;
    }
  | { readonly type: "read"; readonly id: number; readonly model: ModelRef; readonly request: ReadRequest }
  | { readonly type: "ready"; readonly id: number; readonly model: ModelRef }
  | { readonly type: "restart"; readonly id: number; readonly model: ModelRef; readonly drainMs: number }
  | { readonly type: "unload"; readonly id: number; readonly name: string; readonly drainMs: number }
  | { readonly type: "credit"; readonly id: number; readonly credits: number }
  | { readonly type: "cancel"; readonly id: number }
  /** Says that it lives. */
  | { readonly type: "beat" };

/** What became of a question. Of `generate`: that it was taken, before its first event. */
export type Answer = { readonly value: ModelInfo | ReadAnswer | undefined } | { readonly error: EngineFault };

export type FromEngine =
  | { readonly type: "hello"; readonly protocol: number; readonly version: string }
  | { readonly type: "answer"; readonly id: number; readonly answer: Answer }
  | { readonly type: "events"; readonly requests: readonly RequestEvents[] }
  /** It is about to end: what it has it finishes, more it is not to be sent. */
  | { readonly type: "leaving" }
  /** Once a second. */
  | { readonly type: "statuses"; readonly statuses: readonly PoolStatus[] };

/** An error that crosses; `serving`: it is the pool's, not the engine's. */
export interface EngineFault extends WireError {
  readonly serving?: { readonly code: ServingErrorCode; readonly retryAfterSeconds?: number | undefined };
}

export function faultOf(error: unknown): EngineFault {
  const wire = toWireError(error);
  if (!(error instanceof ServingError)) return wire;
  const { code, retryAfterSeconds } = error;
  return { ...wire, serving: { code, retryAfterSeconds } };
}

export function errorOf(fault: EngineFault): ServingError | RemoteError {
  const { hint, message, serving } = fault;
  if (serving === undefined) return new RemoteError(fault);
  const { code, retryAfterSeconds } = serving;
  return new ServingError(code, message, {
    ...(hint !== undefined && { hint }),
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  });
}
