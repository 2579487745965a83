const pauseMs = 5000;

/**
 * Writes, and where the disk is full waits until there is room: what is written goes on, and nothing is lost.
 * @param onFull told each time there is still none
 * @throws whatever else goes wrong
 */
export async function whenThereIsRoom<T>(
  write: () => Promise<T>,
  onFull: () => void,
  pause: () => Promise<void> = () => new Promise((resolve) => setTimeout(resolve, pauseMs)),
): Promise<T> {
  for (;;) {
    try {
      return await write();
    } catch (error) {
      if (!isDiskFull(error)) throw error;
      onFull();
      await pause();
    }
  }
}

/** Also where it is the cause of what is said. */
function isDiskFull(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ("code" in error && (error.code === "ENOSPC" || error.code === "EDQUOT")) return true;
  return isDiskFull(error.cause);
}
