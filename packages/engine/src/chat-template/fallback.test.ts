import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { openGguf } from "../formats/gguf.ts";
import { memorySource } from "../formats/memory.ts";
import { createTokenizer } from "../tokenizer/create.ts";
import { chatTemplateFor } from "./template.ts";
import type { ChatMessage } from "./types.ts";

const chat: ChatMessage[] = [
  { role: "system", content: "Be kind." },
  { role: "user", content: "Hi" },
  { role: "assistant", content: "Ahoy" },
  { role: "user", content: "Bye" },
];
async function bundled(file: string) {
  const path = fileURLToPath(new URL(`../../../../models/${file}`, import.meta.url));
  return openGguf(memorySource(readFileSync(path), file));
}

it("falls back on ChatML where the vocabulary has its tokens", async () => {
  const template = chatTemplateFor(
    undefined,
    createTokenizer((await bundled("tug-small/tug-small-q8_0.gguf")).tokenizer),
  );
  expect([template.origin, template.stops]).toEqual(["chatml", []]);
  expect(template.render({ messages: chat.slice(0, 2), addGenerationPrompt: true })).toBe(
    "<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n",
  );
});

it("falls back on a transcript elsewhere, with the string that ends a turn", async () => {
  const template = chatTemplateFor(
    undefined,
    createTokenizer((await bundled("stories260K/stories260K.gguf")).tokenizer),
  );
  expect([template.origin, template.stops]).toEqual(["transcript", ["\nUser:"]]);
  expect(template.render({ messages: chat, addGenerationPrompt: true })).toBe(
    "Be kind.\n\nUser: Hi\nAssistant: Ahoy\nUser: Bye\nAssistant:",
  );
});

it("uses the bundled model's own template, and its tokens are parsed", async () => {
  const model = await bundled("tug-small/tug-small-q8_0.gguf");
  const tokenizer = createTokenizer(model.tokenizer);
  const template = chatTemplateFor(model.chatTemplate, tokenizer);
  expect(template.origin).toBe("model");
  const ids = tokenizer.encode(template.render({ messages: chat, addGenerationPrompt: true }), { special: true });
  const [start, end] = [tokenizer.idOf("<|im_start|>"), tokenizer.idOf("<|im_end|>")];
  expect(ids.filter((id) => tokenizer.isSpecial(id))).toEqual([start, end, start, end, start, end, start, end, start]);
});
