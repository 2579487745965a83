import type { EngineFacts, Engines } from "@tugboat/db";
import type { Logger } from "pino";

/** Knows at which addresses there are engines. */
export interface EngineDirectory {
  /** @param onChange told of all of them, now and whenever that may have changed. @returns stops it */
  watch(onChange: (addresses: readonly string[]) => void): () => void;
}

/** Engines at addresses that never change. */
export function fixedEngines(addresses: readonly string[]): EngineDirectory {
  return {
    watch(onChange) {
      queueMicrotask(() => onChange(addresses));
      return () => {};
    },
  };
}

const beatMs = 2000;
/** An engine that has not been heard of for this long is not asked any more. */
const forgottenMs = 15_000;

/** Engines that announce themselves in the database. */
export function announcedEngines(engines: Engines, log: Logger): EngineDirectory {
  return {
    watch(onChange) {
      let stopped = false;
      let timer: NodeJS.Timeout | undefined;
      const look = async () => {
        try {
          const addresses = await engines.list(forgottenMs);
          if (!stopped) onChange(addresses);
        } catch (error) {
          // Those that are known go on being asked.
          if (!stopped) log.warn({ err: error }, "the engines can't be listed");
        }
        if (!stopped) timer = setTimeout(() => void look(), beatMs / 2);
      };
      void look();
      return () => {
        stopped = true;
        clearTimeout(timer);
      };
    },
  };
}

/** Announces an engine until it is told to stop. @returns takes the announcement back */
export function announce(engines: Engines, address: string, log: Logger, facts?: EngineFacts): () => Promise<void> {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let running = Promise.resolve();
  const beat = async () => {
    await engines
      .announce(address, facts)
      .catch((error: Error) => log.warn({ err: error }, "this engine could not be announced; it is tried again"));
    if (!stopped) timer = setTimeout(turn, beatMs);
  };
  const turn = () => {
    running = beat();
  };
  turn();
  return async () => {
    stopped = true;
    clearTimeout(timer);
    await running;
    await engines.withdraw(address).catch(() => {});
  };
}
