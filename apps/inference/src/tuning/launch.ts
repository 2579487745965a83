import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { FromRun, ServiceRunSpec, ToRun } from "./protocol.ts";

/** A run's last message. */
export type Ended = Exclude<FromRun, { type: "progress" }>;

/** Somebody killed the process, or the machine had no more memory. */
export class RunDied extends Error {
  override readonly name = "RunDied";
}

export interface RunProcess {
  /** Ends the trials; the report is made of the best so far. */
  stop(): void;
  /** @throws the signal's reason; RunDied */
  readonly ended: Promise<Ended>;
}

/**
 * Trains in a process of its own, so that the service answers meanwhile and a cancelled run is gone at once.
 */
export function launchRun(
  spec: ServiceRunSpec,
  options: {
    readonly signal: AbortSignal;
    readonly onProgress: (progress: Extract<FromRun, { type: "progress" }>) => void;
  },
): RunProcess {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  const file = fileURLToPath(new URL(`./worker.${extension}`, import.meta.url));
  const child = fork(file, [spec.modelName], {
    serialization: "advanced",
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const send = (message: ToRun) => {
    if (child.connected) child.send(message, () => {});
  };
  const kill = () => child.kill("SIGKILL");
  options.signal.addEventListener("abort", kill, { once: true });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on("message", (message) => {
      // The other end is our own worker.
      const said = message as FromRun;
      if (said.type === "progress") options.onProgress(said);
      else resolve(said);
    });
    child.on("error", reject);
    child.on("exit", (code, signal) => {
      const how = signal === null ? `exit code ${code}` : `signal ${signal}`;
      reject(options.signal.aborted ? options.signal.reason : new RunDied(`The training process ended with ${how}.`));
    });
  }).finally(() => {
    options.signal.removeEventListener("abort", kill);
    kill();
  });
  if (options.signal.aborted) kill();
  else send({ type: "start", spec });
  return { stop: () => send({ type: "stop" }), ended };
}
