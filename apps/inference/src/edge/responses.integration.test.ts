import OpenAI from "openai";
import { zodTextFormat } from "openai/helpers/zod";
import type { ResponseCreateParamsNonStreaming, ResponseStreamEvent } from "openai/resources/responses/responses";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { type RunningService, startService } from "../testing/service.ts";

let service: RunningService;
let client: OpenAI;

beforeAll(async () => {
  service = await startService({ TUGBOAT_DEFAULT_MODEL: "tug-small" });
  client = new OpenAI({ apiKey: service.apiKey, baseURL: `${service.url}/v1`, maxRetries: 0 });
});
afterAll(() => service?.remove());

const model = "tug-small";
const question = {
  model,
  instructions: "Answer in one sentence.",
  input: "What is a text editor?",
  temperature: 0,
  max_output_tokens: 40,
} as const;
const weather: OpenAI.Responses.FunctionTool = {
  type: "function",
  name: "get_weather",
  description: "The weather of a city",
  parameters: {
    type: "object",
    properties: { city: { type: "string", maxLength: 20 } },
    required: ["city"],
    additionalProperties: false,
  },
  strict: true,
};

it("says what a chat says, whole and streamed, and counts the same tokens", async () => {
  const chat = await client.chat.completions.create({
    model,
    messages: [
      { role: "system", content: question.instructions },
      { role: "user", content: question.input },
    ],
    temperature: 0,
    max_completion_tokens: 40,
  });
  const { data: whole, response } = await client.responses.create(question).withResponse();
  expect(whole.output_text).toBe(chat.choices[0]?.message.content);
  expect(whole.usage).toMatchObject({
    input_tokens: chat.usage?.prompt_tokens,
    output_tokens: chat.usage?.completion_tokens,
    total_tokens: chat.usage?.total_tokens,
    output_tokens_details: { reasoning_tokens: 0 },
  });
  // The chat before it left its prompt in the cache.
  expect(whole.usage?.input_tokens_details.cached_tokens).toBeGreaterThan(0);
  expect(response.headers.get("x-request-id")).toMatch(/^req_/);

  const events: ResponseStreamEvent[] = [];
  for await (const event of await client.responses.create({ ...question, stream: true })) events.push(event);
  expect(events.map(({ sequence_number }) => sequence_number)).toEqual(events.map((_, index) => index));
  const types = events.map(({ type }) => type);
  expect(types.slice(0, 4)).toEqual([
    "response.created",
    "response.in_progress",
    "response.output_item.added",
    "response.content_part.added",
  ]);
  expect(types.slice(-4, -1)).toEqual([
    "response.output_text.done",
    "response.content_part.done",
    "response.output_item.done",
  ]);
  expect(types.at(-1)).toBe(chat.choices[0]?.finish_reason === "length" ? "response.incomplete" : "response.completed");
  const text = events.map((event) => (event.type === "response.output_text.delta" ? event.delta : "")).join("");
  expect(text).toBe(whole.output_text);

  const final = await client.responses.stream(question).finalResponse();
  expect(final.output_text).toBe(whole.output_text);
  expect(final.usage?.output_tokens).toBe(whole.usage?.output_tokens);
});

it("says that it was cut by the limit", async () => {
  const cut = await client.responses.create({ ...question, max_output_tokens: 3 });
  expect(cut).toMatchObject({ status: "incomplete", incomplete_details: { reason: "max_output_tokens" } });
  expect(cut.output[0]).toMatchObject({ type: "message", status: "incomplete" });
});

it("is parsed by a zod schema", async () => {
  const ticket = z.object({ queue: z.enum(["billing", "bug", "other"]), urgent: z.boolean() });
  const { output_parsed } = await client.responses.parse({
    model,
    input: "My card was charged twice.",
    text: { format: zodTextFormat(ticket, "ticket") },
  });
  expect(ticket.safeParse(output_parsed).success).toBe(true);
});

it("calls a tool, and goes on from its answer by previous_response_id", async () => {
  const first = await client.responses.create({
    model,
    input: "What is the weather in Paris?",
    tools: [weather],
    tool_choice: "required",
    parallel_tool_calls: false,
    temperature: 0,
  });
  const call = first.output.find((item) => item.type === "function_call");
  expect(call).toMatchObject({ type: "function_call", name: "get_weather", status: "completed" });
  expect(JSON.parse(call?.arguments ?? "")).toHaveProperty("city");

  const output = { type: "function_call_output" as const, call_id: call?.call_id ?? "", output: "18 °C and sunny" };
  const second = await client.responses.create({
    model,
    previous_response_id: first.id,
    input: [output],
    tools: [weather],
    tool_choice: "none",
    temperature: 0,
    max_output_tokens: 20,
  });
  expect(second.previous_response_id).toBe(first.id);
  expect(second.output_text.length).toBeGreaterThan(0);
  // The same history in full gives the same answer.
  const whole = await client.responses.create({
    model,
    input: [
      { role: "user", content: "What is the weather in Paris?" },
      ...first.output,
      output,
    ] as OpenAI.Responses.ResponseInput,
    tools: [weather],
    tool_choice: "none",
    temperature: 0,
    max_output_tokens: 20,
    store: false,
  });
  expect(whole.output_text).toBe(second.output_text);
  const { data } = await client.responses.inputItems.list(second.id, { order: "asc" });
  expect(data.map(({ type }) => type)).toEqual(["message", "function_call", "function_call_output"]);
  const page = await client.responses.inputItems.list(second.id, { limit: 1 });
  expect(page.data.map(({ type }) => type)).toEqual(["function_call_output"]);
  expect(page.has_more).toBe(true);
});

it("streams the arguments of a call", async () => {
  const stream = client.responses.stream({
    model,
    input: "What is the weather in Oslo?",
    tools: [weather],
    tool_choice: { type: "function", name: "get_weather" },
    temperature: 0,
  });
  let text = "";
  let done: string | undefined;
  for await (const event of stream) {
    if (event.type === "response.function_call_arguments.delta") text += event.delta;
    if (event.type === "response.function_call_arguments.done") done = event.arguments;
  }
  expect(done).toBe(text);
  const [item] = (await stream.finalResponse()).output;
  expect(item).toMatchObject({ type: "function_call", name: "get_weather", arguments: text });
});

it("is kept until it is deleted, and not at all when told so", async () => {
  const kept = await client.responses.create({ ...question, metadata: { ticket: "7" } });
  const again = await client.responses.retrieve(kept.id);
  expect(again).toEqual({ ...kept, output_text: kept.output_text });
  await client.responses.delete(kept.id);
  await expect(client.responses.retrieve(kept.id)).rejects.toMatchObject({ status: 404 });
  await expect(client.responses.create({ ...question, previous_response_id: kept.id })).rejects.toMatchObject({
    status: 400,
    code: "previous_response_not_found",
  });
  const unkept = await client.responses.create({ ...question, store: false });
  expect(unkept).toMatchObject({ store: false });
  await expect(client.responses.retrieve(unkept.id)).rejects.toMatchObject({ status: 404 });
});

const wrong: [string, object, string, string][] = [
  ["a parameter that is not served", { background: true }, "unsupported_parameter", "background"],
  ["a parameter that is none", { max_tokens: 3 }, "unknown_parameter", "max_tokens"],
  ["a tool that is not served", { tools: [{ type: "web_search" }] }, "invalid_value", "tools[0].type"],
  ["a reference to an item", { input: [{ type: "item_reference", id: "msg_1" }] }, "invalid_value", "input[0].type"],
  [
    "an output without its call",
    { input: [{ type: "function_call_output", call_id: "call_1", output: "" }] },
    "invalid_value",
    "input",
  ],
  ["no input", { input: undefined }, "missing_required_parameter", "input"],
  [
    "a schema that nothing fits",
    { text: { format: { type: "json_schema", name: "x", schema: { type: "nothing" } } } },
    "invalid_value",
    "text.format",
  ],
  ["a model that is not there", { model: "nobody" }, "model_not_found", "model"],
];
it.each(wrong)("refuses %s by name", async (_, change, code, param) => {
  const body: ResponseCreateParamsNonStreaming = { ...question, ...change };
  await expect(client.responses.create(body)).rejects.toMatchObject({ code, param });
});
