import { describe, expect, it } from "vitest";
import { EventQueue } from "./event-queue.ts";

describe("a queue of events", () => {
  it("gives what was pushed before and while it is read, in order", async () => {
    const queue = new EventQueue<number>();
    queue.push(1);
    queue.push(2);
    const seen: number[] = [];
    for await (const item of queue) {
      seen.push(item);
      if (item === 2) setTimeout(() => queue.push(3));
      if (item === 3) {
        queue.push(4);
        queue.push(5);
      }
      if (item === 5) break;
    }
    expect(seen).toEqual([1, 2, 3, 4, 5]);
  });
});
