import { expect, it } from "vitest";
import { draftYaml } from "./draft-yaml.ts";

it("writes the document that a person would", () => {
  const draft = {
    name: "triage",
    instruction: 'Sort it: "now"',
    quality: 0.85,
    latencyMs: 400,
    cost: "0.02",
    prefer: "cost",
    measure: "accuracy",
  };
  const fields = { input: { message: "string" }, output: { queue: { enum: ["how-to", "bug", "no", "3"] } } };
  expect(draftYaml(draft, fields, "a b.csv")).toBe(`task: triage
instruction: "Sort it: \\"now\\""
input: { message: string }
output: { queue: { enum: [how-to, bug, "no", "3"] } }
examples: "a b.csv"
measure: accuracy
require: { accuracy: ">= 0.85", latency_p95: "<= 400ms", cost_per_1k: "<= 0.02 USD" }
prefer: cost
`);
  expect(draftYaml({ ...draft, quality: 0, latencyMs: 0, cost: "" }, fields, "x")).not.toContain("require");
  expect(draftYaml({ ...draft, measure: "tone" }, fields, "x")).toContain('measure: tone\nrequire: { tone: ">= 0.85"');
});
