import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { snippets } from "./snippets.ts";
import { chatBody } from "./stream-chat.ts";
import { defaultParameters } from "./types.ts";

const request = {
  model: "tug-small",
  messages: [
    { role: "system" as const, content: 'Don\'t $HOME `run` "this"\n\\n' },
    { role: "user" as const, content: "It's a 🛥️ → 'quoted' $(whoami)" },
  ],
  parameters: defaultParameters,
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
    expect(JSON.parse(sent)).toEqual({ ...chatBody(request), stream: true });
  });

  it("TypeScript passes exactly the request", async () => {
    const [, literal] = /create\((\{[\s\S]*?\n\})\);/.exec(code.typescript ?? "") ?? [];
    expect(new Function(`return ${literal}`)()).toEqual({ ...chatBody(request), stream: true });
  });

  it("Python holds every message as a literal", () => {
    const found = [...(code.python ?? "").matchAll(/"content": (".*")\},$/gm)].map(([, literal]) =>
      JSON.parse(literal ?? ""),
    );
    expect(found).toEqual(request.messages.map((message) => message.content));
  });

  it("never contain a key", () => {
    for (const text of Object.values(code)) expect(text).toContain("TUGBOAT_API_KEY");
  });
});
