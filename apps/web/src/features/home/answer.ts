import { plural } from "../../ui/format.ts";
import type { Overview } from "../service/types.ts";

/** The sentence that answers "what is live, and is it healthy?". */
export function homeAnswer(overview: Overview | undefined): string {
  if (overview === undefined) return "What is live, and is it healthy?";
  if (overview.state === "down") return "Nothing is live: the inference service does not answer.";
  const { models } = overview;
  const failed = models.filter(({ state }) => state === "failed");
  const loading = models.filter(({ state }) => state === "loading");
  const ready = models.filter(({ state }) => state === "ready");
  if (failed.length === 1) return `${failed[0]?.id} failed to load; ${others(ready.length)}.`;
  if (failed.length > 1) return `${plural(failed.length, "model")} failed to load; ${others(ready.length)}.`;
  if (loading.length > 0 && ready.length === 0)
    return `${list(loading.map(({ id }) => id))} ${loading.length === 1 ? "is" : "are"} loading.`;
  if (models.length === 0) return "The service is healthy and has no model yet.";
  if (ready.length === 0) return "The service is healthy; a model loads when first asked.";
  return `${list(ready.map(({ id }) => id))} ${ready.length === 1 ? "is" : "are"} live and healthy.`;
}

function others(ready: number): string {
  if (ready === 0) return "no other is live";
  return ready === 1 ? "one other is live" : `${ready} others are live`;
}

/** Up to three names in words; beyond that their number. */
function list(names: readonly string[]): string {
  if (names.length > 3) return plural(names.length, "model");
  return new Intl.ListFormat("en", { type: "conjunction" }).format(names);
}
