import { describe, expect, it } from "vitest";
import type { ModelState, Overview } from "../service/types.ts";
import { homeAnswer } from "./answer.ts";

function up(...models: [string, ModelState][]): Overview {
  return {
    state: "up",
    apiUrl: "http://x",
    models: models.map(([id, state]) => ({ id, state })),
    named: [],
    history: [],
  };
}

describe("homeAnswer", () => {
  it.each([
    [up(["tug-small", "ready"]), "tug-small is live and healthy."],
    [up(["a", "ready"], ["b", "ready"], ["c", "idle"]), "a and b are live and healthy."],
    [up(["a", "ready"], ["b", "ready"], ["c", "ready"], ["d", "ready"]), "4 models are live and healthy."],
    [up(["a", "loading"], ["b", "idle"]), "a is loading."],
    [up(["a", "failed"], ["b", "ready"]), "a failed to load; one other is live."],
    [up(["a", "failed"], ["b", "failed"]), "2 models failed to load; no other is live."],
    [up(["a", "idle"]), "The service is healthy; a model loads when first asked."],
    [up(), "The service is healthy and has no model yet."],
  ])("says what matters most", (overview, sentence) => {
    expect(homeAnswer(overview)).toBe(sentence);
  });

  it("says that the service is down", () => {
    const down: Overview = { state: "down", apiUrl: "http://x", problem: { code: "x", message: "y" } };
    expect(homeAnswer(down)).toBe("Nothing is live: the inference service does not answer.");
  });
});
