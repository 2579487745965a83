import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Device } from "@tugboat/kernels";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ToolDefinition } from "../chat-template/types.ts";
import type { Engine, GenerateRequest } from "../engine.ts";
import { ggufOf, openTestDevice, openTestEngine } from "../testing/engines.ts";

const path = fileURLToPath(new URL("../../../../models/tug-small/tug-small-q8_0.gguf", import.meta.url));

let device: Device;
let engine: Engine;

beforeAll(async () => {
  device = await openTestDevice();
  engine = await openTestEngine(await ggufOf(await readFile(path), "tug-small.gguf"), device, { contextLength: 512 });
});
afterAll(async () => {
  await engine?.close();
  device?.destroy();
});

const tools: readonly ToolDefinition[] = [
  {
    type: "function",
    function: {
      name: "get_weather",
      description: "Today's weather",
      parameters: {
        type: "object",
        properties: { city: { type: "string", maxLength: 20 }, unit: { enum: ["c", "f"] } },
        required: ["city", "unit"],
        additionalProperties: false,
      },
      strict: true,
    },
  },
  { type: "function", function: { name: "now" } },
];
const prompt = { messages: [{ role: "user", content: "What is the weather in Paris?" }], tools } as const;

async function answer(request: GenerateRequest) {
  const calls: { name: string; arguments: string }[] = [];
  let text = "";
  let reason = "";
  for await (const event of engine.generate({ temperature: 0, maxTokens: 200, ...request })) {
    if (event.type !== "token" && event.type !== "finish") continue;
    text += event.text;
    for (const delta of event.calls ?? []) {
      if (delta.name !== undefined) calls[delta.index] = { name: delta.name, arguments: "" };
      calls[delta.index]!.arguments += delta.arguments;
    }
    if (event.type === "finish") reason = event.reason;
  }
  return { text, calls, reason };
}

describe("tools", () => {
  it("one is called when it must be, with arguments that satisfy its schema", async () => {
    for (const seed of [1, 2, 3]) {
      const { calls, reason, text } = await answer({
        prompt,
        toolChoice: { name: "get_weather" },
        temperature: 1,
        seed,
      });
      expect([text, reason, calls.map(({ name }) => name)]).toEqual(["", "tool-calls", ["get_weather"]]);
      expect(JSON.parse(calls[0]!.arguments)).toEqual({
        city: expect.any(String),
        unit: expect.stringMatching(/^[cf]$/),
      });
    }
  });

  it("some are called when they are required, one alone where calls are not parallel", async () => {
    const { calls, reason } = await answer({
      prompt,
      toolChoice: "required",
      parallelToolCalls: false,
      temperature: 1,
      seed: 5,
    });
    expect(reason).toBe("tool-calls");
    expect(calls).toHaveLength(1);
    expect(["get_weather", "now"]).toContain(calls[0]?.name);
    if (calls[0]?.name === "now") expect(calls[0].arguments).toBe("{}");
  });

  it("none are when they must not be", async () => {
    const { calls, reason, text } = await answer({ prompt, toolChoice: "none", maxTokens: 12 });
    expect(calls).toEqual([]);
    expect(text.length).toBeGreaterThan(0);
    expect(["stop", "length"]).toContain(reason);
  });

  it("a model without tools in its template reads of them in its instruction, calls and results as text", () => {
    const messages = [
      { role: "user", content: "Weather?" },
      {
        role: "assistant",
        content: null,
        tool_calls: [{ id: "1", type: "function", function: { name: "now", arguments: "{}" } }],
      },
      { role: "tool", content: "12:30", tool_call_id: "1" },
    ] as const;
    const text = engine.renderChat(messages, { tools });
    expect(text).toContain('"name":"get_weather"');
    expect(text).toContain('<tool_call>\n{"name": "now", "arguments": {}}\n</tool_call>');
    expect(text).toContain("<tool_response>\n12:30\n</tool_response>");
  });

  it("refuses a choice that is not there, and strict parameters that can't be held to", () => {
    expect(() => engine.generate({ prompt, toolChoice: { name: "fly" } })).toThrow("no tool `fly`");
    const parameters = { type: "object", properties: { a: { not: { type: "string" } } } };
    const odd = (strict: boolean) => ({
      ...prompt,
      tools: [{ type: "function", function: { name: "odd", parameters, strict } }] as const,
    });
    expect(() => engine.generate({ prompt: odd(true) })).toThrow("the parameters of the tool `odd`");
    expect(() => engine.generate({ prompt: odd(false), maxTokens: 1 })).not.toThrow();
  });
});
