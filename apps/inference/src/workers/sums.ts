import type { EngineStats } from "@tugboat/engine";
import type { ReplicaState } from "./replica.ts";

/** What replicas are together: what the best of them is. */
const best: readonly ReplicaState[] = ["ready", "loading", "restarting", "failed", "idle", "closed"];

export function stateOf(states: readonly ReplicaState[]): ReplicaState {
  return best.find((state) => states.includes(state)) ?? "idle";
}

/** Undefined where no replica has told anything yet. */
export function sumOfStats(all: readonly EngineStats[]): EngineStats | undefined {
  const [first, ...rest] = all;
  return first && rest.reduce(add, first);
}

function add(a: EngineStats, b: EngineStats): EngineStats {
  return {
    running: a.running + b.running,
    waiting: a.waiting + b.waiting,
    kvBlocksUsed: a.kvBlocksUsed + b.kvBlocksUsed,
    kvBlocksTotal: a.kvBlocksTotal + b.kvBlocksTotal,
    kvBlocksCached: a.kvBlocksCached + b.kvBlocksCached,
    promptTokens: a.promptTokens + b.promptTokens,
    cachedTokens: a.cachedTokens + b.cachedTokens,
    tokensPerSecond: a.tokensPerSecond + b.tokensPerSecond,
    steps: a.steps + b.steps,
    preemptions: a.preemptions + b.preemptions,
    swap: {
      blocks: a.swap.blocks + b.swap.blocks,
      saved: a.swap.saved + b.swap.saved,
      loaded: a.swap.loaded + b.swap.loaded,
    },
    drafts: {
      tokens: a.drafts.tokens + b.drafts.tokens,
      accepted: a.drafts.accepted + b.drafts.accepted,
      ...(a.drafts.model !== undefined && { model: a.drafts.model }),
    },
    adapters: {
      loaded: a.adapters.loaded + b.adapters.loaded,
      inUse: a.adapters.inUse + b.adapters.inUse,
      bytes: a.adapters.bytes + b.adapters.bytes,
      loads: a.adapters.loads + b.adapters.loads,
      evictions: a.adapters.evictions + b.adapters.evictions,
    },
  };
}
