import { describe, expect, it } from "vitest";
import { asPrompt } from "./as-prompt.ts";
import { defaultParameters } from "./types.ts";

describe("a playground as a prompt", () => {
  it("keeps the words, their variables, examples, model and parameters", () => {
    const conversation = {
      system: "Sort for {{team}}.",
      turns: [
        { id: "1", user: "I was charged twice", example: "billing" },
        { id: "2", user: "{{message}}" },
      ],
      draft: " ",
    };
    const schema = '{"type":"object"}';
    const parameters = {
      ...defaultParameters,
      maxTokens: 9,
      stop: ["\n"],
      format: { type: "json_schema", schema } as const,
    };
    expect(asPrompt(conversation, { model: "tug-small", parameters })).toEqual({
      model: "tug-small",
      messages: [
        { role: "system", content: "Sort for {{team}}." },
        { role: "user", content: "I was charged twice" },
        { role: "assistant", content: "billing" },
        { role: "user", content: "{{message}}" },
      ],
      variables: ["team", "message"].map((name) => ({ name, type: "text", description: "", required: true })),
      tools: [],
      parameters: { temperature: 0.7, top_p: 1, max_tokens: 9, stop: ["\n"] },
      output: { type: "object" },
    });
  });

  it("leaves out a schema that is none", () => {
    const parameters = { ...defaultParameters, format: { type: "json_schema", schema: "{" } as const };
    expect(asPrompt({ system: "", turns: [], draft: "" }, { model: "m", parameters }).output).toBeNull();
  });
});
