import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateObject, generateText, Output, stepCountIs, streamText, tool } from "ai";
import OpenAI from "openai";
import { zodResponseFormat } from "openai/helpers/zod";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
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
const ask = (content: string) => [{ role: "user" as const, content }];
const ticket = z.object({
  queue: z.enum(["billing", "bug", "other"]),
  urgent: z.boolean(),
  words: z.array(z.string().max(10)).max(2),
});
const weather: OpenAI.ChatCompletionFunctionTool = {
  type: "function",
  function: {
    name: "get_weather",
    description: "The weather of a city",
    parameters: {
      type: "object",
      properties: { city: { type: "string", maxLength: 20 } },
      required: ["city"],
      additionalProperties: false,
    },
    strict: true,
  },
};

describe("the official client", () => {
  it("parses answers by a zod schema", async () => {
    const completion = await client.chat.completions.parse({
      model,
      messages: ask("My card was charged twice."),
      response_format: zodResponseFormat(ticket, "ticket"),
      temperature: 1,
      seed: 3,
      n: 3,
    });
    expect(completion.choices).toHaveLength(3);
    for (const choice of completion.choices) expect(ticket.safeParse(choice.message.parsed).success).toBe(true);
  });

  it("gets a JSON object when it asks for one, streamed too", async () => {
    const stream = await client.chat.completions.create({
      model,
      messages: ask("Describe a cat as JSON."),
      response_format: { type: "json_object" },
      temperature: 0,
      max_tokens: 300,
      stream: true,
    });
    let text = "";
    let finish: string | null | undefined;
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? "";
      finish = chunk.choices[0]?.finish_reason ?? finish;
    }
    if (finish === "stop") expect(JSON.parse(text)).toBeTypeOf("object");
    expect(text).toMatch(/^\{/);
  });

  it("gets one of the choices, and what a pattern or a grammar allows", async () => {
    const extended = async (structured_outputs: object) => {
      const body = { model, messages: ask("Is a cat an animal?"), structured_outputs };
      const { choices } = await client.chat.completions.create(body);
      return choices[0]?.message.content;
    };
    expect(["yes", "no"]).toContain(await extended({ choice: ["yes", "no"] }));
    expect(await extended({ regex: "[A-Z]{3}-\\d{2}" })).toMatch(/^[A-Z]{3}-\d{2}$/);
    expect(await extended({ grammar: 'root ::= "<" [a-z]{2,4} ">"' })).toMatch(/^<[a-z]{2,4}>$/);
  });

  it("is told what is wrong with a schema, and where", async () => {
    const create = (schema: Record<string, unknown>) =>
      client.chat.completions.create({
        model,
        messages: ask("x"),
        response_format: { type: "json_schema", json_schema: { name: "x", schema, strict: true } },
      });
    await expect(create({ type: "nothing" })).rejects.toMatchObject({
      status: 400,
      param: "response_format",
      message: expect.stringContaining("#/type"),
    });
    await expect(create({ type: "array", items: false, minItems: 1 })).rejects.toMatchObject({ status: 400 });
    const { data } = await client.models.list();
    expect(data.length).toBeGreaterThan(0);
  });

  it("gets a forced call whole, and its pieces in a stream", async () => {
    const request = {
      model,
      messages: ask("How is the weather in Oslo?"),
      tools: [weather],
      tool_choice: { type: "function" as const, function: { name: "get_weather" } },
      temperature: 0,
    };
    const whole = await client.chat.completions.create(request);
    const [choice] = whole.choices;
    expect(choice?.finish_reason).toBe("tool_calls");
    expect(choice?.message.content).toBeNull();
    const [call] = choice?.message.tool_calls ?? [];
    if (call?.type !== "function") throw new Error("expected a function's call");
    expect(call.id).toMatch(/^call_/);
    expect(JSON.parse(call.function.arguments)).toEqual({ city: expect.any(String) });

    const runner = client.chat.completions.stream(request);
    const pieces: string[] = [];
    runner.on("tool_calls.function.arguments.delta", ({ arguments_delta }) => pieces.push(arguments_delta));
    const final = await runner.finalChatCompletion();
    const [streamed] = final.choices[0]?.message.tool_calls ?? [];
    expect(streamed?.function).toMatchObject({ name: "get_weather", arguments: call.function.arguments });
    expect(pieces.filter((piece) => piece !== "").length).toBeGreaterThan(1);
  });

  it("goes through a tool's round trip", async () => {
    const { choices } = await client.chat.completions.create({
      model,
      messages: [
        ...ask("How is the weather in Oslo?"),
        {
          role: "assistant",
          content: null,
          tool_calls: [
            { id: "call_1", type: "function", function: { name: "get_weather", arguments: '{"city":"Oslo"}' } },
          ],
        },
        { role: "tool", tool_call_id: "call_1", content: "Rain, 4 degrees" },
      ],
      tools: [weather],
      temperature: 0,
      max_tokens: 20,
    });
    expect(["stop", "length", "tool_calls"]).toContain(choices[0]?.finish_reason);
  });
});

describe("the Vercel AI SDK", () => {
  const provider = () =>
    createOpenAICompatible({
      name: "tugboat",
      apiKey: service.apiKey,
      baseURL: `${service.url}/v1`,
      supportsStructuredOutputs: true,
    });

  it("gets objects of a schema", async () => {
    const { output } = await generateText({
      model: provider()(model),
      output: Output.object({ schema: ticket }),
      prompt: "My card was charged twice.",
      maxRetries: 0,
    });
    expect(ticket.safeParse(output).success).toBe(true);
  });

  it("generates an object by its older call", async () => {
    const { object } = await generateObject({
      model: provider()(model),
      schema: ticket,
      prompt: "The page is blank since this morning.",
      temperature: 0,
      maxRetries: 0,
    });
    expect(ticket.safeParse(object).success).toBe(true);
  });

  it("streams a text that calls tools", async () => {
    const asked: string[] = [];
    const result = streamText({
      model: provider()(model),
      prompt: "How is the weather in Oslo?",
      tools: {
        get_weather: tool({
          description: "The weather of a city",
          inputSchema: z.object({ city: z.string().max(20) }),
          execute: async ({ city }) => {
            asked.push(city);
            return { degrees: 4 };
          },
        }),
      },
      toolChoice: "required",
      stopWhen: stepCountIs(1),
      // A model this small would go on calling.
      providerOptions: { tugboat: { parallel_tool_calls: false } },
      maxRetries: 0,
      temperature: 0,
    });
    const kinds = new Set<string>();
    for await (const part of result.fullStream) kinds.add(part.type);
    expect(kinds).toContain("tool-call");
    expect(kinds).toContain("tool-result");
    expect(asked.length).toBeGreaterThan(0);
  });
});
