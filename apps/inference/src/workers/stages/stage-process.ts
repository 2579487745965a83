import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Stage, StageAnswer, StageCommand, StageFacts, StageWorker } from "@tugboat/engine";
import { RemoteError } from "../errors.ts";
import type { LoadProgress, StageStatus } from "../protocol.ts";
import type { FromStage, StageLoad, ToStage } from "./protocol.ts";

export interface StageEvents {
  readonly onProgress: (progress: LoadProgress) => void;
  /** It ended by itself. `reason` as a person would say it. */
  readonly onLost: (reason: string) => void;
}

/** One process that computes a stage, seen from the engine worker that started it. */
export class StageProcess implements StageWorker {
  readonly facts: StageFacts;
  readonly #stage: Stage;
  readonly #child: ReturnType<typeof start>;
  readonly #open = new Map<number, { resolve: (answer: StageAnswer) => void; reject: (error: Error) => void }>();
  #nextId = 1;
  #closed = false;
  #rssBytes = 0;
  #busy = 0;

  /** Starts it and loads its part of the model. @throws RemoteError for what its load says, Error when it dies over it */
  static load(load: StageLoad, { onLost, onProgress }: StageEvents): Promise<StageProcess> {
    const child = start();
    return new Promise((resolve, reject) => {
      let made: StageProcess | undefined;
      child.onExit((reason) => {
        if (made === undefined) reject(new Error(`the process of a stage ended while it loaded: ${reason}`));
        else if (!made.#closed) onLost(reason);
      });
      child.onMessage((message) => {
        switch (message.type) {
          case "progress":
            return onProgress(message.progress);
          case "load-failed":
            child.send({ type: "close" });
            return reject(new RemoteError(message.error));
          case "ready":
            made = new StageProcess(message.facts, load.stage, child);
            return resolve(made);
          default:
            if (made) made.#receive(message);
            return;
        }
      });
      child.send({ type: "load", load });
    });
  }

  private constructor(facts: StageFacts, stage: Stage, child: ReturnType<typeof start>) {
    this.facts = facts;
    this.#stage = stage;
    this.#child = child;
  }

  /** An answer that never comes is no error: whoever started it is told that it is gone. */
  run(commands: readonly StageCommand[]): Promise<StageAnswer> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#open.set(id, { resolve, reject });
      this.#child.send({ type: "run", id, commands });
    });
  }

  status(): StageStatus {
    const { pid } = this.#child;
    return { ...this.#stage, ...(pid !== undefined && { pid }), rssBytes: this.#rssBytes, busy: this.#busy };
  }

  close(): void {
    this.#closed = true;
    this.#child.send({ type: "close" });
  }

  #receive(message: FromStage): void {
    if (message.type === "stats") {
      this.#rssBytes = message.rssBytes;
      this.#busy = message.busy;
      return;
    }
    if (message.type !== "answer") return;
    const waiting = this.#open.get(message.id);
    this.#open.delete(message.id);
    if ("error" in message.answer) waiting?.reject(new RemoteError(message.answer.error));
    else waiting?.resolve(message.answer);
  }
}

/** Run from source it runs the source, with the same loader as this process. */
function start() {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  const file = fileURLToPath(new URL(`./stage-worker.${extension}`, import.meta.url));
  const child = fork(file, [], { serialization: "advanced", stdio: ["ignore", "inherit", "inherit", "ipc"] });
  return {
    pid: child.pid,
    send(message: ToStage) {
      if (child.connected) child.send(message, () => {});
    },
    onMessage: (listener: (message: FromStage) => void) =>
      child.on("message", (message) => listener(message as FromStage)),
    onExit(listener: (reason: string) => void) {
      child.on("error", (error) => listener(error.message));
      child.on("exit", (code, signal) => listener(signal === null ? `exit code ${code}` : `signal ${signal}`));
    },
  };
}
