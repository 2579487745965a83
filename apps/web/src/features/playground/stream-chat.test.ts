import { describe, expect, it } from "vitest";
import { eventsOf } from "./stream-chat.ts";

describe("a chunk of a streamed answer", () => {
  it("gives its text, likelihoods, end and figures", () => {
    const content = [{ token: "Hi", logprob: -0.1, bytes: [72, 105], top_logprobs: [{ token: "Hi", logprob: -0.1 }] }];
    expect(eventsOf(JSON.stringify({ choices: [{ delta: { content: "Hi" }, logprobs: { content } }] }))).toEqual([
      { type: "text", text: "Hi" },
      {
        type: "tokens",
        tokens: [{ text: "Hi", logprob: -0.1, bytes: [72, 105], top: [{ text: "Hi", logprob: -0.1 }] }],
      },
    ]);
    expect(eventsOf('{"choices":[{"delta":{},"finish_reason":"stop"}]}')).toEqual([{ type: "finish", reason: "stop" }]);
    const usage = '{"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2},"tugboat":{"cost_micro_usd":7.25}}';
    expect(eventsOf(usage)).toEqual([
      { type: "usage", promptTokens: 3, completionTokens: 2, cachedTokens: 0 },
      { type: "cost", microUsd: 7.25 },
    ]);
  });

  it("is an error where the service says one, and where it is no chunk", () => {
    expect(() => eventsOf('{"error":{"message":"Out of memory.","code":"out_of_memory"}}')).toThrow("Out of memory.");
    for (const damaged of ["{", "null", '{"choices":3}']) expect(() => eventsOf(damaged)).toThrow("no answer");
  });

  it("of an upstream may leave out what it does not know", () => {
    expect(eventsOf('{"id":"x"}')).toEqual([]);
    expect(eventsOf('{"choices":[{"delta":{"role":"assistant","content":null}}],"usage":null}')).toEqual([]);
  });
});
