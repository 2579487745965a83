import { expect, it } from "vitest";
import { newUpstream, upstreamInput } from "./upstream-draft.ts";

it("sends a secret only when one was typed, and null only to take it away", () => {
  expect(upstreamInput({ ...newUpstream, secret: " sk-1 " })).toMatchObject({ secret: "sk-1" });
  expect(upstreamInput(newUpstream)).not.toHaveProperty("secret");
  expect(upstreamInput({ ...newUpstream, forgetSecret: true })).toMatchObject({ secret: null });
});

it("reads lines of headers and models, and seconds", () => {
  const input = upstreamInput({
    ...newUpstream,
    headers: "x-team: a\n\n x-url : http://b:1 \nnonsense",
    extraModels: " a\nb\n\na",
    idleS: "2.5",
  });
  expect(input.headers).toEqual({ "x-team": "a", "x-url": "http://b:1", nonsense: "" });
  expect(input.extraModels).toEqual(["a", "b"]);
  expect(input.idleTimeoutMs).toBe(2500);
});
