/** How long a file that nobody needs may stay locked: a worker that was ended lets go of its files a moment later. */
const patienceMs = 5000;
const againMs = 50;

/**
 * Does something to a stored file as soon as nobody else has it open.
 * @throws DOMException NoModificationAllowedError when somebody keeps it, such as another tab
 */
export async function whenFree<T>(act: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  const until = performance.now() + patienceMs;
  for (;;) {
    try {
      return await act();
    } catch (cause) {
      const held = cause instanceof DOMException && cause.name === "NoModificationAllowedError";
      if (!held || performance.now() > until) throw cause;
    }
    signal?.throwIfAborted();
    await new Promise((done) => setTimeout(done, againMs));
  }
}
