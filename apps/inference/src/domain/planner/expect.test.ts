import type { PlannerRecordInfo } from "@tugboat/db";
import { seededRandom } from "@tugboat/statistics";
import { describe, expect, it } from "vitest";
import { type ModelFacts, predict, type TaskFacts } from "./cost-model.ts";
import { expectScore, type Field, type OwnWay, usualGuess, type Way } from "./expect.ts";
import type { Step } from "./plan.ts";

const facts = (name: string): ModelFacts => ({
  name,
  kind: "model",
  parameters: 15e6,
  contextLength: 512,
  prefillTps: 2000,
  decodeTps: 200,
  price: null,
  fits: true,
  tunedWith: null,
});
const task: TaskFacts = {
  shape: "labels-6",
  labels: ["a", "b", "c", "d"],
  examples: 30,
  inputTokens: 20,
  outputTokens: 2,
  instructionTokens: 12,
};
const steps = (model: string): Step[] => [
  { kind: "linear", model },
  { kind: "nearest", model, neighbours: 1 },
  { kind: "nearest", model, neighbours: 5 },
  ...[0, 2, 4, 8].map(
    (shots): Step => ({
      ...{ kind: "prompt", model, shots, choose: "coverage", embedder: null, wording: "own" },
      ...{ instruction: null, constrained: true, maxTokens: 8 },
    }),
  ),
];
const ways: Way[] = ["a", "b"].flatMap((name) => steps(name).map((step) => ({ step, model: facts(name) })));
const shotsOf = (step: Step) => (step.kind === "prompt" ? step.shots : 0);

/** How far ways stand out, whatever the task: classifiers ahead, prompts behind, one model better than the other. */
const offset = ({ model, step }: Way) =>
  (step.kind === "linear" ? 0.15 : step.kind === "nearest" ? 0.1 : -0.08) + (model.name === "b" ? 0.04 : -0.04);

function worldOf(seed: number) {
  const random = seededRandom(seed);
  const noise = () => 0.05 * (random() + random() - 1);
  const recordsOf = (taskId: string, level: number): PlannerRecordInfo[] =>
    ways.map((way) => ({
      ...{
        taskId,
        shape: "labels-6",
        model: way.model.name,
        family: way.step.kind,
        shots: shotsOf(way.step),
        examples: 20,
      },
      ...{
        guessedMs: 10,
        predictedMs: 10,
        measuredMs: 30,
        predictedScore: 0.5,
        predictedMicroUsd: 0,
        measuredMicroUsd: 0,
      },
      measuredScore: level + offset(way) + noise(),
    }));
  const truth = (level: number) => ways.map((way) => level + offset(way) + noise());
  return { recordsOf, truth };
}

describe("what a way is thought to be worth", () => {
  const usual = usualGuess(ways, task);

  it("grows no worse by tasks that were easier or harder, and much better once this one has answered", () => {
    const off = { cold: 0, warm: 0, own: 0 };
    const rounds = 20;
    for (let seed = 1; seed <= rounds; seed++) {
      const { recordsOf, truth } = worldOf(seed);
      const scores = truth(0.65);
      const history = [...recordsOf("hard", 0.3), ...recordsOf("easy", 0.8), ...recordsOf("middling", 0.5)];
      const own: OwnWay[] = ways
        .slice(0, 6)
        .map((way, i) => ({ ...way, score: scores[i]!, ms: 30, guessedMs: 10, examples: 8 }));
      const error = (records: readonly PlannerRecordInfo[], field: Field) =>
        ways
          .slice(6)
          .reduce((sum, way, i) => sum + Math.abs(expectScore(way, task, records, field) - scores[i + 6]!), 0) /
        (ways.length - 6);
      off.cold += error([], { usual, own: [] }) / rounds;
      off.warm += error(history, { usual, own: [] }) / rounds;
      off.own += error(history, { usual, own }) / rounds;
    }
    expect(off.warm).toBeLessThan(off.cold);
    expect(off.own).toBeLessThan(0.09);
  });

  it("keeps the order of the ways that earlier tasks have shown", () => {
    const { recordsOf } = worldOf(3);
    const history = ["one", "two", "three"].flatMap((id, i) => recordsOf(id, 0.3 + 0.2 * i));
    const expected = (way: Way) => expectScore(way, task, history, { usual, own: [] });
    const [linear, , , zero] = ways;
    expect(expected(linear!)).toBeGreaterThan(expected(zero!) + 0.1);
    for (const way of ways) {
      expect(expected(way)).toBeGreaterThanOrEqual(0);
      expect(expected(way)).toBeLessThanOrEqual(1);
    }
  });

  it("learns how far its times were off from guesses, not from what it had corrected already", () => {
    const { recordsOf } = worldOf(5);
    const [way] = ways;
    const guessed = predict(way!, task, []).ms;
    let records: PlannerRecordInfo[] = [];
    for (let round = 0; round < 6; round++) {
      const { guessedMs, ms } = predict(way!, task, records);
      // It takes three times as long as speed and tokens say, however often that was learnt.
      const [one] = recordsOf(`t${round}`, 0.5);
      records = [...records, { ...one!, guessedMs, predictedMs: ms, measuredMs: guessed * 3 }];
    }
    expect(predict(way!, task, records).ms / guessed).toBeGreaterThan(2.5);
    expect(predict(way!, task, records).ms / guessed).toBeLessThan(3.1);
  });
});
