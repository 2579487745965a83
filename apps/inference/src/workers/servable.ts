import type { GenerateEvent, ModelInfo } from "@tugboat/engine";
import type { Affinity } from "../routing/affinity.ts";
import type { AdapterRef, ReadAnswer, ReadRequest, WorkerRequest } from "./protocol.ts";

/** A request on its way to a place that answers it. */
export interface PlacedRequest extends WorkerRequest {
  readonly affinity?: Affinity;
  /** Nobody sees anything of the answer before its end, so that it may be begun anew when its worker dies. */
  readonly whole?: boolean;
}

/** What answers requests for one name of the catalog. */
export interface Servable {
  /** Resolves when it serves; loads it when it does not. @throws ServingError */
  ready(): Promise<ModelInfo>;
  /** Leaving the events early stops the work. @throws ServingError */
  generate(request: PlacedRequest): Promise<AsyncIterableIterator<readonly GenerateEvent[]>>;
  /** @throws ServingError, RemoteError */
  read(request: ReadRequest, signal: AbortSignal): Promise<ReadAnswer>;
}

/** One of several that answer the same requests. */
export interface Place extends Servable {
  readonly id: string;
  /** Requests that run in it or wait for it. */
  readonly load: number;
  /** Whether it takes requests now. */
  readonly usable: boolean;
  /** Begins to load it, unless it is loading or failed a moment ago. */
  wake(): void;
}

/** A model with an adapter: the model's own worker serves it, beside others' requests. */
export function adapted(model: Servable, adapter: AdapterRef): Servable {
  return {
    ready: () => model.ready(),
    generate: (request) => model.generate({ ...request, adapter }),
    read: (request, signal) => model.read({ ...request, adapter }, signal),
  };
}
