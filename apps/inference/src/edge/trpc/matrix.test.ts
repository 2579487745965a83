import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type Permission,
  permissions,
  type permissionTable,
  type Role,
  roleMay,
  roles,
} from "../../domain/permissions.ts";
import { permissionsDocument } from "../../domain/permissions-document.ts";
import { repositoryRoot } from "../../env.ts";
import { type ManagementFixture, type Person, startManagement, strangers } from "../../testing/management.ts";
import { accountRoutes } from "../management.ts";
import { restRoutes, subscriptions } from "../rest.ts";

type Strangers = Awaited<ReturnType<typeof strangers>>;

let fixture: ManagementFixture;
let theirs: Strangers;
let theirSession = "";
const people = new Map<Role | "signed-out", Pick<Person, "headers">>();

beforeAll(async () => {
  fixture = await startManagement();
  theirs = await strangers(fixture);
  theirSession = (await fixture.database.people.sessions(theirs.owner.userId))[0]?.id ?? "";
  await fixture.enter("Another owner", fixture.scope, "owner");
  for (const role of roles) people.set(role, await fixture.enter(role, fixture.scope, role));
  people.set("signed-out", { headers: {} });
}, 60_000);
afterAll(() => fixture.close());

const now = () => new Date().toISOString();

const broughtReport = {
  verdict: "unsure",
  measure: "accuracy",
  baselines: [],
  tuned: { score: 0, low: 0, high: 1 },
  p: 1,
  retention: { before: 1, after: 1, unit: "bits per byte" },
  adapter: "this browser",
  seconds: 1,
  sentence: "It is not known.",
  comparedWith: "zero-shot",
  difference: { score: 0, low: 0, high: 0 },
  kind: "labels",
  labels: ["a", "b"],
  counts: { train: 1, validation: 0, heldOut: 1 },
  gate: { passed: true, reasons: [] },
  confusion: [],
  wrong: [],
  suspects: [],
  advice: [],
  choices: [],
  trials: [],
  best: { trial: "a", rank: 8, learningRate: 1e-3, steps: 1 },
  prompt: "{{text}}",
};

/**
 * What each procedure is asked with, naming another organization's things, and what somebody gets who may ask. A
 * procedure that is missing here fails the test.
 */
const asked: Readonly<Record<string, { input?: (theirs: Strangers) => object; allowed: number }>> = {
  "session.me": { allowed: 200 },
  "session.switch": { input: ({ id }) => ({ organizationId: id }), allowed: 404 },
  "session.account": { allowed: 200 },
  "session.list": { allowed: 200 },
  "session.end": { input: () => ({ id: theirSession }), allowed: 404 },
  "session.endOthers": { allowed: 200 },
  "session.preferences": { allowed: 200 },
  "session.prefer": { input: () => ({ tour: { step: "ask", state: "later" } }), allowed: 200 },
  "organization.get": { allowed: 200 },
  "organization.rename": { input: () => ({ name: "X", updatedAt: now() }), allowed: 409 },
  "organization.create": { input: () => ({ name: " " }), allowed: 400 },
  "organization.leave": { input: ({ id }) => ({ id }), allowed: 404 },
  "projects.list": { allowed: 200 },
  "projects.create": { input: () => ({ name: "New" }), allowed: 200 },
  "projects.rename": { input: ({ project }) => ({ id: project.id, name: "X", updatedAt: now() }), allowed: 404 },
  "projects.archive": { input: ({ project }) => ({ id: project.id, updatedAt: now() }), allowed: 404 },
  "projects.unarchive": { input: ({ project }) => ({ id: project.id, updatedAt: now() }), allowed: 404 },
  "members.list": { allowed: 200 },
  "members.invitations": { allowed: 200 },
  "members.invite": { input: () => ({ email: "guest@x.example", role: "viewer" }), allowed: 200 },
  "members.withdraw": { input: ({ invitation }) => ({ id: invitation.id }), allowed: 404 },
  "members.changeRole": {
    input: ({ owner }) => ({ userId: owner.userId, role: "viewer", updatedAt: now() }),
    allowed: 404,
  },
  "members.remove": { input: ({ owner }) => ({ userId: owner.userId }), allowed: 404 },
  "keys.list": { allowed: 200 },
  "keys.create": { input: ({ project }) => ({ name: "X", projectId: project.id }), allowed: 404 },
  "keys.update": { input: ({ key }) => ({ id: key.id, name: "X", updatedAt: now() }), allowed: 404 },
  "keys.revoke": { input: ({ key }) => ({ id: key.id }), allowed: 404 },
  "usage.query": { input: ({ key }) => ({ key: key.id, by: "key" }), allowed: 200 },
  "usage.changes": { allowed: 200 },
  "usage.savings": { allowed: 200 },
  "usage.export": { allowed: 200 },
  "usage.reconcile": { allowed: 200 },
  "traces.list": { input: ({ key }) => ({ key: key.id }), allowed: 200 },
  "traces.get": { input: ({ traceId }) => ({ id: traceId }), allowed: 404 },
  "traces.remove": { input: ({ traceId }) => ({ ids: [traceId] }), allowed: 200 },
  "traces.removeMatching": { input: () => ({ text: "their secret" }), allowed: 200 },
  "traces.rate": { input: ({ traceId }) => ({ id: traceId, kind: "thumb", value: 1 }), allowed: 404 },
  "traces.datasets": { allowed: 200 },
  "traces.saveExamples": { input: () => ({ filter: {}, dataset: "x", expected: "answer", most: 1 }), allowed: 200 },
  "traces.saveExample": { input: ({ traceId }) => ({ id: traceId, dataset: "x", expected: "answer" }), allowed: 404 },
  "traces.policy": { allowed: 200 },
  "traces.setPolicy": { input: ({ project }) => ({ project: project.id, policy: null }), allowed: 404 },
  "billing.prices": { allowed: 200 },
  "billing.setPrices": { input: () => ({ prices: [], seenVersion: 99 }), allowed: 409 },
  "billing.budgets": { allowed: 200 },
  "billing.setBudget": {
    input: ({ key }) => ({ scope: "key", subjectId: key.id, amountMicroUsd: 1, tokens: null, updatedAt: null }),
    allowed: 404,
  },
  "billing.month": { allowed: 200 },
  "billing.wouldCost": { input: () => ({ prices: "[]" }), allowed: 200 },
  "billing.importBill": {
    input: () => ({ upstream: "their", csv: "date,model,input_tokens,output_tokens,cost\n" }),
    allowed: 404,
  },
  "billing.bills": { allowed: 200 },
  "agreements.get": { allowed: 200 },
  "agreements.set": { input: () => ({ from: "2026-13", agreement: null }), allowed: 400 },
  "invoices.list": { allowed: 200 },
  "invoices.pay": { input: ({ invoice }) => ({ id: invoice.id }), allowed: 404 },
  "currency.get": { allowed: 200 },
  "currency.set": { input: () => ({ currency: { code: "EUR", perUsd: "0", day: "2026-11-01" } }), allowed: 400 },
  "invoices.get": { input: ({ invoice }) => ({ id: invoice.id }), allowed: 404 },
  "invoices.create": { input: () => ({ taxBasisPoints: 99_999 }), allowed: 400 },
  "invoices.finalize": { input: ({ invoice }) => ({ id: invoice.id, updatedAt: now() }), allowed: 404 },
  "invoices.move": { input: ({ invoice }) => ({ id: invoice.id, to: "paid", updatedAt: now() }), allowed: 404 },
  "invoices.discard": { input: ({ invoice }) => ({ id: invoice.id }), allowed: 404 },
  "invoices.credit": { input: ({ invoice }) => ({ id: invoice.id, netMicroUsd: 1, reason: "x" }), allowed: 404 },
  "invoices.export": { input: ({ invoice }) => ({ id: invoice.id, format: "pdf" }), allowed: 404 },
  "alerts.list": { allowed: 200 },
  "alerts.addChannel": { input: () => ({ name: "x", kind: "webhook", address: "no address" }), allowed: 400 },
  "alerts.switchChannel": {
    input: ({ channel }) => ({ id: channel.id, enabled: false, updatedAt: now() }),
    allowed: 404,
  },
  "alerts.removeChannel": { input: ({ channel }) => ({ id: channel.id }), allowed: 404 },
  "alerts.test": { input: ({ channel }) => ({ id: channel.id }), allowed: 404 },
  "alerts.objectives": { allowed: 200 },
  "alerts.setObjectives": { input: () => ({ objectives: [] }), allowed: 200 },
  "audit.list": { input: ({ key }) => ({ subject: key.id }), allowed: 200 },
  "audit.export": { input: ({ key }) => ({ subject: key.id, format: "jsonl" }), allowed: 200 },
  "models.list": { allowed: 200 },
  "models.get": { input: () => ({ name: "their-model" }), allowed: 404 },
  "models.add": { input: () => ({ source: "/nonexistent/model.gguf" }), allowed: 400 },
  "models.describe": { input: () => ({ name: "their-model" }), allowed: 404 },
  "models.tokenize": { input: () => ({ name: "their-model", text: "hi" }), allowed: 404 },
  "models.download": { input: () => ({ source: "no hub id" }), allowed: 400 },
  "models.measure": { input: () => ({ name: "their-model" }), allowed: 404 },
  "models.dependents": { input: () => ({ name: "their-model" }), allowed: 404 },
  "models.digest": { input: () => ({ name: "their-model" }), allowed: 404 },
  "models.lives": { allowed: 200 },
  "models.setLife": { input: () => ({ name: "their-model", stage: "preview" }), allowed: 404 },
  "models.share": { input: () => ({ name: "their-model", shared: true }), allowed: 404 },
  "models.remove": { input: () => ({ name: "their-model" }), allowed: 404 },
  "uploads.list": { allowed: 200 },
  "uploads.add": { input: () => ({ id: "0".repeat(32) }), allowed: 404 },
  "uploads.discard": { input: () => ({ id: "0".repeat(32) }), allowed: 404 },
  "deployments.list": { allowed: 200 },
  "deployments.devices": { allowed: 200 },
  "deployments.configure": { input: () => ({ model: "their-model", pinned: true, updatedAt: null }), allowed: 404 },
  "deployments.load": { input: () => ({ model: "their-model" }), allowed: 404 },
  "deployments.unload": { input: () => ({ model: "their-model" }), allowed: 404 },
  "deployments.restart": { input: () => ({ model: "their-model" }), allowed: 404 },
  "aliases.list": { allowed: 200 },
  "aliases.get": { input: ({ alias }) => ({ id: alias.id }), allowed: 404 },
  "aliases.create": { input: ({ plan }) => ({ name: "theirs", plan }), allowed: 404 },
  "aliases.move": { input: ({ alias, plan }) => ({ id: alias.id, plan, updatedAt: now() }), allowed: 404 },
  "aliases.rollback": { input: ({ alias }) => ({ id: alias.id, version: 1, updatedAt: now() }), allowed: 404 },
  "aliases.cache": { input: ({ alias }) => ({ id: alias.id, maxError: 0.05, updatedAt: now() }), allowed: 404 },
  "aliases.remove": { input: ({ alias }) => ({ id: alias.id, updatedAt: now() }), allowed: 404 },
  "upstreams.list": { allowed: 200 },
  "upstreams.create": { input: () => ({ name: "x", baseUrl: "file:///etc/passwd" }), allowed: 400 },
  "upstreams.update": {
    input: ({ upstream }) => ({ id: upstream.id, enabled: false, updatedAt: now() }),
    allowed: 404,
  },
  "upstreams.remove": { input: ({ upstream }) => ({ id: upstream.id, updatedAt: now() }), allowed: 404 },
  "upstreams.test": { input: ({ upstream }) => ({ id: upstream.id }), allowed: 404 },
  "playground.share": { input: () => ({ content: "aGVsbG8" }), allowed: 200 },
  "playground.open": { input: ({ share }) => ({ id: share.id }), allowed: 404 },
  "playground.browserModels": { allowed: 200 },
  "playground.takes": { allowed: 200 },
  "evaluations.list": { allowed: 200 },
  "evaluations.get": { input: ({ evaluation }) => ({ id: evaluation.id }), allowed: 404 },
  "evaluations.examples": { input: ({ evaluation }) => ({ id: evaluation.id }), allowed: 404 },
  "evaluations.example": { input: ({ evaluation }) => ({ id: evaluation.id, position: 1 }), allowed: 404 },
  "evaluations.choices": { allowed: 200 },
  "evaluations.create": {
    input: () => ({ dataset: "their-dataset", candidates: [{ name: "x", model: "their-model" }] }),
    allowed: 404,
  },
  "evaluations.sample": { allowed: 200 },
  "evaluations.loop": { input: () => ({ task: "their-task" }), allowed: 404 },
  "evaluations.history": { input: ({ evaluation }) => ({ id: evaluation.id }), allowed: 404 },
  "evaluations.again": { input: ({ evaluation }) => ({ id: evaluation.id, on: true }), allowed: 404 },
  "evaluations.readSuite": { input: () => ({ text: "prompts: 3" }), allowed: 400 },
  "evaluations.importSuite": { input: () => ({ text: "prompts: 3" }), allowed: 400 },
  "evaluations.cancel": { input: ({ evaluation }) => ({ id: evaluation.id }), allowed: 404 },
  "evaluations.remove": { input: ({ evaluation }) => ({ id: evaluation.id }), allowed: 404 },
  "evaluators.list": { allowed: 200 },
  "evaluators.create": { input: () => ({ name: "Not a name", spec: { kind: "exact" } }), allowed: 400 },
  "evaluators.update": {
    input: ({ evaluator }) => ({ id: evaluator.id, spec: { kind: "exact" }, updatedAt: now() }),
    allowed: 404,
  },
  "evaluators.remove": { input: ({ evaluator }) => ({ id: evaluator.id }), allowed: 404 },
  "evaluators.try": { input: () => ({ spec: { kind: "exact" }, input: "", expected: "x", text: "x" }), allowed: 200 },
  "evaluators.calibrations": { allowed: 200 },
  "reviews.list": { allowed: 200 },
  "reviews.next": { input: ({ queue }) => ({ queue: queue.id }), allowed: 404 },
  "reviews.create": {
    input: ({ evaluation }) => ({ evaluation: evaluation.id, name: "X", kind: "pairs" }),
    allowed: 404,
  },
  "reviews.submit": { input: ({ queue }) => ({ queue: queue.id, item: 0, rating: 1 }), allowed: 404 },
  "reviews.takeBack": { input: ({ queue }) => ({ queue: queue.id, item: 0 }), allowed: 404 },
  "reviews.figures": { input: ({ queue }) => ({ queue: queue.id }), allowed: 404 },
  "reviews.collect": { input: ({ queue }) => ({ queue: queue.id, dataset: "x" }), allowed: 404 },
  "reviews.intoPrompt": { input: ({ queue }) => ({ queue: queue.id, prompt: "x" }), allowed: 404 },
  "reviews.remove": { input: ({ queue }) => ({ id: queue.id }), allowed: 404 },
  "flows.list": { allowed: 200 },
  "flows.get": { input: () => ({ name: "their-flow" }), allowed: 404 },
  "flows.check": { input: () => ({ yaml: "flow: 3" }), allowed: 200 },
  "flows.declare": { input: () => ({ yaml: "flow: 3" }), allowed: 400 },
  "flows.run": { input: () => ({ name: "their-flow", input: {} }), allowed: 404 },
  "flows.runs": { input: () => ({ name: "their-flow" }), allowed: 404 },
  "flows.runDetail": { input: ({ flowRun }) => ({ id: flowRun.id }), allowed: 404 },
  "flows.answer": { input: ({ flowRun }) => ({ run: flowRun.id, step: "ask", approved: true }), allowed: 404 },
  "flows.cancel": { input: ({ flowRun }) => ({ run: flowRun.id }), allowed: 404 },
  "flows.plan": { input: () => ({ name: "their-flow" }), allowed: 404 },
  "flows.planDetail": { input: () => ({ name: "their-flow", plan: 1 }), allowed: 404 },
  "flows.usePlan": { input: () => ({ name: "their-flow", plan: null }), allowed: 404 },
  "flows.remove": { input: () => ({ name: "their-flow" }), allowed: 404 },
  "documents.collections": { allowed: 200 },
  "documents.create": { input: () => ({ name: "x", model: "their-model" }), allowed: 404 },
  "documents.push": {
    input: () => ({ collection: "their-documents", documents: [{ name: "x.md", base64: "eA==" }] }),
    allowed: 404,
  },
  "documents.list": { input: () => ({ collection: "their-documents" }), allowed: 404 },
  "documents.passages": { input: () => ({ collection: "their-documents", document: "x.md" }), allowed: 404 },
  "documents.search": { input: () => ({ collection: "their-documents", query: "x" }), allowed: 404 },
  "documents.remove": { input: () => ({ collection: "their-documents", document: "x.md" }), allowed: 404 },
  "documents.removeCollection": { input: () => ({ name: "their-documents" }), allowed: 404 },
  "guards.list": { allowed: 200 },
  "guards.set": {
    input: () => ({ subject: "their-alias", dataset: "their-dataset", evaluator: "exact", margin: 0.01 }),
    allowed: 404,
  },
  "guards.remove": { input: ({ guard }) => ({ id: guard.id }), allowed: 404 },
  "monitors.list": { allowed: 200 },
  "monitors.add": { input: () => ({ model: "x", evaluator: "their-evaluator", share: 0.5 }), allowed: 404 },
  "monitors.remove": { input: ({ evaluation }) => ({ id: evaluation.id }), allowed: 200 },
  "tuning.list": { allowed: 200 },
  "tuning.get": { input: ({ tuningRun }) => ({ id: tuningRun.id }), allowed: 404 },
  "tuning.sample": { allowed: 200 },
  "tuning.check": {
    input: ({ dataset }) => ({ from: { kind: "dataset", dataset: dataset.id }, model: "their-model" }),
    allowed: 404,
  },
  "tuning.create": {
    input: ({ dataset }) => ({ from: { kind: "dataset", dataset: dataset.id }, model: "their-model", name: "X" }),
    allowed: 404,
  },
  "tuning.cancel": { input: ({ tuningRun }) => ({ id: tuningRun.id }), allowed: 404 },
  "tuning.again": {
    input: ({ tuningRun }) => ({ id: tuningRun.id, corrections: [{ input: "a", right: "b" }] }),
    allowed: 404,
  },
  "tuning.bring": {
    input: ({ dataset }) => ({
      name: "X",
      model: "their-model",
      minutes: 1,
      mayForget: 0,
      weights: dataset.id,
      config: {},
      report: broughtReport,
    }),
    allowed: 404,
  },
  "tuning.ship": { input: ({ tuningRun }) => ({ id: tuningRun.id, alias: "theirs" }), allowed: 404 },
  "tasks.list": { allowed: 200 },
  "tasks.get": { input: () => ({ name: "their-task" }), allowed: 404 },
  "tasks.proposals": { allowed: 200 },
  "tasks.draft": { input: () => ({ file: { name: "x.csv", base64: "" } }), allowed: 400 },
  "tasks.check": { input: () => ({ yaml: "task: 3" }), allowed: 200 },
  "tasks.declare": { input: () => ({ yaml: "task: 3" }), allowed: 400 },
  "tasks.plan": { input: () => ({ name: "their-task" }), allowed: 404 },
  "tasks.planning": { input: ({ planning }) => ({ id: planning.id }), allowed: 404 },
  "tasks.explain": { input: () => ({ name: "their-task" }), allowed: 404 },
  "tasks.evidence": { input: () => ({ name: "their-task", candidate: "x" }), allowed: 404 },
  "tasks.ship": { input: () => ({ name: "their-task" }), allowed: 404 },
  "tasks.rollBack": { input: () => ({ name: "their-task" }), allowed: 404 },
  "tasks.dismiss": { input: ({ planning }) => ({ planning: planning.id }), allowed: 404 },
  "tasks.setRule": { input: () => ({ name: "their-task", rule: {} }), allowed: 404 },
  "tasks.remove": { input: () => ({ name: "their-task" }), allowed: 404 },
  "datasets.list": { allowed: 200 },
  "datasets.get": { input: ({ dataset }) => ({ dataset: dataset.id }), allowed: 404 },
  "datasets.create": { input: () => ({ name: "Not a name" }), allowed: 400 },
  "datasets.update": { input: ({ dataset }) => ({ id: dataset.id, name: "x", updatedAt: now() }), allowed: 404 },
  "datasets.remove": { input: ({ dataset }) => ({ id: dataset.id }), allowed: 404 },
  "datasets.rows": { input: ({ dataset }) => ({ dataset: dataset.id }), allowed: 404 },
  "datasets.count": { input: ({ dataset }) => ({ dataset: dataset.id }), allowed: 404 },
  "datasets.diff": { input: ({ dataset }) => ({ dataset: dataset.id, from: 0, to: 1 }), allowed: 404 },
  "datasets.history": { input: ({ dataset }) => ({ dataset: dataset.id, position: 1 }), allowed: 404 },
  "datasets.edit": {
    input: ({ dataset }) => ({ dataset: dataset.id, seen: 1, edits: [{ kind: "remove", position: 1 }] }),
    allowed: 404,
  },
  "datasets.check": { input: ({ dataset }) => ({ dataset: dataset.id }), allowed: 404 },
  "datasets.schema": { input: ({ dataset }) => ({ dataset: dataset.id }), allowed: 404 },
  "datasets.inspect": { input: ({ dataset }) => ({ upload: dataset.id, file: "x.csv" }), allowed: 404 },
  "datasets.import": {
    input: ({ dataset }) => ({ upload: dataset.id, file: "x.csv", name: "x", mapping: { shape: "chat" } }),
    allowed: 404,
  },
  "prompts.list": { allowed: 200 },
  "prompts.get": { input: ({ prompt }) => ({ prompt: prompt.id }), allowed: 404 },
  "prompts.resolve": { input: ({ prompt }) => ({ prompt: prompt.id }), allowed: 404 },
  "prompts.save": { input: () => ({ name: "Not a name", content: {}, seen: 0 }), allowed: 400 },
  "prompts.remove": { input: ({ prompt }) => ({ id: prompt.id }), allowed: 404 },
  "prompts.move": { input: ({ prompt }) => ({ prompt: prompt.id, label: "production", version: 1 }), allowed: 404 },
  "prompts.decide": { input: ({ prompt }) => ({ prompt: prompt.id, move: prompt.id, approve: true }), allowed: 404 },
  "prompts.guard": { input: ({ project }) => ({ projectId: project.id, labels: ["production"] }), allowed: 404 },
  "comments.list": { input: ({ prompt }) => ({ kind: "prompt-version", subjectId: prompt.id }), allowed: 200 },
  "comments.add": { input: ({ prompt }) => ({ kind: "example", subjectId: prompt.id, body: " " }), allowed: 400 },
  "comments.resolve": { input: ({ prompt }) => ({ id: prompt.id }), allowed: 404 },
  "webhooks.list": { allowed: 200 },
  "webhooks.add": { input: () => ({ url: "file:///etc/passwd" }), allowed: 400 },
  "webhooks.update": { input: ({ webhook }) => ({ id: webhook.id, enabled: false, updatedAt: now() }), allowed: 404 },
  "webhooks.remove": { input: ({ webhook }) => ({ id: webhook.id }), allowed: 404 },
  "webhooks.again": { input: ({ message }) => ({ id: message.id }), allowed: 404 },
  "jobs.list": { input: () => ({ subject: "their-model" }), allowed: 200 },
  "jobs.get": { input: ({ job }) => ({ id: job.id }), allowed: 404 },
  "jobs.cancel": { input: ({ job }) => ({ id: job.id }), allowed: 404 },
  "jobs.retry": { input: ({ job }) => ({ id: job.id }), allowed: 404 },
};

/** Subscriptions: what they need, what they are asked with, and what somebody is told first who may ask. */
const watched: Readonly<Record<string, { access: Permission; input: (theirs: Strangers) => object; told: object }>> = {
  "jobs.watch": { access: "jobs:read", input: ({ job }) => ({ id: job.id }), told: { jobs: [] } },
};

it("knows every procedure, and no other", () => {
  expect(Object.keys(asked).sort()).toEqual(restRoutes.map(({ procedure }) => procedure).sort());
  expect(Object.keys(watched).sort()).toEqual([...subscriptions].sort());
});

describe.each(Object.entries(watched))("%s", (procedure, { access, input, told }) => {
  it.each([...roles, "signed-out"] as const)("as %s", async (who) => {
    const person = people.get(who);
    if (person === undefined) throw new Error(`nobody is ${who}`);
    const first = await fixture.listen(person, procedure, input(theirs));
    if (who === "signed-out") expect(first).toMatchObject({ data: { httpStatus: 401, reason: "signed-out" } });
    else if (!roleMay(who, access)) expect(first).toMatchObject({ data: { httpStatus: 403, reason: "forbidden" } });
    else expect(first).toEqual(told);
  });
});

describe.each(restRoutes.map((route) => [route.procedure, route] as const))("%s", (procedure, route) => {
  it.each([...roles, "signed-out"] as const)("as %s", async (who) => {
    const expected = asked[procedure];
    const person = people.get(who);
    if (expected === undefined || person === undefined) throw new Error(`${procedure} is not in the table`);
    const { body, status } = await fixture.call(person, procedure, expected.input?.(theirs), route.method);
    const access = route.access;
    if (who === "signed-out") expect([status, body.error.code]).toEqual([401, "signed-out"]);
    else if (access !== "signed-in" && !roleMay(who, access)) {
      expect([status, body.error.code]).toEqual([403, "forbidden"]);
    } else expect(status, JSON.stringify(body)).toBe(expected.allowed);
    // Whatever was answered names nothing of the other organization, but for what was asked.
    for (const foreign of [
      theirs.owner.email,
      theirs.key.prefix,
      theirs.project.name,
      "their-guest",
      "their-upstream",
      "their-alias",
    ]) {
      expect(JSON.stringify(body)).not.toContain(foreign);
    }
  });
});

it("leaves the other organization as it was", async () => {
  expect(await theirs.scope.keys.get(theirs.key.id)).toEqual(theirs.key);
  expect(await theirs.scope.projects.get(theirs.project.id)).toEqual(theirs.project);
  expect(await theirs.scope.members.list()).toHaveLength(1);
  expect(await theirs.scope.upstreams.get(theirs.upstream.id)).toEqual(theirs.upstream);
  expect((await theirs.scope.aliases.get(theirs.alias.id)).versions).toHaveLength(1);
  expect(await theirs.scope.audit.list()).toHaveLength(1);
  expect(await theirs.scope.jobs.get(theirs.job.id)).toEqual(theirs.job);
  expect(await theirs.scope.traces.get(theirs.traceId)).toMatchObject({ body: { input: '"their secret"' } });
});

it("uses every permission somewhere", () => {
  const used = new Set([...restRoutes.map(({ access }) => access), "inference:run"]);
  expect(permissions.filter((permission) => !used.has(permission))).toEqual([]);
});

it("is printed in docs/permissions.md as it is (npm run docs:permissions writes it)", async () => {
  expect(await readFile(`${repositoryRoot}/docs/permissions.md`, "utf8")).toBe(permissionsDocument());
});

/** What each route of HTTP asks for. `key` are permissions of keys and members alike. */
const routes: Readonly<
  Record<
    string,
    "open" | "console" | "procedure" | "model file" | "kept" | "signed" | "tuning" | keyof typeof permissionTable
  >
> = {
  "GET /health": "open",
  "GET /metrics": "open",
  "GET /api/openapi.json": "open",
  "GET /v1/models": "models:read",
  "GET /v1/models/:id{.+}": "models:read",
  "POST /v1/chat/completions": "inference:run",
  "POST /v1/completions": "inference:run",
  "POST /v1/embeddings": "inference:run",
  "POST /v1/score": "inference:run",
  "POST /v1/rerank": "inference:run",
  "POST /v1/responses": "inference:run",
  "GET /v1/responses/:id": "kept",
  "DELETE /v1/responses/:id": "kept",
  "GET /v1/responses/:id/input_items": "kept",
  "POST /v1/responses/:id/cancel": "kept",
  "POST /v1/files": "kept",
  "GET /v1/files": "kept",
  "GET /v1/files/:id": "kept",
  "GET /v1/files/:id/content": "kept",
  "DELETE /v1/files/:id": "kept",
  "POST /v1/batches": "kept",
  "GET /v1/batches": "kept",
  "GET /v1/batches/:id": "kept",
  "POST /v1/batches/:id/cancel": "kept",
  "POST /v1/feedback": "kept",
  "POST /v1/traces": "kept",
  "GET /v1/flows/:id": "kept",
  "POST /v1/flows/:id": "kept",
  "GET /v1/tasks/:id": "kept",
  "POST /v1/tasks/:id": "kept",
  "POST /v1/fine_tuning/jobs": "tuning",
  "GET /v1/fine_tuning/jobs": "tuning",
  "GET /v1/fine_tuning/jobs/:id": "tuning",
  "GET /v1/fine_tuning/jobs/:id/events": "tuning",
  "GET /v1/fine_tuning/jobs/:id/checkpoints": "tuning",
  "POST /v1/fine_tuning/jobs/:id/cancel": "tuning",
  // By the signature of whoever pays: payments.test.ts.
  "POST /api/payments/stripe": "signed",
  // Both models:read and inference:run: model-files.test.ts asks as every role.
  "GET /api/model-files/:name": "model file",
  "POST /api/dataset-files": "datasets:write",
  "GET /api/dataset-exports/:name": "datasets:read",
  "POST /api/uploaded-files": "models:write",
  "GET /api/uploaded-files/:id": "models:write",
  "PATCH /api/uploaded-files/:id": "models:write",
  "DELETE /api/uploaded-files/:id": "models:write",
  "GET /api/trpc/*": "procedure",
  "POST /api/trpc/*": "procedure",
  ...Object.fromEntries(accountRoutes.map(([method, path]) => [`${method} /api/auth${path}`, "console" as const])),
  ...Object.fromEntries(restRoutes.map(({ method, path }) => [`${method} ${path}`, "procedure" as const])),
};
describe("routes", () => {
  it("are all known, and no other", () => {
    const served = fixture.app.routes
      .filter(({ method }) => method !== "ALL")
      .map(({ method, path }) => `${method} ${path.replace(/\/$/, "")}`);
    expect([...new Set(served)].sort()).toEqual(Object.keys(routes).sort());
  });

  const inference = Object.entries(routes).filter(
    ([, access]) => access === "models:read" || access === "inference:run",
  );
  it.each(inference)("%s needs %s", async (route, access) => {
    const [method = "", path = ""] = route.split(" ");
    const address = path.replace(":id{.+}", "words");
    const bodies: Readonly<Record<string, object>> = {
      "/v1/chat/completions": { messages: [{ role: "user", content: "hi" }] },
      "/v1/completions": { prompt: "hi" },
      "/v1/score": { text: "hi" },
      "/v1/rerank": { query: "hi", documents: ["ho"] },
    };
    const sent = { model: "words", ...(bodies[path] ?? { input: "hi" }) };
    for (const [who, { headers }] of people) {
      const response = await fixture.app.request(address, {
        method,
        headers: { ...headers, "content-type": "application/json" },
        ...(method === "POST" && { body: JSON.stringify(sent) }),
      });
      const may =
        who !== "signed-out" && (access === "models:read" || access === "inference:run") && roleMay(who, access);
      expect([who, response.status]).toEqual([who, may ? 200 : who === "signed-out" ? 401 : 403]);
      await response.body?.cancel();
    }
  });

  const kept = Object.entries(routes).filter(([, access]) => access === "kept");
  beforeAll(async () => {
    const createdAt = new Date();
    const file = { filename: "their-file.jsonl", purpose: "batch", bytes: 1, createdAt };
    await theirs.scope.files.add({ id: "file-theirs", ...file });
    const expiresAt = new Date(Date.now() + 60_000);
    await theirs.scope.batches.create({
      id: "batch_theirs",
      endpoint: "/v1/completions",
      inputFileId: "file-theirs",
      metadata: null,
      apiKeyId: theirs.key.id,
      createdAt,
      expiresAt,
    });
    await theirs.scope.responses.keep({ id: "resp_theirs", body: "{}", items: "[]", createdAt, expiresAt });
  });
  it.each(kept)("%s needs inference:run, and finds nothing of another organization's", async (route) => {
    const [method = "", path = ""] = route.split(" ");
    for (const [who, { headers }] of people) {
      const noun = path.split("/")[2] ?? "";
      const id =
        {
          files: "file-theirs",
          responses: "resp_theirs",
          batches: "batch_theirs",
          tasks: "their-task",
          flows: "their-flow",
        }[noun] ?? "";
      const address = path.replace(":id", id);
      const response = await fixture.app.request(address, { method, headers });
      const passed = path.includes(":id") ? 404 : method === "GET" ? 200 : 415;
      const refused = who === "signed-out" ? 401 : 403;
      const may = who !== "signed-out" && roleMay(who, "inference:run");
      expect([who, response.status]).toEqual([who, may ? passed : refused]);
      expect(await response.text()).not.toContain("their-file");
    }
  });

  const tuning = Object.entries(routes).filter(([, access]) => access === "tuning");
  it.each(tuning)("%s needs tuning:read or tuning:write, and finds no run of another organization's", async (route) => {
    const [method = "", path = ""] = route.split(" ");
    for (const [who, { headers }] of people) {
      const address = path.replace(":id", `ftjob-${theirs.tuningRun.id}`);
      const response = await fixture.app.request(address, { method, headers });
      const passed = path.includes(":id") ? 404 : method === "GET" ? 200 : 415;
      const refused = who === "signed-out" ? 401 : 403;
      const may = who !== "signed-out" && roleMay(who, method === "GET" ? "tuning:read" : "tuning:write");
      expect([who, response.status]).toEqual([who, may ? passed : refused]);
    }
  });

  const uploading = Object.entries(routes).filter(([, access]) => access === "models:write");
  it.each(uploading)("%s is for whoever may add models", async (route) => {
    const [method = "", path = ""] = route.split(" ");
    const sent = method === "GET" ? "HEAD" : method;
    for (const [who, { headers }] of people) {
      const response = await fixture.app.request(path.replace(":id", "0".repeat(32)), {
        method: sent,
        headers: { ...headers, "tus-resumable": "1.0.0", "upload-length": "0", "upload-offset": "0" },
      });
      // Those who may are told that the file is empty, or that there is no such upload.
      const expected = who === "signed-out" ? [401] : roleMay(who, "models:write") ? [400, 403, 404] : [403];
      expect(expected, `${who} ${route}`).toContain(response.status);
      if (who !== "signed-out" && !roleMay(who, "models:write") && sent !== "HEAD") {
        expect((await response.json()).error.code).toBe("forbidden");
      }
    }
  });

  it("of another organization's key know nothing of these models", async () => {
    const headers = { authorization: `Bearer ${theirs.secret}`, "content-type": "application/json" };
    const list = await fixture.app.request("/v1/models", { headers });
    const names = (await list.json()).data.map(({ id }: { id: string }) => id);
    expect(names).toEqual(["their-model", "their-alias", "their-upstream/echo"]);
    for (const model of names) {
      const { secret } = await fixture.scope.keys.create({ projectId: fixture.database.home.projectId, name: "k" });
      const mine = { ...headers, authorization: `Bearer ${secret}` };
      const body = JSON.stringify({ model, messages: [{ role: "user", content: "hi" }] });
      const response = await fixture.app.request("/v1/chat/completions", { method: "POST", headers: mine, body });
      expect(response.status).toBe(404);
    }
    const one = await fixture.app.request("/v1/models/words", { headers });
    expect(one.status).toBe(404);
    const body = JSON.stringify({ model: "words", prompt: "hi" });
    const asked = await fixture.app.request("/v1/completions", { method: "POST", headers, body });
    expect(asked.status).toBe(404);
  });

  it("take a session cookie from the console alone", async () => {
    const { headers } = people.get("owner") ?? { headers: {} };
    const { cookie = "" } = headers as { cookie?: string };
    for (const path of ["/api/session/me", "/v1/models"]) {
      expect((await fixture.app.request(path, { headers: { cookie } })).status).toBe(401);
    }
    const signIn = await fixture.app.request("/api/auth/sign-out", { method: "POST", headers: { cookie } });
    expect(signIn.status).toBe(403);
  });
});
