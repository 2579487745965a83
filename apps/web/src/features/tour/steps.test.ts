import type { Permission } from "@tugboat/inference/trpc";
import { expect, it } from "vitest";
import { fromQuery } from "../playground/address.ts";
import { addressOf, stepCalled, stepsFor } from "./steps.ts";

it("shows each role what it can do, and ends with an answer", () => {
  const all = stepsFor(() => true);
  expect(all.map(({ id }) => id)).toEqual(["served", "key", "invite", "ask"]);
  const expert = stepsFor((permission: Permission) => permission === "inference:run");
  expect(expert.map(({ id }) => id)).toEqual(["served", "ask"]);
  expect(stepsFor(() => false).map(({ id }) => id)).toEqual(["served"]);
});

it("goes on where a role still can", () => {
  const viewer = stepsFor(() => false);
  expect(stepCalled(viewer, "ask")?.id).toBe("served");
  expect(
    stepCalled(
      stepsFor(() => true),
      "invite",
    )?.id,
  ).toBe("invite");
});

it("opens the playground with a question that only has to be sent", () => {
  const ask = stepsFor(() => true).find(({ id }) => id === "ask");
  const address = new URL(ask ? addressOf(ask) : "/", "http://console.example");
  expect(address.pathname).toBe("/playground");
  expect(fromQuery(address.search).draft).toContain("animal, food, plant");
});
