import { describe, expect, it } from "vitest";
import type { ModelFacts } from "../domain/planner/cost-model.ts";
import { parseTaskYaml } from "../domain/tasks/document.ts";
import { baseFor } from "./tune.ts";

const task = (output: string, prefer = "cost") =>
  parseTaskYaml(
    `task: t\ninstruction: Sort it.\ninput: { message: string }\noutput: ${output}\nexamples: x.csv\nprefer: ${prefer}\n`,
  );
const labels = "{ queue: { enum: [a, b] } }";
const model = (name: string, more: Partial<ModelFacts> = {}): ModelFacts => ({
  ...{ name, kind: "model", parameters: 15e6, contextLength: 512, prefillTps: 2000, decodeTps: 200, price: null },
  ...{ fits: true, tunedWith: null },
  ...more,
});
const models = [model("small"), model("large", { parameters: 50e6 }), model("far/off", { kind: "upstream" })];
const ask = { document: task(labels), learnt: 30, leftMs: 200_000, models, report: { met: false, entries: [] } };

describe("a tuning run for a task", () => {
  it("is begun where what was found falls short and examples and time allow one", () => {
    expect(baseFor(ask)).toBe("large");
    expect(baseFor({ ...ask, leftMs: 60_000 })).toBeUndefined();
    expect(baseFor({ ...ask, learnt: 12 })).toBeUndefined();
    expect(baseFor({ ...ask, report: { met: true, entries: [] } })).toBeUndefined();
    expect(baseFor({ ...ask, document: task(labels, "quality"), report: { met: true, entries: [] } })).toBe("large");
    expect(baseFor({ ...ask, document: task("{ a: string, b: number }") })).toBeUndefined();
  });

  it("is of a model that lies here, is not tuned already and not deprecated", () => {
    expect(baseFor({ ...ask, models: [model("far/off", { kind: "upstream" })] })).toBeUndefined();
    const others = [
      model("tuned", { tunedWith: "Sort it." }),
      model("huge", { fits: false }),
      model("old", { retired: "It ends." }),
    ];
    expect(baseFor({ ...ask, models: others })).toBeUndefined();
    expect(baseFor({ ...ask, models: [...others, model("small")] })).toBe("small");
  });
});
