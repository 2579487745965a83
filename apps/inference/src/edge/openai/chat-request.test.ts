import fc from "fast-check";
import { expect, it } from "vitest";
import { ApiError } from "../errors.ts";
import { parseChatRequest } from "./chat-request.ts";

const messages = [{ role: "user", content: "hi" }];
const valid = { model: "m", messages };

function refusal(body: unknown): ApiError {
  try {
    parseChatRequest(body);
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
  throw new Error(`accepted ${JSON.stringify(body)}`);
}

it.each<[string, unknown, string | null, string]>([
  ["a list", [], null, "invalid_type"],
  ["null", null, null, "invalid_type"],
  ["no model", { messages }, "model", "missing_required_parameter"],
  ["a model of numbers", { model: 3, messages }, "model", "invalid_type"],
  ["an empty model", { model: "", messages }, "model", "string_below_min_length"],
  ["no messages", { model: "m" }, "messages", "missing_required_parameter"],
  ["empty messages", { model: "m", messages: [] }, "messages", "empty_array"],
  ["a message of text", { model: "m", messages: ["hi"] }, "messages[0]", "invalid_type"],
  [
    "an unknown role",
    { model: "m", messages: [{ role: "wizard", content: "x" }] },
    "messages[0].role",
    "invalid_value",
  ],
  ["no role", { model: "m", messages: [{ content: "x" }] }, "messages[0].role", "missing_required_parameter"],
  ["no content", { model: "m", messages: [{ role: "user" }] }, "messages[0].content", "missing_required_parameter"],
  [
    "content of numbers",
    { model: "m", messages: [{ role: "user", content: 1 }] },
    "messages[0].content",
    "invalid_type",
  ],
  [
    "an image",
    { model: "m", messages: [{ role: "user", content: [{ type: "image_url", image_url: { url: "x" } }] }] },
    "messages[0].content[0].type",
    "invalid_value",
  ],
  [
    "a message's unknown field",
    { model: "m", messages: [{ ...messages[0], mood: 1 }] },
    "messages[0].mood",
    "unknown_parameter",
  ],
  [
    "a tool's answer to nothing",
    { model: "m", messages: [{ role: "tool", content: "x" }] },
    "messages[0].tool_call_id",
    "missing_required_parameter",
  ],
  ["a negative temperature", { ...valid, temperature: -0.5 }, "temperature", "decimal_below_min_value"],
  ["a hot temperature", { ...valid, temperature: 3 }, "temperature", "integer_above_max_value"],
  ["a worded temperature", { ...valid, temperature: "hot" }, "temperature", "invalid_type"],
  ["top_p of 2", { ...valid, top_p: 2 }, "top_p", "integer_above_max_value"],
  ["negative max_tokens", { ...valid, max_tokens: -1 }, "max_tokens", "integer_below_min_value"],
  ["no max_tokens at all", { ...valid, max_tokens: 0 }, "max_tokens", "integer_below_min_value"],
  ["half a token", { ...valid, max_tokens: 1.5 }, "max_tokens", "invalid_type"],
  [
    "both limits, differing",
    { ...valid, max_tokens: 1, max_completion_tokens: 2 },
    "max_completion_tokens",
    "invalid_value",
  ],
  ["n of 0", { ...valid, n: 0 }, "n", "integer_below_min_value"],
  ["a stop of numbers", { ...valid, stop: 3 }, "stop", "invalid_type"],
  ["an empty stop", { ...valid, stop: [""] }, "stop[0]", "string_below_min_length"],
  ["too many stops", { ...valid, stop: Array(100).fill("x") }, "stop", "array_above_max_length"],
  ["a bias for a word", { ...valid, logit_bias: { hello: 1 } }, "logit_bias.hello", "invalid_value"],
  ["too strong a bias", { ...valid, logit_bias: { 5: 101 } }, "logit_bias.5", "integer_above_max_value"],
  ["top_logprobs alone", { ...valid, top_logprobs: 3 }, "top_logprobs", "invalid_value"],
  ["too many top_logprobs", { ...valid, logprobs: true, top_logprobs: 21 }, "top_logprobs", "integer_above_max_value"],
  [
    "stream_options without a stream",
    { ...valid, stream_options: { include_usage: true } },
    "stream_options",
    "invalid_value",
  ],
  ["stream of text", { ...valid, stream: "yes" }, "stream", "invalid_type"],
  ["an unknown parameter", { ...valid, creativity: 11 }, "creativity", "unknown_parameter"],
  ["an odd format", { ...valid, response_format: { type: "yaml" } }, "response_format.type", "invalid_value"],
  [
    "a schema without a name",
    { ...valid, response_format: { type: "json_schema", json_schema: {} } },
    "response_format.json_schema.name",
    "missing_required_parameter",
  ],
  [
    "two formats",
    { ...valid, response_format: { type: "json_object" }, structured_outputs: { regex: "a" } },
    "structured_outputs",
    "invalid_value",
  ],
  [
    "two structures",
    { ...valid, structured_outputs: { regex: "a", choice: ["b"] } },
    "structured_outputs",
    "invalid_value",
  ],
  ["a forced tool without tools", { ...valid, tool_choice: "required" }, "tool_choice", "invalid_value"],
  [
    "a named tool that is not there",
    { ...valid, tool_choice: { type: "function", function: { name: "f" } } },
    "tool_choice",
    "invalid_value",
  ],
  [
    "a tool with a bad name",
    { ...valid, tools: [{ type: "function", function: { name: "a b" } }] },
    "tools[0].function.name",
    "invalid_value",
  ],
  ["audio", { ...valid, modalities: ["text", "audio"] }, "modalities", "unsupported_parameter"],
  ["functions", { ...valid, functions: [] }, "functions", "unsupported_parameter"],
  ["storage", { ...valid, store: true }, "store", "unsupported_parameter"],
])("refuses %s", (_name, body, param, code) => {
  const error = refusal(body);
  expect([error.status, error.param, error.code]).toEqual([400, param, code]);
  expect(error.message.length).toBeGreaterThan(10);
  expect(error.body().error).toEqual({ message: error.message, type: "invalid_request_error", param, code });
});

it("turns OpenAI's parameters into the engine's", () => {
  const { generate, ...rest } = parseChatRequest({
    ...valid,
    max_tokens: 9,
    temperature: 0.5,
    top_p: 0.9,
    top_k: -1,
    min_p: 0.1,
    repetition_penalty: 1.1,
    frequency_penalty: 1,
    presence_penalty: -1,
    logit_bias: { "7": -100 },
    stop: "END",
    seed: -1,
    n: 2,
    logprobs: true,
    top_logprobs: 4,
    user: "someone",
    stream: true,
    stream_options: { include_usage: true },
  });
  expect(rest).toEqual({ model: "m", stream: true, includeUsage: true, choices: 2, logprobs: true, characters: 2 });
  expect(generate).toMatchObject({
    prompt: { messages },
    maxTokens: 9,
    temperature: 0.5,
    topP: 0.9,
    topK: 0,
    minP: 0.1,
    repetitionPenalty: 1.1,
    frequencyPenalty: 1,
    presencePenalty: -1,
    logitBias: { 7: -100 },
    stop: ["END"],
    seed: 2 ** 32 - 1,
    n: 2,
    logprobs: 4,
  });
});

it("takes null as not given, as OpenAI's clients send it", () => {
  const nothing = { temperature: null, max_tokens: null, stop: null, tools: null, response_format: null, n: null };
  expect(parseChatRequest({ ...valid, ...nothing })).toEqual(parseChatRequest(valid));
});

it("joins text parts, and hears a developer as the system", () => {
  const parts = [
    { type: "text", text: "Be " },
    { type: "text", text: "brief." },
  ];
  const { generate } = parseChatRequest({ model: "m", messages: [{ role: "developer", content: parts }, ...messages] });
  expect(generate.prompt).toMatchObject({ messages: [{ role: "system", content: "Be brief." }, messages[0]] });
});

it("gives the engine tools and the choice among them", () => {
  const tools = [{ type: "function", function: { name: "f", parameters: { type: "object" } } }];
  const choiceOf = (tool_choice: unknown) => parseChatRequest({ ...valid, tools, tool_choice }).generate.toolChoice;
  expect(parseChatRequest({ ...valid, tools, parallel_tool_calls: false }).generate).toMatchObject({
    prompt: { tools },
    parallelToolCalls: false,
  });
  expect(["auto", "none", "required"].map(choiceOf)).toEqual(["auto", "none", "required"]);
  expect(choiceOf({ type: "function", function: { name: "f" } })).toEqual({ name: "f" });
});

it("turns every way to ask for a structure into a constraint", () => {
  const schema = { type: "object", properties: { a: { type: "string" } } };
  const constraintOf = (more: object) => parseChatRequest({ ...valid, ...more }).generate.constraint;
  const format = (json_schema: object) => ({ response_format: { type: "json_schema", json_schema } });
  expect(constraintOf({ response_format: { type: "text" } })).toBeUndefined();
  expect(constraintOf({ response_format: { type: "json_object" } })).toEqual({ kind: "json-object" });
  expect(constraintOf(format({ name: "x", schema, strict: true }))).toEqual({
    kind: "json-schema",
    schema,
    closed: true,
  });
  expect(constraintOf(format({ name: "x", schema }))).toEqual({ kind: "json-schema", schema, closed: false });
  expect(constraintOf({ structured_outputs: { json: schema } })).toEqual({ kind: "json-schema", schema });
  expect(constraintOf({ structured_outputs: { regex: "a+" } })).toEqual({ kind: "regex", pattern: "a+" });
  expect(constraintOf({ structured_outputs: { grammar: 'root ::= "a"' } })).toMatchObject({ kind: "ebnf" });
  expect(constraintOf({ structured_outputs: { choice: ["a", "b"] } })).toMatchObject({ kind: "grammar" });
});

it("refuses anything else in OpenAI's form, never with another error", () => {
  const field = fc.constantFrom(
    ...Object.keys(valid),
    "stop",
    "n",
    "tools",
    "logit_bias",
    "seed",
    "__proto__",
    "stream",
  );
  fc.assert(
    fc.property(fc.dictionary(field, fc.jsonValue()), (fields) => {
      for (const body of [fields, { ...valid, ...fields }]) {
        try {
          parseChatRequest(body);
        } catch (error) {
          expect(error).toBeInstanceOf(ApiError);
        }
      }
    }),
  );
});
