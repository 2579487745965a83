const firstDelayMs = 250;
const longestDelayMs = 30_000;
/** A worker that lived this long starts with a clean record. */
const forgivenAfterMs = 60_000;

/**
 * How long to wait before a worker that died is started again: 0.25 s, 0.5 s, 1 s … 30 s.
 * @param crashes consecutive deaths, this one included
 */
export function restartDelayMs(crashes: number): number {
  return Math.min(firstDelayMs * 2 ** (crashes - 1), longestDelayMs);
}

/** Consecutive deaths after one more, given how long the worker had been ready. */
export function crashesAfter(crashes: number, readyForMs: number): number {
  return readyForMs >= forgivenAfterMs ? 1 : crashes + 1;
}
