/** Lets everything that waits for the event loop (sockets, timers, messages) run once: cancellations arrive there. */
export const nextTurn: () => Promise<void> = makeNextTurn();

function makeNextTurn(): () => Promise<void> {
  // Node's own is the cheapest; browsers have message channels, whose turns are not throttled as timers are.
  if (typeof setImmediate === "function") return () => new Promise((resolve) => setImmediate(resolve));
  const { port1, port2 } = new MessageChannel();
  const waiting: (() => void)[] = [];
  port1.onmessage = () => waiting.shift()?.();
  return () =>
    new Promise((resolve) => {
      waiting.push(resolve);
      port2.postMessage(null);
    });
}
