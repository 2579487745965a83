import type { Client } from "pg";
import { connect } from "./connection.ts";

export interface Watcher {
  /** What changed; `*` when it may be anything. */
  readonly onChange: (payload: string) => void;
  /** Whether every change is told. While it is false, what is remembered can't be relied on. */
  readonly onListening: (listening: boolean) => void;
}

/** How often a silent connection is asked whether it still is one. */
const ASK_EVERY_MS = 5_000;
const ANSWER_WITHIN_MS = 5_000;
const RETRY_MS = 500;

/**
 * Listens to a channel of NOTIFY on a connection of its own, and comes back when that breaks.
 * @returns stops it
 */
export function watchChannel(url: string, channel: string, { onChange, onListening }: Watcher): () => Promise<void> {
  let stopped = false;
  let client: Client | undefined;
  let timer: NodeJS.Timeout | undefined;

  const again = () => {
    if (!stopped) timer = setTimeout(() => void listen(), RETRY_MS);
  };
  const listen = async (): Promise<void> => {
    let lost = false;
    let current: Client | undefined;
    const lose = () => {
      if (lost) return;
      lost = true;
      clearInterval(asking);
      onListening(false);
      client = undefined;
      current?.end().catch(() => {});
      again();
    };
    let asking: NodeJS.Timeout | undefined;
    try {
      current = await connect({ connectionString: url, keepAlive: true, query_timeout: ANSWER_WITHIN_MS });
      if (stopped) return await current.end();
      client = current;
      current.on("error", lose);
      current.on("end", lose);
      current.on("notification", ({ payload }) => onChange(payload ?? "*"));
      await current.query(`LISTEN ${channel}`);
      if (lost) return;
      onListening(true);
      asking = setInterval(() => void current?.query("SELECT 1").catch(lose), ASK_EVERY_MS);
      asking.unref();
    } catch {
      lose();
    }
  };
  void listen();
  return async () => {
    stopped = true;
    clearTimeout(timer);
    await client?.end().catch(() => {});
  };
}
