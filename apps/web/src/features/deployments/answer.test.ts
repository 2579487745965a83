import { expect, it } from "vitest";
import { deploymentsAnswer } from "./answer.ts";
import type { Alias, Deployment, Target } from "./types.ts";

const target = (health: Target["health"]): Target => ({
  kind: "model",
  model: "small",
  upstreamId: null,
  name: "small",
  health,
});
const alias = (health: Target["health"], failover: Target["health"][] = []): Alias => ({
  id: "i",
  name: "support",
  cache: null,
  createdAt: "",
  updatedAt: "",
  current: {
    number: 1,
    split: [{ target: target(health), share: 100 }],
    failover: failover.map(target),
    note: "",
    restores: null,
    createdBy: "system",
    createdByName: null,
    createdAt: "",
  },
});
const deployment = (model: string, state: Deployment["state"]): Deployment => ({
  model,
  state,
  progress: null,
  inFlight: 0,
  waiting: 0,
  batch: 0,
  prefixHits: null,
  guessesRight: null,
  draftModel: null,
  adapters: { loaded: 0, inUse: 0 },
  preemptions: 0,
  restarts: 0,
  device: null,
  rssBytes: null,
  loadMs: null,
  contextLength: null,
  kvUse: null,
  tokensPerSecond: 0,
  error: null,
  replicas: [],
  handOvers: null,
  hotKeys: [],
  placements: { sticky: 0, spread: 0, spilled: 0 },
  retries: 0,
  settings: {
    contextLength: null,
    kvCacheBytes: null,
    kvType: null,
    draft: null,
    maxInFlight: null,
    device: null,
    idleMinutes: null,
    pinned: false,
    replicas: 1,
    prefillReplicas: 0,
    layerStages: 1,
    embeddingWorkers: 0,
    headWorkers: 0,
  },
  updatedAt: null,
  needsRestart: false,
});

it.each([
  [[], [deployment("small", "ready")], "small is loaded; no alias points to anything yet."],
  [[alias("ready")], [], "1 alias leads where it should; 0 models are loaded."],
  [
    [alias("ready"), alias("idle")],
    [deployment("small", "ready")],
    "2 aliases lead where they should; small is loaded.",
  ],
  [[alias("down")], [], "support points to something that is down."],
  [[alias("down", ["ready"])], [], "1 alias leads where it should; 0 models are loaded."],
  [[alias("off"), alias("down")], [], "2 aliases point to something that is down."],
])("%#", (aliases, deployments, sentence) => {
  expect(deploymentsAnswer(aliases, deployments)).toBe(sentence);
});
