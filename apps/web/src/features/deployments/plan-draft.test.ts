import { describe, expect, it } from "vitest";
import { changesOf, draftOf, isBeyondForm, planOf } from "./plan-draft.ts";
import type { Choice, Target } from "./types.ts";

const small: Target = { kind: "model", model: "small", upstreamId: null, name: "small", health: "ready" };
const upstreamId = "00000000-0000-7000-8000-000000000001";
const echo: Target = { kind: "upstream", model: "echo", upstreamId, name: "lab/echo", health: "ready" };
const choices: Choice[] = [
  { key: "model:small", name: "small", target: { kind: "model", model: "small" } },
  { key: `upstream:${upstreamId}:echo`, name: "lab/echo", target: { kind: "upstream", upstreamId, model: "echo" } },
];
const canary = {
  split: [
    { target: echo, share: 10 },
    { target: small, share: 90 },
  ],
  failover: [small],
};

describe("the plan of an alias", () => {
  it("comes through the form unchanged", () => {
    const draft = draftOf(canary);
    expect(draft).toMatchObject({ main: "model:small", share: 10, failover: "model:small" });
    const plan = planOf(draft, choices);
    expect(plan?.split.map(({ share, target }) => [target.model, share])).toEqual([
      ["small", 90],
      ["echo", 10],
    ]);
    expect(changesOf(canary, plan, choices)).toEqual([]);
  });

  it("is none without a target, and whole without a canary or with the same one twice", () => {
    expect(planOf({ main: "", canary: "", share: 10, failover: "" }, choices)).toBeUndefined();
    for (const twice of ["", "model:small"]) {
      expect(planOf({ main: "model:small", canary: twice, share: 10, failover: "" }, choices)?.split).toEqual([
        { target: { kind: "model", model: "small" }, share: 100 },
      ]);
    }
  });

  it("tells whose share changes", () => {
    const after = planOf({ ...draftOf(canary), share: 40 }, choices);
    expect(changesOf(canary, after, choices)).toEqual([
      { name: "small", before: 90, after: 60 },
      { name: "lab/echo", before: 10, after: 40 },
    ]);
    expect(changesOf(undefined, planOf({ ...draftOf(canary), canary: "" }, choices), choices)).toEqual([
      { name: "small", before: 0, after: 100 },
    ]);
  });

  it("says what the form can't hold", () => {
    expect(isBeyondForm(canary)).toBe(false);
    expect(isBeyondForm({ ...canary, failover: [small, echo] })).toBe(true);
  });
});
