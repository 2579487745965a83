"use client";

import { RequestError } from "../../service/request.ts";
import type { ChatRequest } from "../chat-body.ts";
import type { ChatEvent } from "../chat-event.ts";
import type { BrowserDevice } from "../types.ts";
import { EventQueue } from "./event-queue.ts";
import { progressWords } from "./progress-words.ts";
import type { FromWorker, ModelFile, ToWorker } from "./protocol.ts";

interface Running {
  readonly worker: Worker;
  readonly jobs: Map<number, (message: FromWorker) => void>;
}

const workers = new Map<string, Running>();
let lastId = 0;

/** By what workers are told apart: one model on one device each. */
export function workerKey(sha256: string, device: BrowserDevice): string {
  return `${sha256}:${device}`;
}

/** Ends the workers that no column needs any more, and with them frees their memory. */
export function keepWorkers(keys: ReadonlySet<string>): void {
  for (const [key, { worker, jobs }] of workers) {
    if (keys.has(key)) continue;
    workers.delete(key);
    worker.terminate();
    for (const [id, hear] of jobs) hear({ type: "done", id });
  }
}

/**
 * Asks the engine in this browser for one streamed answer; the first request fetches and loads the model.
 * @throws RequestError
 */
export async function* streamInBrowser(
  model: ModelFile,
  device: BrowserDevice,
  request: ChatRequest,
  signal: AbortSignal,
): AsyncGenerator<ChatEvent> {
  const running = workerFor(workerKey(model.sha256, device));
  const id = ++lastId;
  const queue = new EventQueue<FromWorker>();
  running.jobs.set(id, (message) => queue.push(message));
  const post = (message: ToWorker) => running.worker.postMessage(message);
  const stop = () => post({ type: "stop", id });
  signal.addEventListener("abort", stop, { once: true });
  const words = progressWords();
  try {
    signal.throwIfAborted();
    post({ type: "generate", id, model, device, request });
    for await (const message of queue) {
      if (message.type === "done") return;
      if (message.type === "failed") throw new RequestError(0, message);
      if (message.type === "event") yield message.event;
      if (message.type === "load") {
        yield { type: "progress", words: words(message.stage, message.done, message.total, performance.now()) };
      }
      if (message.type === "loaded") yield { type: "progress", words: deviceWords(message.device, message.threads) };
    }
  } finally {
    signal.removeEventListener("abort", stop);
    running.jobs.delete(id);
  }
}

function deviceWords(device: string, threads: number): string {
  if (device === "webgpu") return "Computing with WebGPU";
  return `Computing with WebAssembly on ${threads === 1 ? "one thread" : `${threads} threads`}`;
}

function workerFor(key: string): Running {
  const known = workers.get(key);
  if (known) return known;
  const worker = new Worker(new URL("./worker/engine-worker.ts", import.meta.url), { type: "module", name: "engine" });
  const running: Running = { worker, jobs: new Map() };
  workers.set(key, running);
  worker.onmessage = ({ data }: MessageEvent<FromWorker>) => running.jobs.get(data.id)?.(data);
  worker.onerror = (event) => {
    event.preventDefault();
    workers.delete(key);
    worker.terminate();
    const message = event.message
      ? `The engine in this browser failed: ${event.message}.`
      : "The engine in this browser could not be started.";
    const hint = "Try again; if it stays, the tab may be out of memory, or the browser too old.";
    for (const [id, hear] of running.jobs) hear({ type: "failed", id, code: "worker-failed", message, hint });
  };
  return running;
}
