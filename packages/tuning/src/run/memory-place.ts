import type { ModelSource, PeftAdapter } from "@tugboat/engine";
import type { RunPlace } from "./spec.ts";

/** Where a run in a browser keeps what it has finished: for as long as its worker lives, and nowhere else. */
export class MemoryPlace implements RunPlace {
  readonly #files = new Map<string, Uint8Array>();
  readonly #adapters = new Map<string, PeftAdapter>();
  readonly openModel: () => Promise<ModelSource>;

  constructor(openModel: () => Promise<ModelSource>) {
    this.openModel = openModel;
  }

  async read(name: string): Promise<Uint8Array | undefined> {
    return this.#files.get(name);
  }

  async write(name: string, bytes: Uint8Array): Promise<void> {
    this.#files.set(name, bytes);
  }

  async saveAdapter(name: string, adapter: PeftAdapter): Promise<string> {
    this.#adapters.set(name, adapter);
    return "this browser";
  }

  async loadAdapter(name: string): Promise<PeftAdapter | undefined> {
    return this.#adapters.get(name);
  }

  /** A run in the browser goes on from no other. */
  async earlierAdapter(): Promise<undefined> {}

  /** The adapter is what a person takes along; merging it in is the service's work. */
  async saveModel(): Promise<string> {
    return "";
  }
}
