import type { Tone } from "../../ui/badge.tsx";
import type { Deployment } from "./types.ts";

/** How a worker's state is said and coloured. */
export const looks: Record<Deployment["state"], { tone: Tone; word: string }> = {
  ready: { tone: "good", word: "serves" },
  loading: { tone: "accent", word: "loading" },
  restarting: { tone: "warn", word: "restarting" },
  failed: { tone: "bad", word: "failed" },
  idle: { tone: "neutral", word: "not loaded" },
  closed: { tone: "neutral", word: "not loaded" },
};
