import { type Alerts, alertsOf } from "./alerts/channels.ts";
import { type Aliases, aliasesOf } from "./aliases.ts";
import { type AuditLog, auditOf } from "./audit.ts";
import { type Batches, batchesOf } from "./batches.ts";
import { type Budgets, budgetsOf } from "./billing/budgets.ts";
import { type Invoices, invoicesOf } from "./billing/invoices.ts";
import { type Payments, paymentsOf } from "./billing/payments.ts";
import { type PriceBooks, priceBooksOf } from "./billing/price-books.ts";
import { type UpstreamBills, upstreamBillsOf } from "./billing/upstream-bills.ts";
import { type Db, inTransaction } from "./client.ts";
import { type Comments, commentsOf } from "./comments.ts";
import { type Datasets, datasetsOf } from "./datasets/datasets.ts";
import { type Deployments, deploymentsOf } from "./deployments.ts";
import { type DocumentCollections, documentCollectionsOf } from "./documents/documents.ts";
import { type Evaluations, evaluationsOf } from "./evaluations/evaluations.ts";
import { type Evaluators, evaluatorsOf } from "./evaluations/evaluators.ts";
import { type Guards, guardsOf } from "./evaluations/guards.ts";
import { type EvaluationOutputs, evaluationOutputsOf } from "./evaluations/outputs.ts";
import { type Reviews, reviewsOf } from "./evaluations/reviews.ts";
import { type Files, filesOf } from "./files.ts";
import { type Flows, flowsOf } from "./flows/flows.ts";
import { type FlowRuns, flowRunsOf } from "./flows/runs.ts";
import type { PrismaClient } from "./generated/client.ts";
import { type Jobs, jobsOf } from "./jobs/jobs.ts";
import { type ApiKeys, keysOf } from "./keys.ts";
import { type Members, membersOf } from "./members.ts";
import { type ModelLives, modelLivesOf } from "./model-lives.ts";
import { type Models, modelsOf } from "./models.ts";
import type { Membership } from "./people.ts";
import { type PlaygroundShares, playgroundSharesOf } from "./playground-shares.ts";
import { freeSlug, lockOrganization, type Projects, projectsOf } from "./projects.ts";
import { type Prompts, promptsOf } from "./prompts.ts";
import { type Responses, responsesOf } from "./responses.ts";
import { type Settings, settingsOf } from "./settings.ts";
import { type TaskPlannings, taskPlanningsOf } from "./task-plannings.ts";
import { type Tasks, tasksOf } from "./tasks.ts";
import { type Traces, tracesOf } from "./traces/queries.ts";
import { type TuningRuns, tuningRunsOf } from "./tuning-runs.ts";
import { type Upstreams, upstreamsOf } from "./upstreams.ts";
import { type Usage, usageOf } from "./usage/queries.ts";
import { checkVersion, nextVersion } from "./versions.ts";
import { type Webhooks, webhooksOf } from "./webhooks/webhooks.ts";

export interface OrganizationInfo {
  readonly id: string;
  readonly name: string;
  readonly slug: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/**
 * Everything that belongs to one organization. Each query made through it carries the organization's id, so a caller
 * can't name another's rows: it doesn't find them.
 */
export interface OrganizationScope {
  readonly id: string;
  readonly projects: Projects;
  readonly members: Members;
  readonly keys: ApiKeys;
  readonly models: Models;
  readonly modelLives: ModelLives;
  readonly deployments: Deployments;
  readonly aliases: Aliases;
  readonly upstreams: Upstreams;
  readonly settings: Settings;
  readonly playgroundShares: PlaygroundShares;
  readonly responses: Responses;
  readonly files: Files;
  readonly batches: Batches;
  readonly audit: AuditLog;
  readonly jobs: Jobs;
  readonly tuningRuns: TuningRuns;
  readonly evaluators: Evaluators;
  readonly evaluations: Evaluations;
  readonly evaluationOutputs: EvaluationOutputs;
  readonly reviews: Reviews;
  readonly guards: Guards;
  readonly tasks: Tasks;
  readonly taskPlannings: TaskPlannings;
  readonly flows: Flows;
  readonly flowRuns: FlowRuns;
  readonly documentCollections: DocumentCollections;
  readonly datasets: Datasets;
  readonly prompts: Prompts;
  readonly comments: Comments;
  readonly usage: Usage;
  readonly traces: Traces;
  readonly budgets: Budgets;
  readonly priceBooks: PriceBooks;
  readonly invoices: Invoices;
  readonly upstreamBills: UpstreamBills;
  readonly payments: Payments;
  readonly alerts: Alerts;
  readonly webhooks: Webhooks;
  info(): Promise<OrganizationInfo>;
  /** @throws DatabaseError `conflict` */
  rename(name: string, seen: Date): Promise<OrganizationInfo>;
  /** Runs all of it or, when it throws, nothing. */
  transaction<T>(run: (scope: OrganizationScope) => Promise<T>): Promise<T>;
}

const FIELDS = { id: true, name: true, slug: true, createdAt: true, updatedAt: true } as const;

export function organizationScope(db: Db, id: string): OrganizationScope {
  const info = (client: Db) => client.organization.findUniqueOrThrow({ where: { id }, select: FIELDS });
  return {
    id,
    projects: projectsOf(db, id),
    members: membersOf(db, id),
    keys: keysOf(db, id),
    models: modelsOf(db, id),
    modelLives: modelLivesOf(db, id),
    deployments: deploymentsOf(db, id),
    aliases: aliasesOf(db, id),
    upstreams: upstreamsOf(db, id),
    settings: settingsOf(db, id),
    playgroundShares: playgroundSharesOf(db, id),
    responses: responsesOf(db, id),
    files: filesOf(db, id),
    batches: batchesOf(db, id),
    audit: auditOf(db, id),
    jobs: jobsOf(db, id),
    tuningRuns: tuningRunsOf(db, id),
    evaluators: evaluatorsOf(db, id),
    evaluations: evaluationsOf(db, id),
    evaluationOutputs: evaluationOutputsOf(db, id),
    reviews: reviewsOf(db, id),
    guards: guardsOf(db, id),
    tasks: tasksOf(db, id),
    taskPlannings: taskPlanningsOf(db, id),
    flows: flowsOf(db, id),
    flowRuns: flowRunsOf(db, id),
    documentCollections: documentCollectionsOf(db, id),
    datasets: datasetsOf(db, id),
    prompts: promptsOf(db, id),
    comments: commentsOf(db, id),
    usage: usageOf(db, id),
    traces: tracesOf(db, id),
    budgets: budgetsOf(db, id),
    priceBooks: priceBooksOf(db, id),
    invoices: invoicesOf(db, id),
    upstreamBills: upstreamBillsOf(db, id),
    payments: paymentsOf(db, id),
    alerts: alertsOf(db, id),
    webhooks: webhooksOf(db, id),
    info: () => info(db),
    rename: (name, seen) =>
      inTransaction(db, async (tx) => {
        await lockOrganization(tx, id);
        const row = await info(tx);
        checkVersion(row, seen, "The organization", id);
        return tx.organization.update({ where: { id }, data: { name, updatedAt: nextVersion(row) }, select: FIELDS });
      }),
    transaction: (run) => inTransaction(db, (tx) => run(organizationScope(tx, id))),
  };
}

/** Makes an organization with a first project; its founder owns it. */
export async function createOrganization(tx: Db, userId: string, name: string): Promise<Membership> {
  const slug = await freeOrganizationSlug(tx, name);
  const { id } = await tx.organization.create({ data: { name, slug } });
  await tx.project.create({ data: { organizationId: id, name: "Default", slug: "default" } });
  await tx.member.create({ data: { organizationId: id, userId, role: "owner" } });
  return { organizationId: id, name, slug, role: "owner" };
}

async function freeOrganizationSlug(tx: Db, name: string): Promise<string> {
  // Two that are founded at once must not look for a name side by side.
  await tx.$queryRaw`SELECT 1 FROM pg_advisory_xact_lock(hashtext('organization slugs'))`;
  const taken = await tx.organization.findMany({ select: { slug: true } });
  return freeSlug(name, new Set(taken.map(({ slug }) => slug)), "organization");
}

export interface Home {
  readonly organizationId: string;
  readonly projectId: string;
}

/** The organization and project that a fresh database starts with; made on the first call, found afterwards. */
export async function ensureHome(prisma: PrismaClient): Promise<Home> {
  const organization = await prisma.organization.upsert({
    where: { slug: "home" },
    create: { name: "Home", slug: "home" },
    update: {},
  });
  const project = await prisma.project.upsert({
    where: { organizationId_slug: { organizationId: organization.id, slug: "default" } },
    create: { organizationId: organization.id, name: "Default", slug: "default" },
    update: {},
  });
  return { organizationId: organization.id, projectId: project.id };
}
