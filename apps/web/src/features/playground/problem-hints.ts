import type { ServiceProblem } from "../service/types.ts";

/** What to do about a refusal whose own words leave it open, by its code. */
const hints: Readonly<Record<string, string>> = {
  rate_limit_exceeded: "This is a limit per minute: wait a little, then answer again.",
  queue_full: "Many requests wait already: try again in a moment.",
  worker_died: "The model is being started again: try again in a moment.",
  worker_restarting: "The model is being started again: try again in a moment.",
  context_length_exceeded: "Shorten the prompt or lower Max tokens.",
  unsupported_parameter: "This model's service does not take that parameter: take it back under Parameters.",
};

export function hintFor({ code, hint }: ServiceProblem): string | undefined {
  return hint ?? hints[code];
}
