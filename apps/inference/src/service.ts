import { join } from "node:path";
import { createAdaptorServer } from "@hono/node-server";
import { type Database, type OrganizationScope, openDatabase } from "@tugboat/db";
import type { Logger } from "pino";
import { measureJoined } from "./cluster/joined.ts";
import { openPool } from "./cluster/open-pool.ts";
import { createAuth } from "./domain/accounts/auth.ts";
import type { OidcSettings } from "./domain/accounts/oidc.ts";
import { ensureOwner, renewPassword } from "./domain/accounts/owner.ts";
import { accountSecret, consoleSecret } from "./domain/accounts/secret.ts";
import { AlertWatch } from "./domain/alerts/watch.ts";
import { ExactCache } from "./domain/caching/exact-cache.ts";
import { SemanticCache } from "./domain/caching/semantic-cache.ts";
import { DatasetFiles } from "./domain/datasets/file-store.ts";
import { servedModels } from "./domain/deployments/served.ts";
import { DocumentSearch } from "./domain/documents/search.ts";
import { watchEvaluations } from "./domain/evaluations/watch.ts";
import { FileStore } from "./domain/files/store.ts";
import { firstRun, readFirstRun } from "./domain/first-run.ts";
import { KeyLimits } from "./domain/keys/limits.ts";
import { KeyVerifier } from "./domain/keys/verifier.ts";
import { type Mailer, openMailer } from "./domain/mail/mailer.ts";
import { bundledFolder } from "./domain/models/bundled.ts";
import { Catalog } from "./domain/models/catalog.ts";
import { measureSpeed } from "./domain/models/measure.ts";
import { ownFilesIn } from "./domain/models/own-files.ts";
import { ModelReader } from "./domain/models/reader.ts";
import { prepareModel, registerBundled } from "./domain/models/register.ts";
import { Uploads } from "./domain/models/uploads.ts";
import { watchFolder } from "./domain/models/watched-folder.ts";
import type { StripeSettings } from "./domain/payments/stripe.ts";
import { openVault } from "./domain/secrets/vault.ts";
import { OtlpExporter, type OtlpOptions } from "./domain/traces/otlp-exporter.ts";
import { TraceRecorder } from "./domain/traces/recorder.ts";
import { watchCatalog } from "./domain/upstreams/watch.ts";
import { UsageMeter } from "./domain/usage/meter.ts";
import { addressReader } from "./edge/address.ts";
import { createApp } from "./edge/app.ts";
import { Metrics } from "./edge/metrics.ts";
import { takesResponseFormat } from "./edge/openai/chat-request.ts";
import type { KeptAnswer } from "./edge/openai/kept-answer.ts";
import type { EmbedText } from "./edge/openai/near-answer.ts";
import { WorkRequests } from "./edge/openai/work-requests.ts";
import { listen } from "./edge/port.ts";
import { probes } from "./edge/probes.ts";
import { TaskDirectory } from "./edge/tasks/directory.ts";
import { LiveTasks } from "./edge/tasks/live.ts";
import { StepRequests } from "./edge/tasks/step-requests.ts";
import type { Management } from "./edge/trpc/context.ts";
import type { EdgeServices } from "./edge/types.ts";
import type { Env } from "./env.ts";
import { JobChanges } from "./jobs/changes.ts";
import { enqueueMeasurement } from "./jobs/kinds/models-measure.ts";
import { jobKinds } from "./jobs/kinds.ts";
import { startJobs } from "./jobs/platform.ts";
import type { JobEngine } from "./jobs/services.ts";
import { computingOf, machineBytes, modelBytes } from "./machine.ts";
import { Routes, routeSource } from "./routing/routes.ts";
import { type TaskWatch, watchTasks } from "./tasks/watch.ts";
import { Upstreams } from "./upstreams/health.ts";
import type { ModelPool } from "./workers/pool.ts";

export interface Service {
  readonly url: string;
  /** Waits for running requests, up to the grace period, then ends everything. */
  close(): Promise<void>;
}

/** How long running requests may take to end after the service was told to stop. */
const graceMs = 10_000;

/**
 * Starts the edge and the jobs of this process, with engine workers of its own where it has that role too.
 * @throws PortError, DatabaseError
 */
export async function startService(env: Env, log: Logger): Promise<Service> {
  const database = await openDatabase({
    home: env.TUGBOAT_HOME,
    url: env.DATABASE_URL,
    onWarning: (message) => log.warn(message),
  });
  try {
    return await serveWith(database, env, log);
  } catch (error) {
    await database.close();
    throw error;
  }
}

async function serveWith(database: Database, env: Env, log: Logger): Promise<Service> {
  if (database.migrated.length > 0) log.info({ migrations: database.migrated }, "database migrated");
  const scope = database.organization(database.home.organizationId);
  const added = await registerBundled(scope, bundledFolder);
  if (added.length > 0) log.info({ models: added }, "bundled models added to the catalog");

  const vault = await openVault(env.TUGBOAT_HOME);
  const routes = new Routes(routeSource(database), vault, (changed) => {
    catalog.refresh(changed);
    tasks.forget(changed);
    watch?.changed(changed);
  });
  let watch: TaskWatch | undefined;
  const tasks: TaskDirectory = new TaskDirectory(database, () => routes.listening);
  const catalog: Catalog = new Catalog(
    (id) => servedModels(database.organization(id)),
    env.TUGBOAT_DEFAULT_MODEL,
    scope.id,
    () => routes.listening,
  );
  const upstreams = new Upstreams();
  const keys = new KeyVerifier(database.keys);
  const forModels = modelBytes(env);
  const computing = computingOf(env);
  const isEdge = env.TUGBOAT_ROLES.has("edge");
  const pool: ModelPool = await openPool(env, {
    database,
    find: (worker) => catalog.find(worker),
    log,
    onEngine: () => {
      if (isEdge)
        loadDefault(catalog, pool, log).catch((error: Error) => log.error({ err: error }, "no model is loaded"));
    },
  });
  const consoleUrl = env.TUGBOAT_CONSOLE_URL ?? `http://127.0.0.1:${env.TUGBOAT_WEB_PORT}`;
  const home = env.TUGBOAT_HOME;
  const mailer = mailerOf(env, log);
  const secret = await accountSecret(home);
  const onWarning = (message: string) => log.warn(message);
  const auth = createAuth({ database, home, secret, consoleUrl, mailer, oidc: oidcOf(env), onWarning });
  const addressOf = addressReader({ consoleSecret: await consoleSecret(home), proxies: env.TUGBOAT_TRUSTED_PROXIES });
  const hub = { endpoint: env.HF_ENDPOINT, token: env.HF_TOKEN };
  const prepare: Management["prepareModel"] = (source, options) =>
    prepareModel(source, { ...options, downloads: join(home, "models"), hub });
  const uploadLimit = env.TUGBOAT_UPLOAD_LIMIT * 2 ** 20;
  const uploads = new Uploads({ home, limitBytes: uploadLimit });
  uploads.cleanUp().catch((error: Error) => log.warn({ err: error }, "old uploads were not removed"));
  const machine: Management["machine"] = () => ({
    total: machineBytes(),
    forModels,
    device: pool.statuses().find(({ info }) => info !== undefined)?.info?.device.kind ?? "cpu",
    uploadLimit,
  });
  const metrics = new Metrics(() => pool.statuses());
  metrics.jobs(() => database.jobs.atWork());
  const jobChanges = new JobChanges(database.jobs);
  const meter = await UsageMeter.open(join(home, "usage-journal"), database.metering, log);
  const otlp = env.OTEL_EXPORTER_OTLP_ENDPOINT === undefined ? undefined : new OtlpExporter(exporterOf(env), log);
  const tracer = await TraceRecorder.open(database.traces, log, {
    cleans: env.TUGBOAT_ROLES.has("jobs"),
    ...(otlp && { onStored: (traces) => otlp.send(traces) }),
  });
  metrics.traces(() => tracer);
  let draining = false;
  const semantic = new SemanticCache<KeptAnswer>();
  const files = new FileStore(home);
  const asking: Management["asking"] = {};
  // What asks is made of what is served, which this is a part of.
  const documents = new DocumentSearch((request) => requests.ask(request));
  const models: EdgeServices = {
    catalog,
    pool,
    routing: { routes, upstreams },
    keys,
    limits: new KeyLimits(),
    management: {
      database,
      meter,
      traces: tracer,
      auth,
      catalog,
      deployments: pool,
      semantic,
      jobChanges,
      routing: { routes, upstreams },
      vault,
      log,
      consoleUrl,
      takesResponseFormat: takesResponseFormat(),
      asking,
      mailer,
      stripe: stripeOf(env),
      addressOf,
      prepareModel: prepare,
      documents,
      home,
      datasetFiles: new DatasetFiles(home),
      uploads,
      ownFiles: ownFilesIn(home),
      reader: new ModelReader(),
      machine,
    },
    meter,
    tracer,
    answers: new ExactCache(),
    semantic: { cache: semantic, embed: textEmbedder(catalog, pool) },
    files,
    metrics,
    log,
    corsOrigins: env.TUGBOAT_CORS_ORIGINS,
    draining: () => draining,
  };
  const live = new LiveTasks(database, log);
  const edge: EdgeServices = { ...models, tasks: { directory: tasks, live, steps: new StepRequests(models) } };
  const requests = new WorkRequests(edge);
  asking.ask = requests.ask;
  const app = isEdge ? createApp(edge) : probes(metrics, env.TUGBOAT_ROLES, () => draining);
  const server = createAdaptorServer({ fetch: app.fetch, serverOptions: { keepAliveTimeout: 65_000 } });
  if (!("closeIdleConnections" in server)) throw new Error("expected an HTTP/1.1 server");

  const port = await listen(server, env.TUGBOAT_API_PORT, env.TUGBOAT_API_HOST, "TUGBOAT_API_PORT");
  const url = `http://${env.TUGBOAT_API_HOST.includes(":") ? `[${env.TUGBOAT_API_HOST}]` : env.TUGBOAT_API_HOST}:${port}`;
  if (isEdge) {
    const known = await readFirstRun(home);
    const facts = await firstRun({ home, apiUrl: url, consoleUrl, database });
    await ensureOwner(auth, database, facts);
    if (known === undefined) await renewPassword(auth, facts);
    if (env.TUGBOAT_ROLES.has("engine")) await loadDefault(catalog, pool, log);
  }
  const jobs = env.TUGBOAT_ROLES.has("jobs")
    ? await startJobs({
        database,
        changes: jobChanges,
        kinds: jobKinds,
        services: {
          home,
          hub,
          training: computing,
          engine: jobEngine(pool, catalog),
          batches: { files, ask: requests.askForBatch },
          ask: requests.ask,
          documents,
          vault,
          tracer,
        },
        log,
        redisUrl: env.REDIS_URL,
      })
    : undefined;
  if (jobs) await measureUnmeasured(scope);
  if (jobs) watch = watchTasks(database, log);
  const evaluations = jobs && watchEvaluations(database, requests.ask, log);
  const catalogWatch = jobs && watchCatalog(database, log);
  const engines = jobs && measureJoined(database, log);
  const folder = env.TUGBOAT_MODELS_FOLDER ?? join(home, "watched");
  const watched = jobs && watchFolder(folder, { database, downloads: join(home, "models"), hub, log });
  const alerts = new AlertWatch({ database, vault, mailer, consoleUrl, log });
  if (env.TUGBOAT_ROLES.has("jobs")) alerts.start();
  log.info({ url }, "serving");

  return {
    url,
    async close() {
      draining = true;
      await catalogWatch?.close();
      await engines?.close();
      await watched?.close();
      await watch?.close();
      await evaluations?.close();
      const jobsClosed = jobs?.close();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      const until = performance.now() + graceMs;
      while (pool.inFlight > 0 && performance.now() < until) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      await jobsClosed;
      await pool.close();
      // Answers whose last bytes are on their way get a moment; connections that are kept alive don't.
      server.closeIdleConnections();
      const timer = setTimeout(() => server.closeAllConnections(), 500);
      await closed;
      clearTimeout(timer);
      mailer?.close();
      await keys.close();
      await live.flush();
      await meter.close();
      await tracer.close();
      await alerts.close();
      await otlp?.close();
      await database.close();
    },
  };
}

function mailerOf({ TUGBOAT_MAIL_FROM: from, TUGBOAT_SMTP_URL: url }: Env, log: Logger): Mailer | undefined {
  if (url === undefined || from === undefined) return undefined;
  const mailer = openMailer({ url, from, onWarning: (message) => log.warn(message) });
  // Asked now, so that a wrong setting is in the log before somebody waits for a mail.
  void mailer.works();
  return mailer;
}

function stripeOf(env: Env): StripeSettings | undefined {
  const { TUGBOAT_STRIPE_SECRET_KEY: secretKey, TUGBOAT_STRIPE_WEBHOOK_SECRET: webhookSecret } = env;
  if (secretKey === undefined || webhookSecret === undefined) return undefined;
  return { secretKey, webhookSecret, baseUrl: env.TUGBOAT_STRIPE_URL };
}

/** OpenTelemetry's own variables, as its specification of the OTLP exporter has them. */
function exporterOf(env: Env): OtlpOptions {
  return { endpoint: env.OTEL_EXPORTER_OTLP_ENDPOINT ?? "", headers: env.OTEL_EXPORTER_OTLP_HEADERS };
}

function oidcOf(env: Env): OidcSettings | undefined {
  const {
    TUGBOAT_OIDC_CLIENT_ID: clientId,
    TUGBOAT_OIDC_CLIENT_SECRET: clientSecret,
    TUGBOAT_OIDC_ISSUER: issuer,
  } = env;
  if (issuer === undefined || clientId === undefined || clientSecret === undefined) return undefined;
  return { issuer, clientId, clientSecret, name: env.TUGBOAT_OIDC_NAME, domains: env.TUGBOAT_OIDC_DOMAINS };
}

/** After a start people come first: models are measured when there was time to use them. */
const measureDelayMs = 60_000;

/** Has every model measured that never was. */
async function measureUnmeasured(scope: OrganizationScope): Promise<void> {
  for (const { name, speeds } of await scope.models.list()) {
    if (speeds.length > 0) continue;
    await enqueueMeasurement(scope, name, { createdBy: "system", asked: false, delayMs: measureDelayMs });
  }
}

/** What jobs may do with the models that are served here. */
function jobEngine(pool: ModelPool, catalog: Catalog): JobEngine {
  return {
    quietMs: () => pool.quietMs,
    async measure(organizationId, name, signal, onStage) {
      const model = await catalog.of(organizationId).get(name);
      if (model === undefined) throw new Error(`There is no model ${name} any more.`);
      return measureSpeed(await pool.get(catalog.workerOf(organizationId, model)), { signal, onStage });
    },
  };
}

/** Makes vectors of texts with the model that is loaded at start, so that no request waits for another to load. */
function textEmbedder(catalog: Catalog, pool: ModelPool): EmbedText {
  return async (text, signal) => {
    const name = await catalog.defaultName();
    if (name === undefined) throw new Error("There is no model to make vectors with.");
    const { rows } = await (await pool.get(name)).read({ inputs: [{ text }], pooling: "mean" }, signal);
    const [vector] = rows;
    if (vector === undefined) throw new Error("The model made no vector.");
    return vector;
  };
}

/** Begins to load the default model; `/health` tells when it serves. */
async function loadDefault(catalog: Catalog, pool: ModelPool, log: Logger): Promise<void> {
  const name = await catalog.defaultName();
  if (name === undefined) {
    log.warn("The catalog is empty: `tug models add` adds a model.");
    return;
  }
  const deployment = await pool.get(name);
  deployment.ready().catch((error: Error) => log.error({ err: error }, "the default model is not served"));
}
