import type { NewTaskMeasurement } from "@tugboat/db";
import { describe, expect, it } from "vitest";
import type { Answer } from "../domain/asking/answer.ts";
import type { ModelFacts } from "../domain/planner/cost-model.ts";
import { explainTree } from "../domain/planner/explain.ts";
import { parseTaskYaml } from "../domain/tasks/document.ts";
import { examplesOfRows, inputText } from "../domain/tasks/examples.ts";
import { scoreAnswer } from "../domain/tasks/score.ts";
import { basisOf, factsOf, splitTask } from "./examples-split.ts";
import type { Score } from "./measure.ts";
import { Planning, type PlanningInput } from "./planning.ts";
import { runPlan } from "./run-plan.ts";
import { type AskModel, preparePlan, StepError } from "./run-step.ts";

const labels = ["billing", "bug", "delivery", "how-to"];

function taskOf(require: string, prefer = "cost") {
  return parseTaskYaml(
    `task: triage\ninstruction: Sort it.\ninput: { message: string }\noutput: { queue: { enum: [${labels.join(", ")}] } }\nexamples: x.csv\nrequire: ${require}\nprefer: ${prefer}\n`,
  );
}

const model = (name: string): ModelFacts => ({
  ...{ name, kind: "model", parameters: 15e6, contextLength: 4096, prefillTps: 2000, decodeTps: 200, fits: true },
  ...{ price: null, tunedWith: null },
});

/** What a text is about is its second word; how hard it is, its first. */
const rows = Array.from({ length: 120 }, (_, i) => {
  const label = labels[i % labels.length]!;
  return [`${Math.floor(i / 4) % 3 > 0 ? "easy" : "hard"} ${label} ${(i * 7919) % 9973}`, label];
});

const answered = (more: Partial<Extract<Answer, { ok: true }>>, latencyMs: number): Answer => ({
  ...{ ok: true, id: "", text: "", finishReason: "stop", calls: [], logprobs: undefined, vectors: [] },
  ...{ usage: { inputTokens: 10, cachedTokens: 0, outputTokens: 1 }, latencyMs, queueMs: 0 },
  ...{ costMicroUsd: latencyMs, plan: undefined, body: {} },
  ...more,
});

/** The message of the last turn that is asked about. */
function messageOf(body: object): string {
  const said = JSON.stringify(body);
  return /(easy|hard) [a-z-]+ \d+(?!.*(easy|hard) [a-z-]+ \d+)/.exec(said)?.[0] ?? "";
}

/**
 * `small` answers what is easy and guesses the rest; `large` answers nearly all and takes ten times as long. Embeddings say
 * how hard a text is, and nothing of its label.
 */
const ask: AskModel = async ({ body, endpoint }) => {
  if (endpoint === "/v1/embeddings") {
    const inputs = "input" in body ? [body.input].flat() : [];
    const vectors = inputs.map((one) => [
      String(one).startsWith("easy") ? 1 : -1,
      (Number(/\d+/.exec(String(one))?.[0]) % 7) / 7,
      0.5,
    ]);
    return answered({ vectors }, 2);
  }
  const name = "model" in body ? body.model : "";
  const [how, label = "", number = "0"] = messageOf(body).split(" ");
  const isRight = name === "large" ? Number(number) % 20 !== 0 : how === "easy" || Number(number) % 4 === 0;
  const text = isRight ? label : labels[(labels.indexOf(label) + 1) % labels.length]!;
  return answered({ text }, name === "large" ? 100 : 10);
};

interface Setting {
  readonly require?: string;
  readonly prefer?: string;
  readonly ask?: AskModel;
  readonly score?: Score;
  readonly kept?: PlanningInput["kept"];
  readonly names?: readonly string[];
  readonly spentMs?: () => number;
}

async function planned(setting: Setting = {}) {
  const document = taskOf(setting.require ?? '{ accuracy: ">= 0.8" }', setting.prefer);
  const examples = examplesOfRows({ columns: ["message", "queue"], rows }, document);
  const split = splitTask(examples, document);
  const kept: NewTaskMeasurement[] = [];
  const score: Score = async (answer, { expected }) => scoreAnswer("accuracy", answer.output, expected);
  const planning = new Planning({
    ...{ document, split, facts: factsOf(examples, split, document), basis: basisOf(document, split) },
    models: (setting.names ?? ["small", "large"]).map(model),
    ...{ records: [], kept: setting.kept ?? [], served: undefined, asked: 0 },
    ...{ budgetMs: 60_000, spentMs: setting.spentMs ?? (() => 0) },
    ask: setting.ask ?? ask,
    score: setting.score ?? score,
    keep: async (measured) => void kept.push(...measured),
    signal: new AbortController().signal,
  });
  const found = await planning.run();
  const report = planning.report(found, { version: 1, examples: "x", device: "" });
  return { document, split, planning, report, kept };
}

describe("a planning", () => {
  it("finds a route where the input says which way is enough, and the route serves as it was measured", async () => {
    const { document, planning, report, split } = await planned();
    const route = report.entries.find(({ spec }) => spec.kind === "route")!;
    expect(route.spec).toMatchObject({ kind: "route" });
    const large = report.entries.find(({ complete, name }) => complete && name.startsWith("large"))!;
    expect(route.figures.costPer1kUsd).toBeLessThan(0.7 * large.figures.costPer1kUsd);
    expect(route.figures.score).toBeGreaterThan(large.figures.score - 0.05);
    const tree = explainTree(report, route, undefined);
    expect(tree).toContain("└─ route");
    expect(tree).toMatch(/classifier on embeddings \(\w+\) +chooses before anything is asked/);

    const plan = preparePlan(route.spec, planning.artifact(route), document);
    let right = 0;
    const asked = new Map<boolean, number>();
    for (const { expected, input } of split.heldOut) {
      const answer = await runPlan(plan, input, ask);
      // It looks, and asks one of both: never both.
      expect(answer.steps).toHaveLength(2);
      expect(answer.steps[0]?.name).toContain("classifier on embeddings");
      asked.set(answer.escalated, (asked.get(answer.escalated) ?? 0) + 1);
      right += scoreAnswer("accuracy", answer.output, expected);
      if (inputText(input).startsWith("easy")) expect(answer.escalated).toBe(false);
    }
    expect(asked.size).toBe(2);
    expect(right / split.heldOut.length).toBeGreaterThan(large.figures.score - 0.05);
  });

  it("goes on where it was stopped, and asks nothing twice", async () => {
    const whole = await planned();
    const half = whole.kept.slice(0, Math.floor(whole.kept.length / 2));
    const again = await planned({ kept: half.map((one) => ({ ...one, answer: {} })) });
    const key = ({ candidate, example }: NewTaskMeasurement) => `${candidate} ${example}`;
    const known = new Set(half.map(key));
    expect(again.kept.some((one) => known.has(key(one)))).toBe(false);
    expect(again.report.entries[0]?.key).toBe(whole.report.entries[0]?.key);
    // With every answer kept nothing was embedded on the way, and each plan is kept with its examples all the same.
    const all = await planned({ kept: whole.kept.map((one) => ({ ...one, answer: {} })) });
    await all.planning.complete(all.report, 20);
    for (const entry of all.report.entries) expect(all.planning.artifact(entry).steps.length).toBeGreaterThan(0);
  });

  it("keeps what it has when the time is over", async () => {
    let calls = 0;
    const { report } = await planned({
      ask: async (request) => {
        calls++;
        return ask(request);
      },
      spentMs: () => (calls > 40 ? 61_000 : 0),
    });
    expect(report.cutShort).toBe(true);
    expect(report.entries.length).toBeGreaterThan(0);
    expect(report.notTried.some(({ why }) => why === "the time was over")).toBe(true);
  });

  it("finds the nearest plan to requirements that contradict each other, and what would have to change", async () => {
    const { report } = await planned({ require: '{ accuracy: ">= 0.99", latency_p95: "<= 20 ms" }' });
    expect(report.met).toBe(false);
    expect(report.sentence).toMatch(/^Cannot be met so far\. The nearest: /);
    expect(report.advice.length).toBeGreaterThan(0);
  });

  it("goes on without an upstream that dies in the middle, and says so", async () => {
    let calls = 0;
    const { report } = await planned({
      ask: async (request) => {
        const isLarge = "model" in request.body && request.body.model === "large";
        if (isLarge && ++calls > 12) {
          const why = { status: 502, code: "upstream_unreachable", message: "large can't be reached." };
          return { ok: false, id: "", again: false, latencyMs: 1, ...why };
        }
        return ask(request);
      },
    });
    const [chosen] = report.entries;
    expect(chosen?.complete).toBe(true);
    expect(chosen?.name).toMatch(/small/);
    const said = [...report.entries.map(({ why }) => why ?? ""), ...report.notTried.map(({ why }) => why)];
    expect(said.some((why) => why.includes("large can't be reached."))).toBe(true);
  });

  it("finds nothing when the evaluator fails for everything, and says which and why", async () => {
    const { report } = await planned({
      score: async () => {
        throw new StepError("helpfulness", 500, "evaluator", "The judge gave no score.");
      },
    });
    expect(report.entries).toEqual([]);
    expect(report.sentence).toBe("Nothing could be measured for triage.");
    expect(report.notTried.some(({ why }) => why.includes("helpfulness: The judge gave no score."))).toBe(true);
  });

  it("plans with the examples that there were when it began, whatever becomes of them meanwhile", async () => {
    const { document, split } = await planned();
    const more = examplesOfRows({ columns: ["message", "queue"], rows: rows.slice(0, 100) }, document);
    const later = splitTask(more, document);
    // What is measured is named with what may be learnt from: other examples are other measurements.
    expect(basisOf(document, later).learnt).not.toBe(basisOf(document, split).learnt);
    const { kept } = await planned();
    const held = new Set([...split.heldOut, ...split.calibration].map(({ digest }) => digest));
    expect(kept.every(({ example }) => held.has(example))).toBe(true);
  });
});
