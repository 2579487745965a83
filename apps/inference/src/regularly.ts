/**
 * Does a piece of work now and then, never twice at once, until it is closed: then the signal says so, and what was under
 * way is waited for. A failure is told and tried again at the next turn; one while it closes is no news.
 */
export function regularly(
  everyMs: number,
  work: (stop: AbortSignal) => Promise<void>,
  onFailure: (error: unknown) => void,
): { close(): Promise<void> } {
  const ending = new AbortController();
  let running: Promise<void> = Promise.resolve();
  const turn = async () => {
    if (!ending.signal.aborted) await work(ending.signal);
  };
  const timer = setInterval(() => {
    running = running.then(turn).catch((error: unknown) => {
      if (!ending.signal.aborted) onFailure(error);
    });
  }, everyMs);
  timer.unref();
  return {
    close: async () => {
      ending.abort(new Error("the service stops"));
      clearInterval(timer);
      await running;
    },
  };
}
