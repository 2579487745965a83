import type { ChatRequest } from "./chat-body.ts";
import { defaultParameters } from "./types.ts";

/** Prompts that show what a small instruction model is good for; each is answered well by the bundled tug-small. */
export const samples = [
  {
    name: "Sort into a class",
    text: "Choose one: animal, food, plant\n\nText: a small domesticated carnivore that chases mice",
  },
  {
    name: "Pull out fields as JSON",
    text: "Extract name, version, size as JSON.\n\nthe size is 120; the name is tugboat; the version 0.1",
  },
  {
    name: "Answer yes or no",
    text: 'Does the text mention "harbour"? Answer yes or no.\n\nThe tugboat left the harbour at dawn.',
  },
  {
    name: "Sort with a variable",
    text: "Choose one: animal, food, plant\n\nText: {{text}}",
    variables: { text: "a tall tree with needles instead of leaves" },
  },
] as const satisfies readonly Sample[];

export interface Sample {
  readonly name: string;
  readonly text: string;
  readonly variables?: Readonly<Record<string, string>>;
}

/** The first sample as a request that gives the same answer each time, to call the API with. */
export function sampleRequest(model: string): ChatRequest {
  return {
    model,
    messages: [{ role: "user", content: samples[0].text }],
    parameters: { ...defaultParameters, temperature: 0, maxTokens: 64 },
    seed: 0,
  };
}
