import type { KeptTrace } from "@tugboat/db";
import type { Logger } from "pino";
import { exportRequest } from "./otlp.ts";

export interface OtlpOptions {
  /** Of an OpenTelemetry collector; `/v1/traces` is added to it. */
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
}

const mostWaiting = 2_000;
const batch = 200;
const attempts = 4;
const firstPauseMs = 500;
const answerWithinMs = 10_000;

/** Sends traces on by OTLP/HTTP in JSON. What a collector does not take in time is dropped: it lies in the database. */
export class OtlpExporter {
  readonly #options: OtlpOptions;
  readonly #log: Logger;
  #waiting: KeptTrace[] = [];
  #running: Promise<void> | undefined;
  readonly #stop = new AbortController();
  sent = 0;
  dropped = 0;

  constructor(options: OtlpOptions, log: Logger) {
    this.#options = options;
    this.#log = log;
  }

  send(traces: readonly KeptTrace[]): void {
    const room = mostWaiting - this.#waiting.length;
    this.dropped += Math.max(0, traces.length - room);
    this.#waiting.push(...traces.slice(0, Math.max(0, room)));
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  /** Sends what waits, once more. */
  async close(): Promise<void> {
    const timer = setTimeout(() => this.#stop.abort(), 2_000);
    await this.#running;
    clearTimeout(timer);
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const part = this.#waiting.splice(0, batch);
      if (await this.#deliver(JSON.stringify(exportRequest(part)))) this.sent += part.length;
      else this.dropped += part.length;
    }
  }

  /** What a collector may be asked again: OTLP specification, "OTLP/HTTP Response". */
  async #deliver(body: string): Promise<boolean> {
    let why: unknown;
    for (let attempt = 0; attempt < attempts && !this.#stop.signal.aborted; attempt++) {
      if (attempt > 0) await pause(firstPauseMs * 2 ** (attempt - 1), this.#stop.signal);
      try {
        const response = await fetch(`${this.#options.endpoint}/v1/traces`, {
          method: "POST",
          headers: { "content-type": "application/json", ...this.#options.headers },
          body,
          signal: AbortSignal.any([AbortSignal.timeout(answerWithinMs), this.#stop.signal]),
        });
        await response.arrayBuffer();
        if (response.ok) return true;
        why = `status ${response.status}`;
        if (![429, 502, 503, 504].includes(response.status)) break;
      } catch (error) {
        why = error;
      }
    }
    this.#log.warn({ err: why }, "the OpenTelemetry collector does not take traces");
    return false;
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    const end = () => {
      clearTimeout(timer);
      resolve();
    };
    signal.addEventListener("abort", end, { once: true });
  });
}
