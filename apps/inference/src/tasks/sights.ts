import type { Sight } from "../domain/planner/route.ts";
import type { Sighted } from "./run-step.ts";

/** The vectors of examples that came along with answers, by the model that made them: a route's classifier reads them. */
export class Sights {
  readonly #byModel = new Map<string, Map<string, Sight>>();

  get all(): ReadonlyMap<string, ReadonlyMap<string, Sight>> {
    return this.#byModel;
  }

  put(example: string, { costMicroUsd, embedder, latencyMs, vector }: Sighted): void {
    const mine = this.#byModel.get(embedder) ?? new Map<string, Sight>();
    mine.set(example, { costMicroUsd, latencyMs, vector });
    this.#byModel.set(embedder, mine);
  }

  /** The model that has seen the most of some examples, and those that it has not seen. */
  nearest(examples: readonly string[], otherwise: string | undefined) {
    const [most] = [...this.#byModel].sort((a, b) => b[1].size - a[1].size);
    const embedder = most?.[0] ?? otherwise;
    if (embedder === undefined) return undefined;
    return { embedder, missing: examples.filter((one) => most?.[1].has(one) !== true) };
  }
}
