import { describe, expect, it } from "vitest";
import { EventQueue } from "./event-queue.ts";

describe("EventQueue", () => {
  it("gives what was pushed before and while it is read, in order", async () => {
    const queue = new EventQueue<number>(() => {});
    queue.push(1);
    queue.push(2);
    setTimeout(() => {
      queue.push(3);
      queue.end();
      queue.push(4);
    }, 1);
    const seen: number[] = [];
    for await (const event of queue) seen.push(event);
    expect(seen).toEqual([1, 2, 3]);
  });

  it("throws the error after the events before it, once", async () => {
    const queue = new EventQueue<number>(() => {});
    queue.push(1);
    queue.fail(new Error("broken"));
    expect(await queue.next()).toEqual({ done: false, value: 1 });
    await expect(queue.next()).rejects.toThrow("broken");
    expect(await queue.next()).toEqual({ done: true, value: undefined });
  });

  it("tells when the reader leaves early, and only then", async () => {
    let left = 0;
    const early = new EventQueue<number>(() => left++);
    early.push(1);
    for await (const _ of early) break;
    expect(left).toBe(1);
    const whole = new EventQueue<number>(() => left++);
    whole.end();
    for await (const _ of whole);
    await whole.return();
    expect(left).toBe(1);
  });
});
