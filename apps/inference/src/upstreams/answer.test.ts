import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { UpstreamEntry } from "../routing/target.ts";
import { type FakeUpstream, json, startFakeUpstream, streamHead } from "../testing/fake-upstream.ts";
import { UpstreamAnswer } from "./answer.ts";

let fake: FakeUpstream;
beforeAll(async () => {
  fake = await startFakeUpstream();
});
afterAll(() => fake.close());

const chunk = (choices: object[], more: object = {}) => `data: ${JSON.stringify({ id: "c", choices, ...more })}\n\n`;

/** The usage of an answer of three words, whose upstream tells `usage` of it. */
async function usageOf(usage: unknown, stream: boolean) {
  fake.behave((_, response) => {
    if (!stream) {
      const message = { role: "assistant", content: "one two three" };
      return json(response, 200, { choices: [{ index: 0, message, finish_reason: "stop" }], usage });
    }
    streamHead(response);
    for (const content of ["one", " two", " three"]) {
      response.write(chunk([{ index: 0, delta: { content }, finish_reason: null }]));
    }
    response.write(chunk([{ index: 0, delta: {}, finish_reason: "stop" }]));
    response.end(`${usage === undefined ? "" : chunk([], { usage })}data: [DONE]\n\n`);
  });
  const upstream: UpstreamEntry = {
    ...{ id: "u", name: "there", baseUrl: fake.url, headers: {}, secretHeader: "authorization", secret: undefined },
    ...{ problem: undefined, enabled: true, connectTimeoutMs: 5000, firstByteTimeoutMs: 30_000 },
    ...{ idleTimeoutMs: 30_000, totalTimeoutMs: 60_000, createdAt: new Date(0), models: new Set<string>() },
  };
  const body = { model: "there/echo", messages: [{ role: "user", content: "Count to three." }], stream };
  const answer = await UpstreamAnswer.start({
    ...{ target: { kind: "upstream", upstream, model: "echo" }, path: "/chat/completions", body },
    signal: new AbortController().signal,
  });
  while ((await answer.next()) !== undefined);
  return { ...answer.usage, estimated: answer.usageEstimated };
}

describe.each([
  ["streamed", true],
  ["whole", false],
])("what was used, %s", (_, stream) => {
  it("is what the upstream tells", async () => {
    const usage = { prompt_tokens: 7, completion_tokens: 3, prompt_tokens_details: { cached_tokens: 2 } };
    expect(await usageOf(usage, stream)).toEqual({
      ...{ promptTokens: 7, completionTokens: 3, cachedTokens: 2, estimated: false },
    });
  });

  it.each([
    ["nothing", undefined],
    ["null", null],
    ["half", { prompt_tokens: 7 }],
    ["negative tokens", { prompt_tokens: -7, completion_tokens: -3 }],
    ["absurd tokens", { prompt_tokens: 7, completion_tokens: 9_000_000_000 }],
    ["words", { prompt_tokens: "seven", completion_tokens: "three" }],
    ["fractions", { prompt_tokens: 7.5, completion_tokens: Number.MAX_VALUE }],
  ])("is estimated, and marked, where it tells %s", async (_what, usage) => {
    const found = await usageOf(usage, stream);
    expect(found.estimated).toBe(true);
    expect(found.promptTokens).toBeGreaterThan(3);
    expect(found.promptTokens).toBeLessThan(40);
    expect(found.completionTokens).toBeGreaterThanOrEqual(3);
    expect(found.completionTokens).toBeLessThan(60);
  });
});
