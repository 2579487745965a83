import { Badge, Status, type Tone } from "../../ui/badge.tsx";
import type { Model } from "./types.ts";

const looks: Record<Model["state"], { readonly tone: Tone; readonly word: string }> = {
  ready: { tone: "good", word: "Ready" },
  loading: { tone: "warn", word: "Loading" },
  restarting: { tone: "warn", word: "Restarting" },
  failed: { tone: "bad", word: "Failed" },
  idle: { tone: "neutral", word: "Loads when asked" },
  closed: { tone: "neutral", word: "Loads when asked" },
};

export function modelStateWord(state: Model["state"]): string {
  return looks[state].word;
}

export interface ModelStateStatusProps extends Pick<Model, "state"> {
  /** Why it failed, or how far it is. */
  readonly detail?: string | undefined;
}

export function ModelStateStatus({ detail, state }: ModelStateStatusProps) {
  const { tone, word } = looks[state];
  return (
    <Status tone={tone} busy={state === "loading" || state === "restarting"}>
      <span title={detail}>{word}</span>
    </Status>
  );
}

const verdicts = {
  fits: { tone: "good", word: "fits" },
  tight: { tone: "warn", word: "tight" },
  "too-large": { tone: "bad", word: "too large" },
} as const;

/** Whether the machine has the memory, in a word; the sentence is its title. */
export function MemoryVerdict({ memory }: Pick<Model, "memory">) {
  if (memory === null) return <Badge tone="bad">file not readable</Badge>;
  const { tone, word } = verdicts[memory.verdict];
  return (
    <span title={memory.sentence}>
      <Badge tone={tone}>{word}</Badge>
    </span>
  );
}
