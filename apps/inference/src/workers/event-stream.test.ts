import type { GenerateEvent } from "@tugboat/engine";
import fc from "fast-check";
import { expect, it } from "vitest";
import { EventStream } from "./event-stream.ts";
import { creditWindow } from "./protocol.ts";

const token = (id: number): GenerateEvent => ({ type: "token", choice: 0, token: id, text: `${id}` });

function make() {
  const log = { credits: [] as number[], cancels: 0 };
  const stream = new EventStream({
    onCredit: (credits) => log.credits.push(credits),
    onCancel: () => {
      log.cancels++;
    },
  });
  return { log, stream };
}

it("gives everything that is there at once, then waits", async () => {
  const { stream } = make();
  stream.push([token(1), token(2)]);
  stream.push([token(3)]);
  expect((await stream.next()).value).toEqual([token(1), token(2), token(3)]);
  const next = stream.next();
  stream.push([token(4)]);
  expect((await next).value).toEqual([token(4)]);
  stream.end();
  expect((await stream.next()).done).toBe(true);
});

it("throws its error once, after what came before", async () => {
  const { stream } = make();
  stream.push([token(1)]);
  stream.end(new Error("gone"));
  expect((await stream.next()).value).toEqual([token(1)]);
  await expect(stream.next()).rejects.toThrow("gone");
  expect((await stream.next()).done).toBe(true);
});

it("tells the producer when the consumer leaves, once, and not after the end", async () => {
  const { log, stream } = make();
  stream.push([token(1)]);
  for await (const _ of stream) break;
  stream.cancel();
  expect(log.cancels).toBe(1);
  expect((await stream.next()).done).toBe(true);

  const ended = make();
  ended.stream.end();
  ended.stream.cancel();
  expect(ended.log.cancels).toBe(0);
});

it("wakes a consumer that waits when it is cancelled", async () => {
  const { stream } = make();
  const next = stream.next();
  stream.cancel();
  expect((await next).done).toBe(true);
});

it("never grants more than was taken, and leaves less than a quarter of the window ungranted", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 50 }), { maxLength: 40 }), async (batches) => {
      const { log, stream } = make();
      let taken = 0;
      for (const size of batches) {
        stream.push(Array.from({ length: size }, (_, i) => token(i)));
        taken += (await stream.next()).value?.length ?? 0;
        const granted = log.credits.reduce((sum, credits) => sum + credits, 0);
        expect(granted).toBeLessThanOrEqual(taken);
        expect(taken - granted).toBeLessThan(creditWindow / 4);
      }
    }),
  );
});
