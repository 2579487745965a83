import { Status, type Tone } from "../../ui/badge.tsx";
import type { ModelCard, ModelState } from "../service/types.ts";

const looks: Record<ModelState, { readonly tone: Tone; readonly word: string }> = {
  ready: { tone: "good", word: "Ready" },
  loading: { tone: "warn", word: "Loading" },
  failed: { tone: "bad", word: "Failed" },
  idle: { tone: "neutral", word: "Loads when asked" },
};

export function modelStateWord(state: ModelState): string {
  return looks[state].word;
}

export function ModelStateStatus({ model }: { readonly model: ModelCard }) {
  const { tone, word } = looks[model.state];
  return (
    <Status tone={tone} busy={model.state === "loading"}>
      <span title={model.detail}>{word}</span>
    </Status>
  );
}
