import { expect, it } from "vitest";
import { chatBodyOf, saidBy } from "./messages.ts";

const task = { name: "queues", model: "task:queues", temperature: 0, maxTokens: 16 };

it("takes a task's only field for its answer where the example says one text", () => {
  expect(saidBy(task, '{"queue":"billing"}', "billing")).toBe("billing");
  expect(saidBy(task, '{"stars":4}', "4")).toBe("4");
  // Both as they are: fields are expected, there are several, or no JSON came.
  expect(saidBy(task, '{"queue":"billing"}', { queue: "billing" })).toBe('{"queue":"billing"}');
  expect(saidBy(task, '{"queue":"billing","sure":true}', "billing")).toBe('{"queue":"billing","sure":true}');
  expect(saidBy(task, "billing", "billing")).toBe("billing");
  // A model that writes JSON has written JSON.
  expect(saidBy({ model: "tug-small" }, '{"queue":"billing"}', "billing")).toBe('{"queue":"billing"}');
});

it("gives a task the example's fields, and a model their text", () => {
  const input = { message: "Where is it?" };
  expect(chatBodyOf(task, input)).toMatchObject({ variables: input });
  const asked = chatBodyOf({ ...task, model: "tug-small", instruction: "Sort: {{message}}" }, input);
  expect(asked).toMatchObject({ messages: [{ role: "user", content: "Sort: Where is it?" }] });
});
