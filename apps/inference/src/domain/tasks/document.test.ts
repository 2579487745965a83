import { describe, expect, expectTypeOf, it } from "vitest";
import { defineTask } from "./define-task.ts";
import { documentChanges, parseTaskYaml, taskYaml } from "./document.ts";
import { TaskError } from "./errors.ts";
import { examplesOfRecords, examplesOfRows } from "./examples.ts";
import { objectSchemaOf } from "./fields.ts";
import { scoreAnswer } from "./score.ts";

const yaml = `task: support-triage
instruction: Sort the customer's message into one queue.
input: { message: string }
output: { queue: { enum: [billing, bug, how-to, other] } }
examples: support-triage@latest        # a dataset version
measure: accuracy
require: { accuracy: ">= 0.85", latency_p95: "<= 400ms", cost_per_1k: "<= 0.02 USD" }
prefer: cost
`;

it("reads a task as it is written", () => {
  const document = parseTaskYaml(yaml);
  expect(document.require).toEqual({ quality: 0.85, latencyP95Ms: 400, costPer1kUsd: 0.02 });
  expect(document.confidence).toBe(0.8);
  expect(objectSchemaOf(document.output)).toMatchObject({
    properties: { queue: { enum: ["billing", "bug", "how-to", "other"] } },
  });
  expect(parseTaskYaml(taskYaml(document))).toEqual(document);
  expect(documentChanges(document, parseTaskYaml(yaml.replace("400ms", "0.5 s")))).toEqual([
    "~ require.latencyP95Ms: 400 → 500",
  ]);
  expect(documentChanges(document, document)).toEqual([]);
});

describe("what can't be is told with its line", () => {
  const problem = (text: string): TaskError => {
    try {
      parseTaskYaml(text);
    } catch (error) {
      if (error instanceof TaskError) return error;
      throw error;
    }
    throw new Error("it was taken");
  };
  it.each([
    ['">= 0.85"', '">= 1.2"', 7, /a score is at most 1|can't be held/],
    ['">= 0.85"', '"<= 0.85"', 7, /can't be held/],
    ['"<= 400ms"', '"<= 0ms"', 7, /can't be held/],
    ['"<= 400ms"', '"<= 400"', 7, /can't be held/],
    ["latency_p95", "latency", 7, /latency is not known/],
    ["accuracy:", "score: '>= 0.8', accuracy:", 7, /says again/],
    ["measure: accuracy", "measure: overlap", 7, /accuracy is required, but overlap is measured/],
    ["billing, bug", "billing, billing", 4, /"billing" is there twice/],
    ["[billing, bug, how-to, other]", "[billing]", 4, /two values or more/],
    ["message: string", "message: text", 3, /string, number/],
    ["message: string", "queue: string", 4, /both asked and answered/],
    ["instruction: Sort the customer's message into one queue.\n", "", 1, /instruction: Say in a sentence/],
    ["prefer: cost", "prefer: cheap", 8, /prefer: It is quality, latency or cost/],
    ["task: support-triage", "task: Support Triage", 1, /small letters/],
    ["prefer: cost", "prefers: cost", 8, /prefers is not known here/],
    ["output: {", "output: [", 4, /./],
    ["task: support-triage\n", "task: support-triage\ntask: again\n", 2, /./],
  ])("%s → %s", (before, after, line, says) => {
    expect(yaml).toContain(before);
    const error = problem(yaml.replace(before, after));
    expect(error.message).toMatch(says);
    expect(error.hint).not.toBe("");
    expect([error.message, error.place?.line]).toEqual([error.message, line]);
  });

  it("also for what is no document at all", () => {
    for (const text of ["", "- a\n- b", "{", "task: 3", "a: *b"]) expect(problem(text).code).toBe("bad-document");
  });
});

it("infers the types of what a task takes and gives", () => {
  const triage = defineTask({
    task: "triage",
    instruction: "Sort it.",
    input: { message: "string", stars: "integer" },
    output: { queue: { enum: ["billing", "bug"] }, tags: { list: "string" } },
    examples: "triage@latest",
    require: { accuracy: ">= 85 %" },
  });
  expect(triage.document.require.quality).toBe(0.85);
  expectTypeOf<Parameters<typeof triage.call>[0]>().toEqualTypeOf<{
    readonly message: string;
    readonly stars: number;
  }>();
  expectTypeOf<Awaited<ReturnType<typeof triage.call>>>().toEqualTypeOf<{
    readonly queue: "billing" | "bug";
    readonly tags: string[];
  }>();
});

describe("examples", () => {
  const document = parseTaskYaml(yaml);
  it("come of rows whose columns are named alike, and of records", () => {
    const rows = { columns: ["id", "queue", "message"], rows: [["1", " bug ", "It crashes"]] };
    const [one] = examplesOfRows(rows, document);
    expect(one).toMatchObject({ input: { message: "It crashes" }, expected: { queue: "bug" } });
    for (const record of [
      { input: "It crashes", expected: "bug" },
      { input: { message: "It crashes" }, expected: { queue: "bug" } },
    ]) {
      expect(examplesOfRecords([record], document)[0]?.digest).toBe(one?.digest);
    }
  });
  it("that do not fit say which and why", () => {
    expect(() =>
      examplesOfRows(
        {
          columns: ["message", "queue"],
          rows: [
            ["a", "bug"],
            ["b", "bugs"],
          ],
        },
        document,
      ),
    ).toThrow(/Example 2: queue: It must be one of/);
    expect(() => examplesOfRows({ columns: ["text", "queue"], rows: [["a", "bug"]] }, document)).toThrow(
      /no column message/,
    );
  });
  it("are judged field by field", () => {
    expect(scoreAnswer("accuracy", { a: 1, b: "x" }, { a: 1, b: "y" })).toBe(0.5);
    expect(scoreAnswer("accuracy", undefined, { a: 1 })).toBe(0);
    expect(scoreAnswer("overlap", { a: "the red car" }, { a: "a red car" })).toBeCloseTo(2 / 3);
  });
});
