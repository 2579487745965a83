import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { keySnippets } from "./key-snippets.ts";

const options = { baseUrl: "http://127.0.0.1:4000/v1", secret: "tug_secret", model: 'it\'s "odd"', chat: true };

describe("snippets", () => {
  it("hand curl its words whole, whatever the model is called", () => {
    const curl = keySnippets(options).find(({ id }) => id === "curl")?.code ?? "";
    const words = execFileSync("sh", ["-c", curl.replace(/^curl/, `printf '%s\\0'`)], { encoding: "utf8" }).split("\0");
    expect(words.slice(0, 5)).toEqual([
      "http://127.0.0.1:4000/v1/chat/completions",
      "-H",
      "Authorization: Bearer tug_secret",
      "-H",
      "Content-Type: application/json",
    ]);
    expect(JSON.parse(words[6] ?? "")).toMatchObject({ model: options.model, messages: [{ role: "user" }] });
  });

  it("let a model without a chat form continue a text", () => {
    for (const { code } of keySnippets({ ...options, chat: false })) {
      expect(code).toContain("Once upon a time");
      expect(code).not.toContain("chat");
    }
  });

  it("name the key in each", () => {
    for (const { code } of keySnippets(options)) expect(code).toContain("tug_secret");
  });
});
