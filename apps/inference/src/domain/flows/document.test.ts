// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references in a flow look like this
import { describe, expect, it } from "vitest";
import type { KnownNames } from "./check.ts";
import { flowChanges, readFlowYaml } from "./document.ts";
import { FlowError } from "./errors.ts";
import { graphOf } from "./graph.ts";

const names: KnownNames = {
  tasks: new Map([["triage", { input: { message: "string" }, output: { queue: { enum: ["billing", "bug"] } } }]]),
  models: new Set(["tug-small"]),
  prompts: new Set(["reply"]),
  collections: new Set(["docs"]),
};

const whole = `flow: answer
input: { question: string }
steps:
  sort:
    task: triage
    input: { message: "\${input.question}" }
  find:
    retrieve: docs
    query: \${input.question}
    try: [{ by: words }, { by: hybrid, top: 3 }]
  each:
    map: \${find.passages}
    as: passage
    steps:
      ask:
        model: tug-small
        prompt: "Does this answer \${input.question}? \${passage.text}"
        output: { yes: boolean }
    output: { yes: "\${ask.yes}", source: "\${passage.source}" }
  choose:
    branch: \${sort.queue}
    cases:
      billing: { output: { text: "Ask billing." } }
      bug:
        steps:
          check: { approve: "Tell them of the bug?", refused: go-on }
        output: { text: "\${check.note}" }
  polish:
    loop: { text: "\${choose.text}", good: false }
    most: 3
    until: \${loop.good}
    steps:
      improve:
        code: |
          function run({ text }) { return { text: text + "!", good: text.length > 3 }; }
        with: { text: "\${loop.text}" }
        output: { text: string, good: boolean }
    output: { text: "\${improve.text}", good: "\${improve.good}" }
output: { answer: "\${polish.text}", sources: "\${each.items}" }
`;

/** The same with the fields of every object in the opposite order. */
function reversed<T>(value: T): T {
  return JSON.parse(JSON.stringify(value), (_, one: unknown) =>
    typeof one === "object" && one !== null && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one).reverse())
      : one,
  );
}

function problemOf(yaml: string): FlowError {
  try {
    readFlowYaml(yaml, names);
  } catch (error) {
    if (error instanceof FlowError) return error;
    throw error;
  }
  throw new Error("nothing was wrong with it");
}

/** The document with one line changed, and what is said of it. */
function broken(line: string, by: string): [string, number | undefined] {
  const changed = whole.replace(line, by);
  expect(changed).not.toBe(whole);
  const { message, place } = problemOf(changed);
  return [message, place?.line];
}

describe("a flow", () => {
  it("is read, with its graph and what it gives", () => {
    const { checked, document } = readFlowYaml(whole, names);
    const steps = graphOf(document, checked.steps);
    expect(steps.map(({ needs, path }) => [path, needs])).toEqual([
      ["sort", []],
      ["find", []],
      ["each", ["find"]],
      ["each.ask", []],
      ["choose", ["sort"]],
      ["choose.bug.check", []],
      ["polish", ["choose"]],
      ["polish.improve", []],
    ]);
    expect(steps.find(({ path }) => path === "find")?.ways).toEqual(["by words", "by hybrid, top 3"]);
    expect(checked.output).toEqual({
      object: {
        answer: "string",
        sources: { list: { object: { yes: "boolean", source: "string" } } },
      },
    });
  });

  it("tells line by line what a new document changes", () => {
    const before = readFlowYaml(whole, names).document;
    expect(flowChanges(before, readFlowYaml(`# a comment\n${whole}`, names).document)).toEqual([]);
    // As the database gives it back: fields in another order.
    expect(flowChanges(reversed(before), before)).toEqual([]);
    const after = readFlowYaml(whole.replace("most: 3", "most: 4"), names).document;
    expect(flowChanges(before, after)).toEqual(["~ steps.polish.most: 3 → 4"]);
  });
});

describe("what is wrong is told with its line", () => {
  it.each<[string, string, RegExp, number]>([
    ["    task: triage", "    task: triaje", /there is no task triaje/, 5],
    ["        model: tug-small", "        model: tug-huge", /there is no model tug-huge/, 16],
    ["    retrieve: docs", "    retrieve: books", /there is no collection books/, 8],
    ["    map: ${find.passages}", "    map: ${find.pages}", /\$\{find\} has no pages/, 12],
    ["    map: ${find.passages}", "    map: ${input.question}", /a list is wanted/, 12],
    ['{ message: "${input.question}" }', "{ message: 3 }", /it is integer, and text is wanted/, 6],
    ['{ message: "${input.question}" }', '{ text: "x" }', /message is missing/, 6],
    ['{ message: "${input.question}" }', '{ message: "${polish.text}" }', /wait in a circle: sort waits for/, 5],
    ["    most: 3", "    most: 3000", /At most 100 rounds/, 30],
    ["    until: ${loop.good}", "    until: ${loop.text}", /it is text, and boolean is wanted/, 31],
    ["      billing: { output", "      sales: { output", /sales never comes/, 24],
    ["    as: passage", "    az: passage", /az is not known here/, 13],
    ["{ by: hybrid, top: 3 }", "{ by: magic }", /hybrid, words or meaning/, 10],
    ['output: { answer: "${polish.text}"', 'output: { answer: "${polish.txt"', /is no reference/, 38],
    ["function run({ text })", "function go({ text })", /declares no function run/, 34],
  ])("%s → %s", (line, by, message, at) => {
    const [said, place] = broken(line, by);
    expect(said).toMatch(message);
    expect(Math.abs((place ?? 0) - at), `${said}`).toBeLessThanOrEqual(3);
    expect(said).toContain(`Line ${place}`);
  });

  it("also where it is no YAML, and no flow", () => {
    expect(problemOf("flow: [").place?.line).toBe(1);
    expect(problemOf("flow: x\ninput: { a: text }\nsteps: {}\noutput: 1").message).toMatch(/string, number/);
    expect(problemOf("flow: x\ninput: { a: string }\nsteps: { b: { jump: 1 } }\noutput: 1").message).toMatch(
      /does not say what it does/,
    );
    expect(problemOf("- 1").message).toBeTruthy();
    expect(problemOf("").message).toBeTruthy();
  });
});
