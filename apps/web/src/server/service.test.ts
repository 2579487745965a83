import { describe, expect, it } from "vitest";
import { loadOf, modelCard } from "./service.ts";

const body = {
  id: "tug-small",
  object: "model" as const,
  created: 0,
  owned_by: "tugboat",
  tugboat: {
    kind: "model" as const,
    state: "idle" as const,
    architecture: "llama",
    parameters: 15_740_000,
    contextLength: 512,
    quantisation: "q8_0",
    bytes: 17_000_000,
    licence: null,
    isDefault: true,
  },
};

describe("modelCard", () => {
  it("takes the state from health, which is newer, and leaves the unknown out", () => {
    const card = modelCard(body, { id: "tug-small", state: "ready", restarts: 0 });
    expect(card).toMatchObject({ id: "tug-small", state: "ready", parameters: 15_740_000, isDefault: true });
    expect([card.licence, card.hasChatTemplate, card.detail]).toEqual([undefined, undefined, undefined]);
  });

  it("says how far a load is and why a model failed", () => {
    const progress = { stage: "compile" as const, done: 3, total: 12 };
    expect(modelCard(body, { id: "x", state: "loading", restarts: 0, progress }).detail).toBe(
      "compiling kernels, 25 %",
    );
    expect(modelCard(body, { id: "x", state: "failed", restarts: 0, error: "No memory." })).toMatchObject({
      state: "failed",
      detail: "No memory.",
    });
    expect(modelCard(body, undefined).state).toBe("idle");
  });
});

describe("loadOf", () => {
  it("counts generations and not look-ups", () => {
    const load = loadOf(`
tugboat_requests_total{route="/v1/chat/completions",status="200",model="a"} 5
tugboat_requests_total{route="/v1/completions",status="503",model="a"} 1
tugboat_requests_total{route="/health",status="200",model=""} 900
tugboat_requests_in_flight{model="a"} 2
tugboat_tokens_total{model="a",kind="prompt"} 100
tugboat_tokens_total{model="a",kind="cached"} 40
tugboat_tokens_total{model="a",kind="completion"} 70
`);
    expect(load).toEqual({
      requests: 6,
      failed: 1,
      active: 2,
      promptTokens: 100,
      cachedTokens: 40,
      completionTokens: 70,
      ttftMs: undefined,
      ttftP95Ms: undefined,
    });
  });

  it("has nothing to say about somebody else's metrics", () => {
    expect(loadOf("go_goroutines 8\n")).toBeUndefined();
  });
});
