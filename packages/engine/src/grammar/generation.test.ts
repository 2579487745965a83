import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Device } from "@tugboat/kernels";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
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

interface Answer {
  readonly text: string;
  readonly reason: string;
}

async function answers(request: GenerateRequest): Promise<Answer[]> {
  const texts: string[] = [];
  const reasons: string[] = [];
  for await (const event of engine.generate(request)) {
    if (event.type !== "token" && event.type !== "finish") continue;
    texts[event.choice] = (texts[event.choice] ?? "") + event.text;
    if (event.type === "finish") reasons[event.choice] = event.reason;
  }
  return texts.map((text, i) => ({ text, reason: reasons[i]! }));
}

const ask = (content: string) => ({ messages: [{ role: "user", content }] }) as const;

const ticket = {
  type: "object",
  properties: {
    queue: { enum: ["billing", "bug", "how-to", "other"] },
    urgent: { type: "boolean" },
    score: { type: "integer", minimum: 0, maximum: 10 },
    words: { type: "array", items: { type: "string", maxLength: 12 }, maxItems: 3 },
  },
  required: ["queue", "urgent", "score", "words"],
  additionalProperties: false,
};

describe("constrained answers of a real model", () => {
  it("are valid whatever the temperature", async () => {
    const validate = new Ajv2020().compile(ticket);
    for (const temperature of [0, 1, 3]) {
      const all = await answers({
        prompt: ask("My card was charged twice!"),
        constraint: { kind: "json-schema", schema: ticket },
        temperature,
        seed: 7,
        n: 4,
        maxTokens: 200,
      });
      expect(all).toHaveLength(4);
      for (const { reason, text } of all) {
        expect([reason, text, validate(JSON.parse(text))]).toEqual(["stop", text, true]);
      }
    }
  });

  it("follow a regular expression to its end, and a grammar", async () => {
    const [date] = await answers({
      prompt: ask("When?"),
      constraint: { kind: "regex", pattern: "(19|20)\\d{2}-(0[1-9]|1[0-2])" },
      temperature: 1,
      ignoreEos: true,
    });
    expect(date).toEqual({ text: expect.stringMatching(/^(19|20)\d{2}-(0[1-9]|1[0-2])$/), reason: "stop" });
    const [sum] = await answers({
      prompt: ask("Add"),
      constraint: { kind: "ebnf", grammar: 'root ::= n ("+" n){2}\nn ::= [1-9] [0-9]?' },
      temperature: 1,
    });
    expect(sum?.text).toMatch(/^[1-9]\d?(\+[1-9]\d?){2}$/);
  });

  it("leave their neighbours alone", async () => {
    const free: GenerateRequest = { prompt: ask("Tell me about cats."), temperature: 0, maxTokens: 24, logprobs: 2 };
    const [alone] = await answers(free);
    const constrained: GenerateRequest = {
      prompt: ask("Is a cat an animal?"),
      constraint: { kind: "regex", pattern: "yes|no" },
      temperature: 0,
    };
    const [[together], [verdict]] = await Promise.all([answers(free), answers(constrained)]);
    expect(together).toEqual(alone);
    expect(["yes", "no"]).toContain(verdict?.text);
  });

  it("say so when they are cut", async () => {
    const [cut] = await answers({
      prompt: ask("A story"),
      constraint: { kind: "json" },
      temperature: 1,
      seed: 1,
      maxTokens: 1,
    });
    expect(cut?.reason).toMatch(/^(length|stop)$/);
  });

  it.each<[GenerateRequest["constraint"], string]>([
    [{ kind: "regex", pattern: "(a" }, "constraint: at character"],
    [{ kind: "json-schema", schema: { type: "nothing" } }, "constraint: #/type"],
    [{ kind: "ebnf", grammar: 'root ::= root "a"' }, "begins with itself"],
    [{ kind: "regex", pattern: "(a?){9999}" }, "too many ways"],
  ])("%# are refused before anything is generated: %j", (constraint, message) => {
    expect(() => engine.generate({ prompt: ask("x"), ...(constraint && { constraint }) })).toThrow(message);
  });
});
