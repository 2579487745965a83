import type { GenerateEvent } from "@tugboat/engine";
import { expect, it } from "vitest";
import { testInfo } from "../../testing/engine.ts";
import type { WorkerRequest } from "../../workers/protocol.ts";
import { type Measurable, measureSpeed } from "./measure.ts";

/** A model whose clock says what it is told: prefill in 100 ms, then a token each 10 ms. */
function clockwork(asked: WorkerRequest[] = []): Measurable {
  return {
    ready: async () => testInfo,
    generate: async (request) => {
      asked.push(request);
      const promptTokens = "tokens" in request.prompt ? request.prompt.tokens.length : 0;
      const count = request.maxTokens ?? 0;
      const timings = { queueMs: 0, prefillMs: 100, ttftMs: 100, decodeMs: (count - 1) * 10, tokensPerSecond: 100 };
      const usage = { promptTokens, completionTokens: count, cachedTokens: 0 };
      const token = { type: "token", choice: 0, token: 1, text: "x" } as const;
      async function* events(): AsyncGenerator<readonly GenerateEvent[]> {
        yield Array.from({ length: count }, () => token);
        yield [{ type: "done", usage, timings }];
      }
      return events();
    },
  };
}

it("tells tokens per second of reading and of writing, by the engine's clock", async () => {
  const asked: WorkerRequest[] = [];
  const speed = await measureSpeed(clockwork(asked), { signal: new AbortController().signal });
  expect(speed.prefillTokensPerSecond).toBeCloseTo(2560);
  expect(speed.decodeTokensPerSecond).toBeCloseTo(100);
  expect(speed.device).toBe(testInfo.device.description);
  // No two prompts are the same: the prefix cache must not help.
  const prompts = asked.map(({ prompt }) => JSON.stringify(prompt));
  expect(new Set(prompts).size).toBe(prompts.length);
});

it("ends when it is told to", async () => {
  const abort = new AbortController();
  const measuring = measureSpeed(clockwork(), {
    signal: abort.signal,
    onStage: () => abort.abort(new Error("enough")),
  });
  await expect(measuring).rejects.toThrow("enough");
});
