import type { FlowInfo, FlowPlanInfo, FlowRunInfo } from "@tugboat/db";
import type { z } from "zod";
import { checkFlow } from "../../domain/flows/check.ts";
import { storedFlow } from "../../domain/flows/document.ts";
import { FlowError } from "../../domain/flows/errors.ts";
import { graphOf } from "../../domain/flows/graph.ts";
import { knownNames } from "../../domain/flows/names.ts";
import { flowChoices } from "../../domain/flows/start-run.ts";
import { typeText } from "../../domain/flows/types.ts";
import { type card, type detail, type plan, type run, runDetail, runStep } from "./flow-shapes.ts";
import { sent } from "./shapes.ts";
import { type OrgContext, userIds } from "./trpc.ts";

/** What a flow may name, with the models that are shared with the organization. */
export async function namesFor({ management, scope }: OrgContext) {
  const models = await management.catalog.of(scope.id).list();
  return knownNames(
    scope,
    models.map(({ name }) => name),
  );
}

export async function shownCard(ctx: OrgContext, flow: FlowInfo): Promise<z.input<typeof card>> {
  const [version, [last], waiting] = await Promise.all([
    ctx.scope.flows.version(flow.id, flow.version),
    ctx.scope.flowRuns.list({ flowId: flow.id, limit: 1 }),
    ctx.scope.flowRuns.list({ flowId: flow.id, states: ["waiting"], limit: 100 }),
  ]);
  const document = storedFlow.parse(version.document);
  return {
    name: flow.name,
    description: document.description,
    version: flow.version,
    steps: Object.keys(document.steps).length,
    plan: flow.plan,
    model: `flow:${flow.name}`,
    waiting: waiting.length,
    last: last === undefined ? null : await shownRun(ctx, last),
    updatedAt: flow.updatedAt.toISOString(),
  };
}

export async function shownDetail(ctx: OrgContext, flow: FlowInfo): Promise<z.input<typeof detail>> {
  const { scope } = ctx;
  const [version, versions, plans, shown] = await Promise.all([
    scope.flows.version(flow.id, flow.version),
    scope.flows.versions(flow.id),
    scope.flows.plans(flow.id),
    shownCard(ctx, flow),
  ]);
  const document = storedFlow.parse(version.document);
  const used = plans.find(({ number }) => number === flow.plan);
  const people = await ctx.management.database.people.names(userIds(versions.map(({ createdBy }) => createdBy)));
  let output = "";
  let problem: z.input<typeof detail>["problem"] = null;
  let graph: z.input<typeof detail>["graph"] = [];
  try {
    const checked = checkFlow(document, await namesFor(ctx), () => undefined);
    output = typeText(checked.output);
    graph = graphOf(document, checked.steps);
  } catch (error) {
    if (!(error instanceof FlowError)) throw error;
    problem = { message: error.message, hint: error.hint, line: null, column: null };
  }
  return {
    ...shown,
    yaml: version.yaml,
    graph,
    problem,
    input: Object.entries(document.input).map(([name, type]) => ({ name, type, said: typeText(type) })),
    output,
    require: { ...document.require },
    prefer: document.prefer,
    questions: document.measure?.questions ?? null,
    choices: flowChoices.catch({}).parse(used?.choices ?? {}),
    versions: versions.map(({ createdAt, createdBy, number }) => ({
      number,
      createdBy,
      createdByName: people.get(createdBy) ?? createdBy,
      createdAt: createdAt.toISOString(),
    })),
    plans: plans.map(shownPlan),
  };
}

export function shownPlan({
  choices,
  createdAt,
  finishedAt,
  jobId,
  number,
  report,
  version,
}: FlowPlanInfo): z.input<typeof plan> {
  return {
    number,
    version,
    job: jobId,
    choices: flowChoices.nullable().catch(null).parse(choices),
    report,
    createdAt: createdAt.toISOString(),
    finishedAt: finishedAt?.toISOString() ?? null,
  };
}

export async function shownRun(ctx: OrgContext, one: FlowRunInfo): Promise<z.input<typeof run>> {
  const [flow, people] = await Promise.all([
    ctx.scope.flows.byId(one.flowId),
    ctx.management.database.people.names(userIds([one.createdBy])),
  ]);
  const { createdAt, createdBy, finishedAt, id, startedAt, state, version } = one;
  return {
    ...sent({ id, version, createdBy, createdAt, startedAt, finishedAt }),
    flow: flow?.name ?? "",
    state,
    createdByName: people.get(createdBy) ?? createdBy,
    problem: runDetail.shape.error.catch(null).parse(one.error)?.message ?? null,
  };
}

export async function shownRunDetail(ctx: OrgContext, one: FlowRunInfo): Promise<z.input<typeof runDetail>> {
  const steps = await ctx.scope.flowRuns.steps(one.id);
  return {
    ...(await shownRun(ctx, one)),
    input: one.input,
    output: one.output,
    error: runDetail.shape.error.catch(null).parse(one.error),
    choices: flowChoices.catch({}).parse(one.choices),
    job: one.jobId,
    steps: steps.map((step) => runStep.parse(sent(step))),
    costMicroUsd: steps.reduce((sum, { costMicroUsd }) => sum + costMicroUsd, 0),
  };
}
