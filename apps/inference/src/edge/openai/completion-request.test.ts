import { expect, it } from "vitest";
import { parseCompletionRequest } from "./completion-request.ts";

const prompts = (prompt: unknown) => parseCompletionRequest({ model: "m", prompt }).generate.map((one) => one.prompt);

it("takes every form of prompt that OpenAI takes", () => {
  expect(prompts("a")).toEqual([{ text: "a" }]);
  expect(prompts(["a", "b"])).toEqual([{ text: "a" }, { text: "b" }]);
  expect(prompts([1, 2])).toEqual([{ tokens: [1, 2] }]);
  expect(prompts([[1, 2], [3]])).toEqual([{ tokens: [1, 2] }, { tokens: [3] }]);
});

it("generates 16 tokens unless told otherwise, as OpenAI does", () => {
  expect(parseCompletionRequest({ model: "m", prompt: "a" }).generate[0]?.maxTokens).toBe(16);
  expect(parseCompletionRequest({ model: "m", prompt: "a", max_tokens: 3 }).generate[0]?.maxTokens).toBe(3);
});

it.each([
  [{}, "prompt", "missing_required_parameter"],
  [{ prompt: [] }, "prompt", "empty_array"],
  [{ prompt: 3 }, "prompt", "invalid_type"],
  [{ prompt: [["a"]] }, "prompt[0][0]", "invalid_type"],
  [{ prompt: [-1] }, "prompt[0]", "integer_below_min_value"],
  [{ prompt: Array(100).fill("a") }, "prompt", "array_above_max_length"],
  [{ prompt: "a", echo: true }, "echo", "unsupported_parameter"],
  [{ prompt: "a", suffix: "b" }, "suffix", "unsupported_parameter"],
  [{ prompt: "a", best_of: 3 }, "best_of", "unsupported_parameter"],
  [{ prompt: "a", logprobs: 21 }, "logprobs", "integer_above_max_value"],
  [{ prompt: "a", logprobs: true }, "logprobs", "invalid_type"],
])("refuses %j", (body, param, code) => {
  expect(() => parseCompletionRequest({ model: "m", ...body })).toThrow(
    expect.objectContaining({ status: 400, param, code }),
  );
});
