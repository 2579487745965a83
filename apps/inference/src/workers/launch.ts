import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { FromWorker, ToWorker } from "./protocol.ts";

/** The service's end of a worker's channel. */
export interface WorkerLink {
  readonly pid: number | undefined;
  send(message: ToWorker): void;
  onMessage(listener: (message: FromWorker) => void): void;
  /** `reason` as a person would say it: `exit code 1`, `signal SIGKILL`. Called once. */
  onExit(listener: (reason: string) => void): void;
  kill(): void;
}

export type LaunchWorker = (name: string) => WorkerLink;

/** Starts a worker process. Run from source it runs the source, with the same loader as this process. */
export const launchProcess: LaunchWorker = (name) => {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  const file = fileURLToPath(new URL(`./worker.${extension}`, import.meta.url));
  const child = fork(file, [name], { serialization: "advanced", stdio: ["ignore", "inherit", "inherit", "ipc"] });
  let exited = false;
  return {
    pid: child.pid,
    send: (message) => {
      // Whatever was meant for a worker that is gone is answered by its exit.
      if (child.connected) child.send(message, () => {});
    },
    onMessage: (listener) => child.on("message", (message) => listener(message as FromWorker)),
    onExit: (listener) => {
      const once = (reason: string) => {
        if (exited) return;
        exited = true;
        listener(reason);
      };
      child.on("error", (error) => once(error.message));
      child.on("exit", (code, signal) => once(signal === null ? `exit code ${code}` : `signal ${signal}`));
    },
    kill: () => child.kill("SIGKILL"),
  };
};
