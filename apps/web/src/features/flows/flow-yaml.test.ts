// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references in a flow look like this
import { describe, expect, it } from "vitest";
import {
  addStep,
  connectSteps,
  disconnectSteps,
  drawnSteps,
  readFields,
  removeStep,
  renameStep,
  setField,
  stepValue,
} from "./flow-yaml.ts";
import { kinds } from "./step-kinds.ts";

const yaml = `# What it is for.
flow: test
input: { question: string }
steps:
  # Three are enough.
  find: { retrieve: docs, query: "\${input.question}", top: 3 }
  count:
    code: |
      function run({ passages }) { return { n: passages.length, text: \`\${find.of}\` }; }
    with: { passages: "\${find.passages}" }
    output: { n: integer }
  ask:
    approve: Are \${count.n} passages enough? $\${find.no}
    after: find
output: { n: "\${count.n}" }
`;

describe("a flow's text on the canvas", () => {
  it("has steps with what they use of each other, and their lines", () => {
    expect(drawnSteps(yaml)).toEqual([
      { name: "find", kind: "retrieve", needs: [], fromLine: 6, toLine: 6 },
      { name: "count", kind: "code", needs: [{ step: "find", uses: ["passages"] }], fromLine: 7, toLine: 11 },
      {
        name: "ask",
        kind: "approve",
        needs: [
          { step: "count", uses: ["n"] },
          { step: "find", uses: [] },
        ],
        fromLine: 12,
        toLine: 14,
      },
    ]);
    expect(drawnSteps("steps: [")).toBeUndefined();
    expect(drawnSteps("flow: x")).toBeUndefined();
    expect(stepValue(yaml, "find")).toMatchObject({ retrieve: "docs", top: 3 });
  });

  it("takes a step of each kind, and keeps what a person wrote beside it", () => {
    for (const kind of kinds) {
      const { name, text } = addStep(yaml, kind);
      expect(name).toBe(kind);
      expect(drawnSteps(text)?.at(-1)).toMatchObject({ name, kind });
      expect(text).toContain("# What it is for.");
      expect(text).toContain("# Three are enough.");
      expect(addStep(text, kind).name).toBe(`${kind}-2`);
    }
    expect(drawnSteps(addStep("flow: x\n", "code").text)).toHaveLength(1);
  });

  it("connects and disconnects, and leaves references alone", () => {
    const connected = connectSteps(yaml, "find", "count");
    expect(stepValue(connected, "count").after).toEqual(["find"]);
    expect(connectSteps(connected, "find", "count")).toBe(connected);
    const apart = disconnectSteps(connected, "find", "count");
    expect(stepValue(apart, "count").after).toBeUndefined();
    expect(drawnSteps(apart)?.[1]?.needs).toEqual([{ step: "find", uses: ["passages"] }]);
  });

  it("renames a step wherever it is meant, but not in code", () => {
    const renamed = renameStep(yaml, "find", "search");
    expect(drawnSteps(renamed)?.map(({ name }) => name)).toEqual(["search", "count", "ask"]);
    expect(renamed).toContain("${search.passages}");
    expect(renamed).toContain("`${find.of}`");
    expect(renamed).toContain("$${find.no}");
    expect(stepValue(renamed, "ask").after).toEqual(["search"]);
    expect(renameStep(yaml, "find", "count")).toBe(yaml);
    expect(renameStep(yaml, "find", "Not A Name")).toBe(yaml);
  });

  it("removes a step and waits for it no more", () => {
    const rest = removeStep(yaml, "find");
    expect(drawnSteps(rest)?.map(({ name }) => name)).toEqual(["count", "ask"]);
    expect(stepValue(rest, "ask").after).toBeUndefined();
  });

  it("sets and takes out fields", () => {
    expect(stepValue(setField(yaml, "find", ["top"], 8), "find").top).toBe(8);
    expect(stepValue(setField(yaml, "count", ["with", "n"], 1), "count").with).toMatchObject({ n: 1 });
    expect(stepValue(setField(yaml, "find", ["top"], undefined), "find").top).toBeUndefined();
    expect(readFields("{ a: string }")).toEqual({ value: { a: "string" } });
    expect(readFields("")).toEqual({ value: undefined });
    expect(readFields("{ a: ")).toBeUndefined();
  });
});
