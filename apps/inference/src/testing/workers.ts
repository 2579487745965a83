import type { Engine } from "@tugboat/engine";
import { hostEngine } from "../workers/host.ts";
import type { LaunchWorker, WorkerLink } from "../workers/launch.ts";
import type { FromWorker, LoadSettings, ToWorker } from "../workers/protocol.ts";

export interface MemoryWorker {
  /** What was sent to it, in order. */
  readonly received: ToWorker[];
  /** Ends it as a crash would: nothing it sent later arrives. */
  crash(reason: string): void;
  readonly alive: boolean;
}

/** Workers inside this process, over a channel that copies messages as a child process's does. */
export function memoryLauncher(open: (settings: LoadSettings) => Promise<Engine>): {
  launch: LaunchWorker;
  workers: MemoryWorker[];
} {
  const workers: MemoryWorker[] = [];
  const launch: LaunchWorker = () => {
    const received: ToWorker[] = [];
    let alive = true;
    let toHost: (message: ToWorker) => void = () => {};
    let toService: (message: FromWorker) => void = () => {};
    let exited: (reason: string) => void = () => {};
    const exit = (reason: string) => {
      if (!alive) return;
      alive = false;
      queueMicrotask(() => exited(reason));
    };
    const link: WorkerLink = {
      pid: workers.length + 1,
      send(message) {
        received.push(message);
        const copy = structuredClone(message);
        queueMicrotask(() => alive && toHost(copy));
      },
      onMessage: (listener) => {
        toService = listener;
      },
      onExit: (listener) => {
        exited = listener;
      },
      kill: () => exit("signal SIGKILL"),
    };
    hostEngine(
      {
        send: (message) => {
          const copy = structuredClone(message);
          queueMicrotask(() => alive && toService(copy));
        },
        onMessage: (listener) => {
          toHost = listener;
        },
        exit: (code) => exit(`exit code ${code}`),
      },
      async (settings) => ({ engine: await open(settings) }),
      (engine, { path }) => engine.openAdapter(path, async () => ({ config: {}, weights: new Uint8Array() })),
    );
    workers.push({
      received,
      crash: exit,
      get alive() {
        return alive;
      },
    });
    return link;
  };
  return { launch, workers };
}

/** Resolves when the condition holds. */
export async function until(condition: () => boolean | Promise<boolean>, patienceMs = 5000): Promise<void> {
  const start = performance.now();
  while (!(await condition())) {
    if (performance.now() - start > patienceMs) throw new Error(`gave up waiting: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
