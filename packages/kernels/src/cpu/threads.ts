/** Worker threads that run kernels beside the calling thread. */
import { KernelError } from "../device.ts";
import { sync } from "./wasm/runner-module.ts";

/** How a runtime starts a thread from source text. */
export interface ThreadPort {
  post(message: unknown): void;
  onMessage(listener: (message: { type: string; error?: string }) => void): void;
  /** Whether a runtime that ends when it has nothing to wait for should wait for this thread. */
  hold(keep: boolean): void;
  terminate(): void;
}
export type SpawnThread = (source: string) => ThreadPort;

/**
 * The thread's whole program. It leaves `serve` only to take new modules. A trap must not leave the others waiting:
 * it marks the device as failed and lets every barrier pass.
 */
export const threadSource = `
const port = typeof self === "undefined" ? require("node:worker_threads").parentPort : self;
let env, table, runner, me;
const handle = (m) => {
  if (m.type === "init") {
    me = m;
    table = new WebAssembly.Table({ element: "anyfunc", initial: m.tableSize });
    runner = new WebAssembly.Instance(m.runner, { env: { memory: m.memory, table, tableBase: 0 } });
  } else if (m.type === "module") {
    table.grow(m.count);
    new WebAssembly.Instance(m.module, { env: { memory: me.memory, table, scratch: m.scratch, tableBase: m.tableBase } });
  } else if (m.type === "serve") {
    try { runner.exports.serve(me.thread, me.threads, me.sync, m.epoch); }
    catch (error) {
      const words = new Int32Array(me.memory.buffer);
      Atomics.store(words, (me.sync + ${sync.bytes - 4}) >> 2, 1);
      Atomics.add(words, (me.sync + ${sync.arrived}) >> 2, 1 << 30);
      Atomics.notify(words, (me.sync + ${sync.arrived}) >> 2);
      port.postMessage({ type: "failed", error: String(error) });
      return;
    }
  }
  port.postMessage({ type: m.type });
};
if (typeof self === "undefined") port.on("message", handle);
else self.onmessage = (e) => handle(e.data);
`;

/** Sends one message to every thread and waits until each has answered. */
export class ThreadPool {
  readonly ports: readonly ThreadPort[];
  private readonly waiting: (() => void)[][];
  private failure: string | undefined;

  constructor(count: number, spawn: SpawnThread) {
    this.ports = Array.from({ length: count }, () => spawn(threadSource));
    this.waiting = this.ports.map(() => []);
    this.ports.forEach((port, i) => {
      port.onMessage((m) => {
        if (m.type === "failed") this.failure = m.error ?? "unknown";
        this.waiting[i]!.shift()?.();
      });
    });
  }

  /** Posts `message(i)` to each thread; resolves when all have handled it. */
  all(message: (index: number) => unknown): Promise<void> {
    return this.held(this.post(message));
  }

  /** Keeps the process alive until `work` is done: idle threads do not. */
  async held<T>(work: Promise<T>): Promise<T> {
    for (const port of this.ports) port.hold(true);
    try {
      return await work;
    } finally {
      for (const port of this.ports) port.hold(false);
    }
  }

  /** Like `all`, for a message that is answered only when the thread is told to stop serving. */
  async post(message: (index: number) => unknown): Promise<void> {
    await Promise.all(
      this.ports.map(
        (port, i) =>
          new Promise<void>((resolve) => {
            this.waiting[i]!.push(resolve);
            port.post(message(i));
          }),
      ),
    );
    if (this.failure)
      throw new KernelError("device-lost", `a CPU thread failed: ${this.failure}`, "close the device and open another");
  }

  terminate(): void {
    for (const port of this.ports) port.terminate();
  }
}
