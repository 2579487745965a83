import { expect, it } from "vitest";
import type { ModelFacts } from "../domain/planner/cost-model.ts";
import { parseTaskYaml } from "../domain/tasks/document.ts";
import { reword } from "./reword.ts";
import type { AskModel } from "./run-step.ts";

const document = parseTaskYaml(
  "task: t\ninstruction: Sort it.\ninput: { text: string }\noutput: { label: { enum: [a, b] } }\nexamples: t.csv\n",
);
const model = (name: string, parameters: number | null, kind: "model" | "upstream" = "model"): ModelFacts => ({
  name,
  kind,
  parameters,
  contextLength: null,
  prefillTps: null,
  decodeTps: null,
  price: null,
  fits: true,
  tunedWith: null,
});

function answering(...texts: readonly string[]) {
  const asked: string[] = [];
  const ask: AskModel = async ({ body }) => {
    asked.push("model" in body ? String(body.model) : "");
    const text = texts[asked.length - 1] ?? "";
    const usage = { inputTokens: 1, cachedTokens: 0, outputTokens: 1 };
    const nothing = { calls: [], logprobs: undefined, vectors: [], plan: undefined, body: null };
    return {
      ok: true,
      id: "",
      text,
      finishReason: "stop",
      usage,
      latencyMs: 1,
      queueMs: 0,
      costMicroUsd: 0,
      ...nothing,
    };
  };
  return { ask, asked };
}

it("asks the largest that can write, and takes what is new and reads as an instruction", async () => {
  const { ask, asked } = answering('<think>hm</think>Instruction: "Choose a or b by the first letter."', "Sort it.");
  const models = [model("small", 15e6), model("middle", 600e6), model("large", 4e9)];
  expect(await reword(document, [], models, ask)).toEqual(["Choose a or b by the first letter."]);
  expect(asked).toEqual(["large", "large"]);
  const elsewhere = answering("Say which of both letters it begins with.", "");
  expect(await reword(document, [], [...models, model("up/huge", null, "upstream")], elsewhere.ask)).toHaveLength(1);
  expect(elsewhere.asked[0]).toBe("up/huge");
});

it("asks nobody where no model can write", async () => {
  const { ask, asked } = answering();
  expect(await reword(document, [], [model("small", 15e6)], ask)).toEqual([]);
  expect(asked).toEqual([]);
});
