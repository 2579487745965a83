import { expect, it, vi } from "vitest";
import { regularly } from "./regularly.ts";

it("works in turns, goes on after a failure, and waits for what is under way when it is closed", async () => {
  vi.useFakeTimers();
  try {
    const failures: unknown[] = [];
    let begun = 0;
    let end: () => void = () => {};
    const work = async (stop: AbortSignal) => {
      begun++;
      if (begun === 1) throw new Error("once");
      await new Promise<void>((resolve) => {
        end = resolve;
      });
      if (stop.aborted) throw new Error("while it closes");
    };
    const { close } = regularly(1000, work, (error) => failures.push(error));
    await vi.advanceTimersByTimeAsync(4500);
    // The second turn has not ended, so none of the later ones has begun.
    expect([begun, failures]).toEqual([2, [new Error("once")]]);
    let closed = false;
    const closing = close().then(() => {
      closed = true;
    });
    await vi.advanceTimersByTimeAsync(1000);
    expect(closed).toBe(false);
    end();
    await closing;
    expect([begun, failures]).toEqual([2, [new Error("once")]]);
  } finally {
    vi.useRealTimers();
  }
});
