import type { Load, LoadSample } from "../features/service/types.ts";
import { readLoad } from "./service.ts";

const everyMs = 5000;
const kept = 180;

interface Reading {
  readonly at: number;
  readonly load: Load;
}

interface Recorder {
  readonly samples: LoadSample[];
  last: Reading | undefined;
  timer: NodeJS.Timeout | undefined;
}

declare global {
  // One recorder per process: Next bundles a module more than once.
  var tugboatRecorder: Recorder | undefined;
}

function recorder(): Recorder {
  globalThis.tugboatRecorder ??= { samples: [], last: undefined, timer: undefined };
  return globalThis.tugboatRecorder;
}

/** Reads the service's counters every five seconds and keeps a quarter of an hour of rates. */
export function startRecording(): void {
  const state = recorder();
  state.timer ??= setInterval(() => void record(state), everyMs).unref();
}

/** What was recorded, oldest first. */
export function history(): readonly LoadSample[] {
  return recorder().samples;
}

async function record(state: Recorder): Promise<void> {
  const load = await readLoad(AbortSignal.timeout(2000));
  const now = load && { at: Date.now(), load };
  const sample = now && state.last && rate(state.last, now);
  state.last = now;
  if (!sample) return;
  state.samples.push(sample);
  if (state.samples.length > kept) state.samples.shift();
}

/** Rates between two readings; nothing when the service was restarted between them and its counters began anew. */
export function rate(before: Reading, after: Reading): LoadSample | undefined {
  const seconds = (after.at - before.at) / 1000;
  const tokens = after.load.completionTokens - before.load.completionTokens;
  const requests = after.load.requests - before.load.requests;
  if (seconds <= 0 || tokens < 0 || requests < 0) return undefined;
  return {
    at: after.at,
    tokensPerSecond: tokens / seconds,
    requestsPerMinute: (requests / seconds) * 60,
    active: after.load.active,
  };
}
