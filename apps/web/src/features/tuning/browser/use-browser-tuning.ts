"use client";

import type { Checked, RunProgress, RunReport } from "@tugboat/tuning";
import { useEffect, useRef, useState } from "react";
import { progressWords } from "../../playground/browser/progress-words.ts";
import type { FromWorker, Problem, ToWorker, TrainedAdapter } from "./protocol.ts";

export interface BrowserTuning {
  /** Another worker each time one was ended: it knows nothing of what the last one read. */
  readonly generation: number;
  /** Undefined until the browser has said. */
  readonly hasGpu: boolean | undefined;
  readonly isChecking: boolean;
  readonly checked: Checked | undefined;
  readonly problem: Problem | undefined;
  /** Of the run that is under way. */
  readonly running:
    | { readonly stage: string; readonly etaMs: number | undefined; readonly isEnding: boolean }
    | undefined;
  readonly progress: RunProgress | undefined;
  readonly outcome:
    | { readonly report: RunReport; readonly shared: RunReport; readonly adapter: TrainedAdapter }
    | undefined;
}

const fresh: BrowserTuning = {
  generation: 0,
  hasGpu: undefined,
  isChecking: false,
  checked: undefined,
  problem: undefined,
  running: undefined,
  progress: undefined,
  outcome: undefined,
};

/** A worker that reads examples and trains on them, for as long as the page shows it. */
export function useBrowserTuning() {
  const worker = useRef<Worker>(undefined);
  const [state, setState] = useState<BrowserTuning>(fresh);
  const { generation } = state;
  const change = (part: Partial<BrowserTuning>) => setState((before) => ({ ...before, ...part }));

  // biome-ignore lint/correctness/useExhaustiveDependencies: each generation has a worker of its own
  useEffect(() => {
    const words = progressWords();
    const own = new Worker(new URL("./worker/tuning-worker.ts", import.meta.url), { type: "module", name: "tuning" });
    worker.current = own;
    own.onmessage = ({ data }: MessageEvent<FromWorker>) => setState((before) => after(before, data, words));
    own.onerror = (event) => {
      event.preventDefault();
      const message = event.message ? `The training failed: ${event.message}.` : "The training could not be started.";
      const hint = "Load the page anew; if it stays, the tab may be out of memory, or the browser too old.";
      setState((before) => ({ ...before, isChecking: false, running: undefined, problem: { message, hint } }));
    };
    own.postMessage({ type: "probe" } satisfies ToWorker);
    return () => own.terminate();
  }, [generation]);

  const post = (message: ToWorker) => worker.current?.postMessage(message);
  return {
    ...state,
    check(asked: Omit<Extract<ToWorker, { type: "check" }>, "type">) {
      change({ isChecking: true, problem: undefined });
      post({ type: "check", ...asked });
    },
    run(asked: Omit<Extract<ToWorker, { type: "run" }>, "type">) {
      const running = { stage: "fetching the model", etaMs: undefined, isEnding: false };
      change({ running, progress: undefined, problem: undefined });
      post({ type: "run", ...asked });
    },
    /** Ends the run and the worker with it: nothing was learnt yet that could be kept. */
    cancel() {
      setState((before) => ({ ...fresh, hasGpu: before.hasGpu, generation: before.generation + 1 }));
    },
    /** The run ends with the best so far. */
    stop() {
      setState((before) => ({ ...before, running: before.running && { ...before.running, isEnding: true } }));
      post({ type: "stop" });
    },
  };
}

function after(before: BrowserTuning, said: FromWorker, words: ReturnType<typeof progressWords>): BrowserTuning {
  switch (said.type) {
    case "probed":
      return { ...before, hasGpu: said.hasGpu };
    case "checked":
      return { ...before, isChecking: false, checked: said.checked };
    case "load": {
      if (before.running === undefined) return before;
      const stage = words(said.stage, said.done, said.total, performance.now());
      return { ...before, running: { ...before.running, stage } };
    }
    case "progress": {
      if (before.running === undefined) return before;
      const { etaMs, progress, stage } = said;
      return { ...before, progress, running: { ...before.running, stage, etaMs } };
    }
    case "done": {
      const { adapter, report, shared } = said;
      return { ...before, running: undefined, outcome: { adapter, report, shared } };
    }
    case "failed": {
      const { hint, message, of } = said;
      const checked = of === "check" ? undefined : before.checked;
      return { ...before, isChecking: false, running: undefined, checked, problem: { message, hint } };
    }
  }
}
