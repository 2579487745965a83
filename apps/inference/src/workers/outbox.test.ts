import { expect, it } from "vitest";
import { Outbox } from "./outbox.ts";
import type { RequestEvents } from "./protocol.ts";

it("sends what a step brings as one message, before the next turn of the event loop", async () => {
  const order: string[] = [];
  const sent: (readonly RequestEvents[])[] = [];
  const outbox = new Outbox(({ requests }) => {
    order.push("sent");
    sent.push(requests);
  });
  const token = { type: "token", choice: 0, token: 1, text: "a" } as const;
  await new Promise<void>((resolve) => {
    setImmediate(() => {
      // Readers take their events one promise after another, while the next step is already asked for.
      const readers = [1, 2, 3].map(async (id) => {
        for (let i = 0; i < id * 3; i++) await Promise.resolve();
        outbox.event(id, token);
        await Promise.resolve();
        if (id === 3) outbox.end(id);
      });
      setImmediate(() => {
        order.push("next turn");
        resolve();
      });
      void Promise.all(readers);
    });
  });
  expect(order).toEqual(["sent", "next turn"]);
  expect(sent[0]?.map(({ end, events, id }) => [id, events.length, end !== undefined])).toEqual([
    [1, 1, false],
    [2, 1, false],
    [3, 1, true],
  ]);
});
