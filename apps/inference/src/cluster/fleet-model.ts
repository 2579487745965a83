import type { GenerateEvent, ModelInfo } from "@tugboat/engine";
import type { Logger } from "pino";
import { Placed } from "../workers/placed.ts";
import type { ReadAnswer, ReadRequest } from "../workers/protocol.ts";
import type { Place, PlacedRequest, Servable } from "../workers/servable.ts";
import type { EngineClient } from "./engine-client.ts";
import type { ModelRef } from "./messages.ts";
import { sharesOf } from "./shares.ts";

export interface FleetModelOptions {
  /** The engines that are connected, once there is one. @throws ServingError when none comes */
  readonly engines: () => Promise<readonly EngineClient[]>;
  readonly log: Logger;
}

/** A model that engines in other processes serve. */
export class FleetModel implements Servable {
  /** As the catalog has it now. */
  model: ModelRef;
  readonly #options: FleetModelOptions;
  readonly placed: Placed<EnginePlace>;

  constructor(model: ModelRef, options: FleetModelOptions) {
    this.model = model;
    this.#options = options;
    this.placed = new Placed({
      places: async () => this.shares(await this.#options.engines()),
      onRetry: ({ message }, attempt) =>
        this.#options.log.warn({ model: model.name, attempt, reason: message }, "request begun anew"),
    });
  }

  /** Where it is served: what each engine is told is its part of the replicas. */
  shares(engines: readonly EngineClient[]): EnginePlace[] {
    const { deployment } = this.model;
    const named = engines.map((client) => ({ id: client.address, client }));
    return sharesOf(this.model.name, deployment?.replicas ?? 1, named).map(
      ({ engine, replicas }) =>
        new EnginePlace(
          engine.client,
          deployment ? { ...this.model, deployment: { ...deployment, replicas } } : this.model,
        ),
    );
  }

  ready(): Promise<ModelInfo> {
    return this.placed.ready();
  }

  generate(request: PlacedRequest): Promise<AsyncIterableIterator<readonly GenerateEvent[]>> {
    return this.placed.generate(request);
  }

  read(request: ReadRequest, signal: AbortSignal): Promise<ReadAnswer> {
    return this.placed.read(request, signal);
  }
}

/** One engine's part of a model. */
export class EnginePlace implements Place {
  readonly client: EngineClient;
  readonly model: ModelRef;

  constructor(client: EngineClient, model: ModelRef) {
    this.client = client;
    this.model = model;
  }

  get id(): string {
    return this.client.address;
  }

  get load(): number {
    return this.client.load(this.model.name);
  }

  get usable(): boolean {
    return this.client.connected;
  }

  wake(): void {
    // It comes back by itself.
  }

  ready(): Promise<ModelInfo> {
    return this.client.ready(this.model);
  }

  generate(request: PlacedRequest): Promise<AsyncIterableIterator<readonly GenerateEvent[]>> {
    return this.client.generate(this.model, request);
  }

  read(request: ReadRequest, signal: AbortSignal): Promise<ReadAnswer> {
    return this.client.read(this.model, request, signal);
  }
}
