import type { GenerateEvent, ModelInfo } from "@tugboat/engine";
import type { AdapterRef, Embedded, EmbedRequest, WorkerRequest } from "./protocol.ts";

/** What answers requests for one name of the catalog. */
export interface Servable {
  /** Resolves when it serves; loads it when it does not. @throws ServingError */
  ready(): Promise<ModelInfo>;
  /** Leaving the events early stops the work. @throws ServingError */
  generate(request: WorkerRequest): Promise<AsyncIterableIterator<readonly GenerateEvent[]>>;
  /** @throws ServingError, RemoteError */
  embed(request: EmbedRequest, signal: AbortSignal): Promise<Embedded>;
}

/** A model with an adapter: the model's own worker serves it, beside others' requests. */
export function adapted(model: Servable, adapter: AdapterRef): Servable {
  return {
    ready: () => model.ready(),
    generate: (request) => model.generate({ ...request, adapter }),
    embed: (request, signal) => model.embed({ ...request, adapter }, signal),
  };
}
