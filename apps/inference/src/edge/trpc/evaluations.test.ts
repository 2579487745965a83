import { seededRandom, selfStarting } from "@tugboat/statistics";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Ask } from "../../domain/asking/ask.ts";
import {
  advanced,
  monitorsOf,
  type OnlineMonitor,
  onlineSetting,
  sweepOnline,
} from "../../domain/evaluations/online.ts";
import { sweepRules } from "../../domain/evaluations/rules.ts";
import { JobChanges } from "../../jobs/changes.ts";
import { evaluationRun } from "../../jobs/kinds/evaluations-run.ts";
import { startJobs } from "../../jobs/platform.ts";
import { type ManagementFixture, type Person, startManagement, wordsModel } from "../../testing/management.ts";
import { WorkRequests } from "../openai/work-requests.ts";

let fixture: ManagementFixture;
let owner: Person;
let expert: Person;
let jobs: Awaited<ReturnType<typeof startJobs>>;
let asked = 0;

beforeAll(async () => {
  fixture = await startManagement();
  owner = await fixture.enter("Olga", fixture.scope, "owner");
  expert = await fixture.enter("Eva", fixture.scope, "expert");
  const requests = new WorkRequests(fixture.edge);
  const ask: Ask = (request) => {
    asked++;
    return requests.ask(request);
  };
  jobs = await startJobs({
    database: fixture.database,
    changes: new JobChanges(fixture.database.jobs),
    kinds: [evaluationRun],
    services: {
      home: fixture.home,
      hub: { endpoint: "http://127.0.0.1:1" },
      training: { device: "cpu", threads: 1, kernelCache: fixture.home },
      ask,
    },
    log: pino({ level: "silent" }),
  });
  // The model answers "word0 word1 …": one token is right for these, two are wrong.
  const { id } = await fixture.scope.datasets.create({ name: "words-set", createdBy: owner.userId });
  await fixture.scope.datasets.append(
    id,
    Array.from({ length: 12 }, (_, i) => ({
      input: { message: `number ${i}` },
      expected: "word0",
      tags: [i < 4 ? "few" : "many"],
    })),
    { createdBy: owner.userId },
  );
}, 60_000);
afterAll(async () => {
  await jobs?.close();
  await fixture?.close();
});

const short = { name: "short", model: "words", maxTokens: 1 };
const long = { name: "long", model: "words", maxTokens: 2 };

async function finished(input: object) {
  const { body, status } = await fixture.call(expert, "evaluations.create", { dataset: "words-set", ...input });
  expect([status, body]).toEqual([200, body]);
  const get = async () => (await fixture.call(expert, "evaluations.get", { id: body.evaluation }, "GET")).body;
  await expect.poll(async () => (await get()).state, { timeout: 60_000, interval: 100 }).toBe("done");
  return get();
}

describe("an evaluation", () => {
  it("compares candidates, remembers what it asked, and costs only the difference afterwards", async () => {
    const first = await finished({ candidates: [short, long] });
    expect(first).toMatchObject({ total: 12, done: 12, verdict: "better", candidates: ["short", "long"] });
    expect(first.summary.candidates.map((one: { scores: { score: number }[] }) => one.scores[0]?.score)).toEqual([
      1, 0,
    ]);
    expect(first.sentence).toContain("short is better than long by 100 points on 12 examples");
    expect(asked).toBe(24);
    const more = await finished({
      candidates: [short, long, { ...long, name: "longer", maxTokens: 3 }],
      evaluators: ["normalised", "contains"],
    });
    expect(asked).toBe(36);
    expect(more.summary.comparisons).toHaveLength(6);
    expect(more.summary.candidates[1].scores.map((one: { score: number }) => one.score)).toEqual([0, 1]);
  });

  it("lists examples by disagreement, by slice and by text, and shows each whole", async () => {
    const { body } = await fixture.call(expert, "evaluations.list", undefined, "GET");
    const { id } = body.evaluations.at(-1);
    const few = (await fixture.call(expert, "evaluations.examples", { id, slice: "tag: few" }, "GET")).body;
    expect(few.total).toBe(4);
    expect(few.rows[0]).toMatchObject({ disagreement: 1, scores: [[1], [0]], texts: ["word0 ", "word0 word1 "] });
    const one = (await fixture.call(expert, "evaluations.examples", { id, text: "number 11" }, "GET")).body;
    expect(one.rows.map(({ preview }: { preview: string }) => preview)).toEqual(["number 11"]);
    const total = async (filter: object) =>
      (await fixture.call(expert, "evaluations.examples", { id, ...filter }, "GET")).body.total;
    expect([
      await total({ candidate: 0 }),
      await total({ candidate: 1 }),
      await total({ candidate: 0, over: 1 }),
      await total({ candidate: 1, over: 0 }),
      await total({ candidate: 1, slice: "tag: few" }),
      await total({ text: "number%" }),
    ]).toEqual([0, 12, 12, 0, 4, 0]);
    const { position } = one.rows[0];
    const whole = (await fixture.call(expert, "evaluations.example", { id, position }, "GET")).body;
    expect(whole).toMatchObject({
      input: { message: "number 11" },
      expected: "word0",
      answers: [
        { candidate: "short", text: "word0 ", scores: [{ evaluator: "normalised", value: 1 }] },
        { candidate: "long", scores: [{ value: 0 }] },
      ],
    });
  });

  it("counts failures and never drops them", async () => {
    const done = await finished({ candidates: [short, { name: "nobody", model: "missing" }] });
    expect(done.summary.candidates[1]).toMatchObject({ failed: 12, scores: [{ score: 0, n: 12 }] });
    expect(done.summary.warnings.join()).toContain("nobody failed on 12 examples");
  });

  it("stops by itself when the answer is clear, if asked", async () => {
    const { id } = await fixture.scope.datasets.create({ name: "many", createdBy: owner.userId });
    const rows = Array.from({ length: 80 }, (_, i) => ({ input: `number ${i}`, expected: "word0" }));
    await fixture.scope.datasets.append(id, rows, { createdBy: owner.userId });
    const done = await finished({ dataset: "many", candidates: [short, long], stopEarly: true });
    expect(done.stoppedEarly).toBe(true);
    expect(done.done).toBeLessThan(80);
    expect(done.summary.comparisons[0].p).toBeLessThan(0.05);
  });

  it("runs a person's code, and refuses settings that can't be used", async () => {
    const source = "function evaluate(output, expected) { return output.text.trim() === expected ? 1 : 0.5 }";
    const made = await fixture.call(expert, "evaluators.create", { name: "mine", spec: { kind: "code", source } });
    expect(made.status).toBe(200);
    const done = await finished({ candidates: [short, long], evaluators: ["mine"], limit: 5 });
    expect(done.summary.candidates.map((one: { scores: { score: number }[] }) => one.scores[0]?.score)).toEqual([
      1, 0.5,
    ]);
    const bad = await fixture.call(expert, "evaluators.create", { name: "bad", spec: { kind: "regex", pattern: "(" } });
    expect([bad.status, bad.body.error.code]).toEqual([400, "invalid"]);
    const unknown = await fixture.call(expert, "evaluations.create", {
      dataset: "words-set",
      candidates: [short],
      evaluators: ["nothing"],
    });
    expect(unknown.status).toBe(404);
  });

  it("guards an alias: it moves only where that was shown to do no harm", async () => {
    await fixture.scope.models.upsert(wordsModel("words2"));
    const plan = (model: string) => ({ split: [{ target: { kind: "model", model }, share: 100 }], failover: [] });
    const made = (await fixture.call(owner, "aliases.create", { name: "production", plan: plan("words") })).body;
    const guard = { subject: "production", dataset: "words-set", evaluator: "normalised", margin: 0.01 };
    expect((await fixture.call(owner, "guards.set", guard)).status).toBe(200);
    const move = () =>
      fixture.call(owner, "aliases.move", { id: made.id, plan: plan("words2"), updatedAt: made.updatedAt });
    const refused = await move();
    expect([refused.status, refused.body.error.message]).toEqual([
      412,
      expect.stringContaining("No evaluation has compared"),
    ]);
    await finished({
      candidates: [
        { name: "words", model: "words", maxTokens: 1 },
        { name: "words2", model: "words2", maxTokens: 2 },
      ],
    });
    const worse = await move();
    expect([worse.status, worse.body.error.message]).toEqual([412, expect.stringContaining("-100.0 points")]);
  });
});

describe("reviews", () => {
  it("show blind pairs, rank the candidates, and become preferences", async () => {
    const { body } = await fixture.call(expert, "evaluations.list", undefined, "GET");
    const { id } = body.evaluations.at(-1);
    const made = await fixture.call(expert, "reviews.create", {
      evaluation: id,
      name: "Which reads better?",
      kind: "pairs",
      limit: 6,
    });
    expect(made.body.items).toBe(6);
    const { queue } = made.body;
    for (let i = 0; i < 6; i++) {
      const { item } = (await fixture.call(expert, "reviews.next", { queue }, "GET")).body;
      expect(Object.keys(item).sort()).toEqual(["expected", "input", "left", "number", "right"]);
      const preferred = item.left === "word0 " ? "left" : "right";
      const answer = await fixture.call(expert, "reviews.submit", { queue, item: item.number, preferred, seconds: 2 });
      expect(answer.status).toBe(200);
    }
    expect((await fixture.call(expert, "reviews.next", { queue }, "GET")).body.item).toBeNull();
    const figures = (await fixture.call(expert, "reviews.figures", { queue }, "GET")).body;
    expect(figures.ranking[0]).toMatchObject({ name: "short", wins: 6, played: 6 });
    const collected = await fixture.call(expert, "reviews.collect", { queue, dataset: "preferences" });
    expect(collected.body).toMatchObject({ version: 1, examples: 6, made: true });
    const again = await fixture.call(expert, "reviews.collect", { queue, dataset: "preferences" });
    expect(again.body).toMatchObject({ examples: 0, made: false });
    const { version } = await fixture.scope.datasets.resolve("preferences");
    const { examples } = await fixture.scope.datasets.page(version.id, { limit: 1 });
    expect(examples[0]?.expected).toEqual({ chosen: "word0 ", rejected: "word0 word1 " });
    const wrong = await fixture.call(expert, "reviews.submit", { queue, item: 0, rating: 3 });
    expect(wrong.status).toBe(400);
  });
});

it("what people rate best is shown within a prompt as its examples", async () => {
  const { body } = await fixture.call(expert, "evaluations.list", undefined, "GET");
  const { id } = body.evaluations.at(-1);
  const { queue } = (
    await fixture.call(expert, "reviews.create", { evaluation: id, name: "Rate", kind: "rating", limit: 3 })
  ).body;
  const content = {
    model: "words",
    messages: [
      { role: "system", content: "Count." },
      { role: "user", content: "Asked: {{message}}" },
    ],
    variables: [{ name: "message" }],
  };
  await fixture.call(owner, "prompts.save", { name: "counter", content, seen: 0 });
  const early = await fixture.call(expert, "reviews.intoPrompt", { queue, prompt: "counter" });
  expect([early.status, early.body.error.message]).toEqual([412, expect.stringContaining("nothing to learn")]);
  const { item } = (await fixture.call(expert, "reviews.next", { queue }, "GET")).body;
  await fixture.call(expert, "reviews.submit", { queue, item: item.number, rating: 2, correction: "word0" });
  const made = await fixture.call(expert, "reviews.intoPrompt", { queue, prompt: "counter" });
  expect(made.body).toEqual({ prompt: "counter", version: 2, examples: 1 });
  const { version } = await fixture.scope.prompts.resolve("counter");
  expect(version.content).toMatchObject({
    messages: [
      { role: "system", content: "Count." },
      { role: "user", content: `Asked: ${item.input.message}` },
      { role: "assistant", content: "word0" },
      { role: "user", content: "Asked: {{message}}" },
    ],
  });
});

describe("a guard", () => {
  it("holds a prompt's label by the versions that were compared, and lets it go back", async () => {
    const content = (max: number) => ({
      model: "words",
      messages: [{ role: "user", content: "{{message}}" }],
      variables: [{ name: "message" }],
      parameters: { max_tokens: max },
    });
    const save = (max: number, seen: number) =>
      fixture.call(owner, "prompts.save", { name: "triage", content: content(max), seen });
    for (const [max, seen] of [
      [1, 0],
      [2, 1],
      [1, 2],
    ] as const) {
      const saved = await save(max, seen);
      expect([saved.status, saved.body.version?.number]).toEqual([200, seen + 1]);
    }
    const move = (version: number) =>
      fixture.call(owner, "prompts.move", { prompt: "triage", label: "production", version });
    expect((await move(1)).status).toBe(200);
    const subject = "prompt:triage@production";
    const guard = { subject, dataset: "words-set", evaluator: "normalised", margin: 0.01 };
    expect((await fixture.call(owner, "guards.set", guard)).status).toBe(200);
    expect((await move(2)).body.error.message).toContain("No evaluation has compared prompt:triage@2");

    const before = asked;
    const done = await finished({
      candidates: [
        { name: "live", model: subject },
        { name: "shorter", model: "prompt:triage@2" },
        { name: "also short", model: "words", prompt: "triage@3" },
      ],
    });
    // Versions 1 and 3 say the same to the same model, so its answers are asked for once.
    expect(asked - before).toBeLessThanOrEqual(36);
    expect(done.config.candidates.map(({ stands }: { stands: string }) => stands)).toEqual([
      "prompt:triage@1",
      "prompt:triage@2",
      "prompt:triage@3",
    ]);
    const worse = await move(2);
    expect([worse.status, worse.body.error.message]).toEqual([412, expect.stringContaining("-100.0 points")]);
    // The same words all over again do no harm that could be measured beyond chance: 12 ties leave an interval too wide.
    const narrow = await move(3);
    expect([narrow.status, narrow.body.error.message]).toEqual([
      412,
      expect.stringContaining("against prompt:triage@1: 0.0 points"),
    ]);
    expect((await fixture.call(owner, "guards.set", { ...guard, margin: 0.3 })).status).toBe(200);
    expect((await move(3)).status).toBe(200);
    // Going back is the way out: no evaluation is asked for.
    expect((await fixture.call(owner, "guards.set", { ...guard, margin: 0 })).status).toBe(200);
    expect((await move(1)).status).toBe(200);
  });
});

it("runs an evaluation again when its dataset or a label moves, once for each change, and keeps the history", async () => {
  const { id } = await fixture.scope.datasets.create({ name: "moving", createdBy: owner.userId });
  const add = (message: string) =>
    fixture.scope.datasets.append(id, [{ input: { message }, expected: "word0" }], { createdBy: owner.userId });
  await add("one");
  const candidates = [{ name: "live", model: "prompt:triage@production" }, short];
  const first = await finished({ dataset: "moving", candidates });
  expect((await fixture.call(expert, "evaluations.again", { id: first.id, on: true })).status).toBe(200);
  expect(await sweepRules(fixture.scope)).toEqual([]);
  await add("two");
  expect(await sweepRules(fixture.scope)).toMatchObject([
    { rule: first.id, did: expect.stringContaining("run again") },
  ]);
  expect(await sweepRules(fixture.scope)).toEqual([]);
  const { guards } = (await fixture.call(owner, "guards.list", undefined, "GET")).body;
  for (const guard of guards) await fixture.call(owner, "guards.remove", { id: guard.id });
  const label = (version: number) =>
    fixture.call(owner, "prompts.move", { prompt: "triage", label: "production", version });
  expect((await label(2)).status).toBe(200);
  expect(await sweepRules(fixture.scope)).toHaveLength(1);
  const history = async () => (await fixture.call(expert, "evaluations.history", { id: first.id }, "GET")).body;
  await expect.poll(async () => (await history()).entries.length, { timeout: 60_000 }).toBe(3);
  const { again, entries } = await history();
  expect(again).toBe(true);
  expect(entries.map(({ dataset }: { dataset: string }) => dataset)).toEqual(["moving@2", "moving@2", "moving@1"]);
  expect(entries[0].candidates[0]).toMatchObject({ name: "live", version: "triage@2", score: 0 });
  await fixture.call(expert, "evaluations.again", { id: first.id, on: false });
  await add("three");
  expect(await sweepRules(fixture.scope)).toEqual([]);
});

it("says what waits at each station of a task's way", async () => {
  const yaml = `task: words
instruction: Say the word.
input: { message: string }
output: { word: { enum: [word0, word1] } }
examples: words-set@latest
require: { accuracy: ">= 0.5" }
`;
  expect((await fixture.call(owner, "tasks.declare", { yaml })).status).toBe(200);
  const { body } = await fixture.call(expert, "evaluations.loop", { task: "words" }, "GET");
  const says = body.stations.map(({ says: one, station }: { says: string; station: string }) => [station, one]);
  expect(says).toEqual([
    ["traces", "nothing disliked this week"],
    ["review", expect.stringMatching(/to judge|nothing to judge/)],
    ["dataset", "12 examples"],
    ["tune", "nothing in training"],
    ["evaluate", expect.stringMatching(/^\d+ comparisons$/)],
    ["ship", "not planned yet"],
  ]);
  expect((await fixture.call(expert, "evaluations.loop", { task: "nobody" }, "GET")).status).toBe(404);
});

it("imports a suite of tests and compares, naming what is left out", async () => {
  const text = `
description: Words
prompts: ["Say: {{message}}", "Write: {{message}}"]
providers: [openai:words, { id: else, label: longer, config: { max_tokens: 2 } }]
tests:
  - vars: { message: one }
    assert: [{ type: equals, value: word0 }, { type: webhook, value: "https://example.com" }]
`;
  const looked = (await fixture.call(expert, "evaluations.readSuite", { text })).body;
  expect(looked).toMatchObject({
    tests: 1,
    providers: [
      { id: "openai:words", model: "words" },
      { id: "else", model: null },
    ],
    notSupported: [{ what: "the assertion webhook", times: 1 }],
  });
  const missing = await fixture.call(owner, "evaluations.importSuite", { text });
  expect([missing.status, missing.body.error.message]).toEqual([400, "No model here is called else."]);
  const made = (await fixture.call(owner, "evaluations.importSuite", { text, models: { else: "words" } })).body;
  const get = async () => (await fixture.call(expert, "evaluations.get", { id: made.evaluation }, "GET")).body;
  await expect.poll(async () => (await get()).state, { timeout: 60_000, interval: 100 }).toBe("done");
  const { candidates, dataset, summary } = await get();
  const prompts = ["words-1@1", "words-2@1"];
  const each = prompts.flatMap((prompt) => [`${prompt} on openai:words`, `${prompt} on longer`]);
  expect([dataset, candidates]).toEqual(["words@1", each]);
  expect(summary.candidates.map((one: { scores: { score: number }[] }) => one.scores[0]?.score)).toEqual([0, 0, 0, 0]);
});

describe("live traffic", () => {
  it("is judged as it comes, a sample of it, once", async () => {
    const project = await fixture.scope.projects.create("Live");
    const { secret } = await fixture.scope.keys.create({ projectId: project.id, name: "Live key" });
    const chat = async (max: number) => {
      const response = await fixture.app.request("/v1/chat/completions", {
        method: "POST",
        headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
        body: JSON.stringify({ model: "words", messages: [{ role: "user", content: "hi" }], max_tokens: max }),
      });
      expect(response.status).toBe(200);
      await response.text();
    };
    const source = "function evaluate(output) { return output.text.includes('word1') ? 0 : 1 }";
    await fixture.call(expert, "evaluators.create", { name: "short-enough", spec: { kind: "code", source } });
    const add = (share: number) =>
      fixture.call(expert, "monitors.add", { model: "words", evaluator: "short-enough", share });
    expect((await add(1)).status).toBe(200);
    for (const max of [1, 2, 1, 1]) await chat(max);
    await fixture.tracer.flush();
    const never: Ask = () => Promise.reject(new Error("code asks nobody"));
    const soon = () => new Date(Date.now() + 120_000);
    const sweep = () => sweepOnline(fixture.scope, never, new AbortController().signal, soon());
    expect(await sweep()).toEqual([]);
    const shown = async () => (await fixture.call(expert, "monitors.list", undefined, "GET")).body.monitors;
    expect(await shown()).toMatchObject([{ judged: 4, mean: 0.75, unjudged: 0, alarms: [] }]);
    await sweep();
    expect((await shown())[0].judged).toBe(4);
    await chat(2);
    await fixture.tracer.flush();
    await sweep();
    expect((await shown())[0]).toMatchObject({ judged: 5, mean: 0.6 });
    // As if much had been judged well, and just one bad answer less than makes an alarm badly.
    let [monitor] = await monitorsOf(fixture.scope);
    for (let i = 0; monitor !== undefined && i < 2000; i++) {
      const value = i < 400 ? (i % 10 === 0 ? 0 : 1) : 0;
      const values = [{ at: monitor.seen.at, trace: "t", value }];
      const { alarm, next } = advanced(monitor, { seen: monitor.seen, values, unjudged: 0 });
      if (i >= 400 && alarm !== undefined) break;
      monitor = next;
    }
    await fixture.scope.settings.set(onlineSetting, monitor === undefined ? [] : [monitor]);
    await chat(2);
    await fixture.tracer.flush();
    expect(await sweep()).toMatchObject([{ model: "words", direction: "down" }]);
    expect(await fixture.scope.alerts.list(5)).toMatchObject([
      { kind: "drift", title: "Answers of words are worse than they were", facts: { direction: "down" } },
    ]);
    await fixture.call(expert, "monitors.remove", { id: (await shown())[0].id });
    expect(await shown()).toEqual([]);
    const pairs = { kind: "judge-pairs", model: "words", rubric: "x" };
    await fixture.call(expert, "evaluators.create", { name: "two", spec: pairs });
    expect((await fixture.call(expert, "monitors.add", { model: "words", evaluator: "two", share: 1 })).status).toBe(
      400,
    );
  });

  it("raises an alarm when its scores fall, and learns anew what is normal", () => {
    const random = seededRandom(3);
    let monitor: OnlineMonitor = {
      ...{ id: "m", model: "words", evaluator: "e", share: 1, seen: { at: new Date(0).toISOString(), id: "a" } },
      ...{ judged: 0, sum: 0, unjudged: 0, group: [], learnt: selfStarting, recent: [], alarms: [] },
    };
    const judge = (count: number, right: number) => {
      const values = Array.from({ length: count }, () => ({
        at: monitor.seen.at,
        trace: "t",
        value: random() < right ? 1 : 0,
      }));
      const { alarm, next } = advanced(monitor, { seen: monitor.seen, values, unjudged: 0 });
      monitor = next;
      return alarm;
    };
    expect(judge(400, 0.9)).toBeUndefined();
    expect(judge(100, 0.5)).toMatchObject({ direction: "down", usual: expect.closeTo(0.9, 1) });
    expect(monitor.alarms).toHaveLength(1);
    expect(monitor.judged).toBe(500);
    expect(monitor.recent).toHaveLength(100);
    expect(monitor.learnt.n).toBeLessThan(25);
  });
});
