import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { chatBody } from "./chat-body.ts";
import { snippets } from "./snippets.ts";
import { defaultParameters } from "./types.ts";

const request = {
  model: "tug-small",
  messages: [
    { role: "system" as const, content: 'Don\'t $HOME `run` "this"\n\\n' },
    { role: "user" as const, content: "It's a 🛥️ → 'quoted' $(whoami)" },
  ],
  parameters: {
    ...defaultParameters,
    frequencyPenalty: -0.5,
    stop: ["\n\n", "it's"],
    logprobs: true,
    format: { type: "json_schema" as const, schema: '{"type":"object","properties":{"a":{"const":null}}}' },
  },
  seed: 7,
};
const baseUrl = "http://127.0.0.1:4000/v1";
const code = Object.fromEntries(snippets(request, baseUrl).map((snippet) => [snippet.id, snippet.code]));

describe("snippets", () => {
  it("curl sends exactly the request, whatever quotes and variables the messages hold", () => {
    // In place of curl stands a function that prints its last argument, so that the shell itself does the parsing.
    const script = `curl() { printf '%s' "\${@: -1}"; }\n${code.curl}`;
    const sent = execFileSync("bash", ["-c", script], {
      encoding: "utf8",
      env: { ...process.env, TUGBOAT_API_KEY: "k" },
    });
    expect(JSON.parse(sent)).toEqual(chatBody(request));
  });

  it("TypeScript passes exactly the request", async () => {
    const [, literal] = /create\((\{[\s\S]*?\n\})\);/.exec(code.typescript ?? "") ?? [];
    expect(new Function(`return ${literal}`)()).toEqual(chatBody(request));
  });

  it("Python passes exactly the request", () => {
    // In place of the package stands a recorder, so that Python itself does the parsing.
    const recorder = `import sys, types, json
class OpenAI:
    def __init__(self, **_): self.chat = self.completions = self
    def create(self, **sent): print(json.dumps(sent)); return []
openai = types.ModuleType("openai"); openai.OpenAI = OpenAI; sys.modules["openai"] = openai
`;
    const env = { ...process.env, TUGBOAT_API_KEY: "k", PYTHONIOENCODING: "utf-8" };
    const sent = execFileSync("python3", ["-c", recorder + code.python], { encoding: "utf8", env });
    expect(JSON.parse(sent)).toEqual(chatBody(request));
  });

  it("never contain a key", () => {
    for (const text of Object.values(code)) expect(text).toContain("TUGBOAT_API_KEY");
  });
});
