import { agreementsRouter } from "./router/agreements.ts";
import { alertsRouter } from "./router/alerts.ts";
import { aliasesRouter } from "./router/aliases.ts";
import { auditRouter } from "./router/audit.ts";
import { billingRouter } from "./router/billing.ts";
import { commentsRouter } from "./router/comments.ts";
import { currencyRouter } from "./router/currency.ts";
import { datasetsRouter } from "./router/datasets.ts";
import { deploymentsRouter } from "./router/deployments.ts";
import { documentsRouter } from "./router/documents.ts";
import { evaluationsRouter } from "./router/evaluations.ts";
import { evaluatorsRouter } from "./router/evaluators.ts";
import { flowsRouter } from "./router/flows.ts";
import { guardsRouter } from "./router/guards.ts";
import { invoicesRouter } from "./router/invoices.ts";
import { jobsRouter } from "./router/jobs.ts";
import { keysRouter } from "./router/keys.ts";
import { membersRouter } from "./router/members.ts";
import { modelsRouter } from "./router/models.ts";
import { monitorsRouter } from "./router/monitors.ts";
import { organizationRouter } from "./router/organization.ts";
import { playgroundRouter } from "./router/playground.ts";
import { projectsRouter } from "./router/projects.ts";
import { promptsRouter } from "./router/prompts.ts";
import { reviewsRouter } from "./router/reviews.ts";
import { sessionRouter } from "./router/session.ts";
import { tasksRouter } from "./router/tasks.ts";
import { tracesRouter } from "./router/traces.ts";
import { tuningRouter } from "./router/tuning.ts";
import { uploadsRouter } from "./router/uploads.ts";
import { upstreamsRouter } from "./router/upstreams.ts";
import { usageRouter } from "./router/usage.ts";
import { webhooksRouter } from "./router/webhooks.ts";
import { router } from "./trpc.ts";

/** Every procedure of the management API; REST and its document are made from them. */
export const appRouter = router({
  session: sessionRouter,
  monitors: monitorsRouter,
  organization: organizationRouter,
  projects: projectsRouter,
  members: membersRouter,
  keys: keysRouter,
  audit: auditRouter,
  traces: tracesRouter,
  usage: usageRouter,
  billing: billingRouter,
  agreements: agreementsRouter,
  invoices: invoicesRouter,
  currency: currencyRouter,
  alerts: alertsRouter,
  models: modelsRouter,
  uploads: uploadsRouter,
  deployments: deploymentsRouter,
  aliases: aliasesRouter,
  upstreams: upstreamsRouter,
  playground: playgroundRouter,
  jobs: jobsRouter,
  tasks: tasksRouter,
  flows: flowsRouter,
  documents: documentsRouter,
  tuning: tuningRouter,
  datasets: datasetsRouter,
  prompts: promptsRouter,
  comments: commentsRouter,
  evaluators: evaluatorsRouter,
  evaluations: evaluationsRouter,
  reviews: reviewsRouter,
  guards: guardsRouter,
  webhooks: webhooksRouter,
});

export type AppRouter = typeof appRouter;
