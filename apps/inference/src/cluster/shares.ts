import { rank } from "../routing/rendezvous.ts";

/**
 * Which engines serve a model, and with how many replicas each: as many engines as there are replicas, chosen by the model's
 * name, so that every edge finds the same ones and models are spread over the engines.
 */
export function sharesOf<T extends { readonly id: string }>(
  model: string,
  replicas: number,
  engines: readonly T[],
): { readonly engine: T; readonly replicas: number }[] {
  const chosen = rank(model, engines).slice(0, replicas);
  return chosen.map((engine, i) => ({
    engine,
    replicas: Math.floor(replicas / chosen.length) + (i < replicas % chosen.length ? 1 : 0),
  }));
}
