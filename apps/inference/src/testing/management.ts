import { createHmac, randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { type Database, type KeptTrace, type OrganizationScope, openDatabase } from "@tugboat/db";
import { pino } from "pino";
import { type AuthOptions, createAuth, sessionCookie } from "../domain/accounts/auth.ts";
import { SemanticCache } from "../domain/caching/semantic-cache.ts";
import { DatasetFiles } from "../domain/datasets/file-store.ts";
import { servedModels } from "../domain/deployments/served.ts";
import { DocumentSearch } from "../domain/documents/search.ts";
import { FileStore } from "../domain/files/store.ts";
import { KeyLimits } from "../domain/keys/limits.ts";
import { KeyVerifier } from "../domain/keys/verifier.ts";
import { Catalog } from "../domain/models/catalog.ts";
import { ownFilesIn } from "../domain/models/own-files.ts";
import { ModelReader } from "../domain/models/reader.ts";
import { prepareModel } from "../domain/models/register.ts";
import { Uploads } from "../domain/models/uploads.ts";
import type { StripeSettings } from "../domain/payments/stripe.ts";
import type { Role } from "../domain/permissions.ts";
import { openVault } from "../domain/secrets/vault.ts";
import { TraceRecorder } from "../domain/traces/recorder.ts";
import { UsageMeter } from "../domain/usage/meter.ts";
import { newRequestId, timeOfRequestId } from "../domain/usage/request-id.ts";
import { addressReader } from "../edge/address.ts";
import { createApp } from "../edge/app.ts";
import { Metrics } from "../edge/metrics.ts";
import { takesResponseFormat } from "../edge/openai/chat-request.ts";
import type { KeptAnswer } from "../edge/openai/kept-answer.ts";
import { WorkRequests } from "../edge/openai/work-requests.ts";
import { consoleHeader } from "../edge/session.ts";
import { TaskDirectory } from "../edge/tasks/directory.ts";
import { LiveTasks } from "../edge/tasks/live.ts";
import { StepRequests } from "../edge/tasks/step-requests.ts";
import type { EdgeServices } from "../edge/types.ts";
import { JobChanges } from "../jobs/changes.ts";
import { Routes, routeSource } from "../routing/routes.ts";
import { Upstreams } from "../upstreams/health.ts";
import { DeploymentPool } from "../workers/pool.ts";
import { wordsEngine } from "./engine.ts";
import { temporaryHome } from "./service.ts";
import { memoryLauncher } from "./workers.ts";

const secret = "a-secret-of-at-least-32-characters!!";
/** With it in the console's header, the console's word on where a browser is counts. */
export const consoleSecret = "what-the-console-proves-itself-with";
export const consoleUrl = "http://console.example";

/** The largest file that is taken, in bytes. */
export const uploadLimit = 3 * 2 ** 20;

export interface Person {
  readonly userId: string;
  readonly email: string;
  /** The headers with which the console speaks for them. */
  readonly headers: Readonly<Record<string, string>>;
}

/** The edge with its management API on a real database, and a model that answers words. */
export async function startManagement({
  mailer,
  oidc,
  stripe,
}: Pick<AuthOptions, "mailer" | "oidc"> & { readonly stripe?: StripeSettings } = {}) {
  const home = await temporaryHome();
  const database = await openDatabase({ home });
  const log = pino({ level: "silent" });
  const auth = createAuth({ database, home, secret, consoleUrl, mailer, oidc });
  /** What the disk has left; a test may fill it. */
  const disk = { freeBytes: 2 ** 40 };
  const scope = database.organization(database.home.organizationId);
  const vault = await openVault(home);
  const routes = new Routes(routeSource(database), vault, (changed) => {
    catalog.refresh(changed);
    tasks.forget(changed);
  });
  const tasks: TaskDirectory = new TaskDirectory(database, () => routes.listening);
  const upstreams = new Upstreams();
  const catalog: Catalog = new Catalog(
    (id) => servedModels(database.organization(id)),
    "words",
    scope.id,
    () => routes.listening,
  );
  const { launch } = memoryLauncher(async () => wordsEngine({ words: 5 }));
  const pool = new DeploymentPool({
    find: (worker) => catalog.find(worker),
    launch,
    log,
    settings: { device: "cpu" },
    memoryBytes: 2 ** 30,
    maxInFlight: 50,
  });
  const keys = new KeyVerifier(database.keys);
  const meter = await UsageMeter.open(join(home, "usage-journal"), database.metering, log);
  const tracer = await TraceRecorder.open(database.traces, log, { cleans: false });
  const semantic = new SemanticCache<KeptAnswer>();
  const documents = new DocumentSearch((request) => new WorkRequests(edge).ask(request));
  const models: EdgeServices = {
    tracer,
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
      jobChanges: new JobChanges(database.jobs),
      routing: { routes, upstreams },
      vault,
      log,
      consoleUrl,
      takesResponseFormat: takesResponseFormat(),
      asking: {},
      mailer,
      stripe,
      addressOf: addressReader({ consoleSecret, proxies: ["192.0.2.0/24"] }),
      prepareModel: (source, options) =>
        prepareModel(source, { ...options, downloads: join(home, "models"), hub: { endpoint: "http://127.0.0.1:1" } }),
      documents,
      home,
      datasetFiles: new DatasetFiles(home),
      ownFiles: ownFilesIn(home),
      uploads: new Uploads({ home, limitBytes: uploadLimit, freeBytes: async () => disk.freeBytes }),
      reader: new ModelReader(),
      machine: () => ({ total: 2 ** 31, forModels: 2 ** 30, device: "cpu", uploadLimit }),
    },
    meter,
    files: new FileStore(home),
    metrics: new Metrics(() => pool.statuses()),
    log,
    corsOrigins: [],
    draining: () => false,
  };
  const live = new LiveTasks(database, log);
  const edge: EdgeServices = { ...models, tasks: { directory: tasks, live, steps: new StepRequests(models) } };
  const app = createApp(edge);
  await scope.models.upsert(wordsModel("words"));

  const enter = async (
    name: string,
    organization: OrganizationScope,
    role: Role,
    password?: string,
  ): Promise<Person> => {
    const { internalAdapter, password: hasher } = await auth.$context;
    const email = `${name.toLowerCase()}-${randomUUID().slice(0, 8)}@x.example`;
    const user = await database.accounts.user.create({ data: { name, email } });
    if (password !== undefined) {
      const account = { userId: user.id, accountId: user.id, providerId: "credential" };
      await internalAdapter.linkAccount({ ...account, password: await hasher.hash(password) });
    }
    await organization.members.add(user.id, role);
    return { userId: user.id, email, headers: await signedIn(user.id) };
  };
  const signedIn = async (userId: string) => {
    const { internalAdapter } = await auth.$context;
    const { token } = await internalAdapter.createSession(userId);
    const signature = createHmac("sha256", secret).update(token).digest("base64");
    return { cookie: `${sessionCookie}=${encodeURIComponent(`${token}.${signature}`)}`, [consoleHeader]: "1" };
  };

  /** Calls a procedure by its REST route. */
  const call = async (
    who: Person | { readonly headers: Readonly<Record<string, string>> },
    procedure: string,
    input?: unknown,
    method = "POST",
  ) => {
    const path = `/api/${procedure.replace(".", "/")}`;
    const query =
      input === undefined
        ? ""
        : `?${new URLSearchParams(Object.entries(Object(input)).map(([k, v]) => [k, String(v)]))}`;
    const response = await (method === "GET"
      ? app.request(path + query, { headers: who.headers })
      : app.request(path, {
          method,
          headers: { ...who.headers, "content-type": "application/json" },
          body: JSON.stringify(input),
        }));
    return { status: response.status, body: await response.json() };
  };

  /** What a subscription tells first, by tRPC's SSE: an error when it is refused. */
  const listen = async (who: Pick<Person, "headers">, procedure: string, input?: object) => {
    const query = input === undefined ? "" : `?input=${encodeURIComponent(JSON.stringify(input))}`;
    const headers = { ...who.headers, accept: "text/event-stream" };
    const response = await app.request(`/api/trpc/${procedure}${query}`, { headers });
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    while (reader) {
      const { done, value = "" } = await reader.read();
      text += value;
      const [, data] = /^(?:id: .*\n)?data: ({.*})$/m.exec(text.replace(/event: connected\ndata: .*\n/, "")) ?? [];
      if (done || data !== undefined) {
        await reader.cancel();
        return JSON.parse(data ?? text);
      }
    }
    throw new Error("a stream without a body");
  };

  return {
    app,
    edge,
    auth,
    call,
    listen,
    database,
    disk,
    enter,
    home,
    meter,
    tracer,
    pool,
    routes,
    scope,
    upstreams,
    vault,
    signedIn,
    async close() {
      await pool.close();
      await keys.close();
      await live.flush();
      await meter.close();
      await tracer.close();
      await database.close();
      await rm(home, { recursive: true, force: true });
    },
  };
}

export type ManagementFixture = Awaited<ReturnType<typeof startManagement>>;

export function wordsModel(name: string) {
  return {
    name,
    sourcePath: `/models/${name}.gguf`,
    architecture: "llama",
    parameters: 1000,
    contextLength: 512,
    quantisation: "f32",
    licence: "MIT",
    bytes: 4000,
    files: [{ path: "", bytes: 4000, sha256: null }],
  };
}

export function upstreamSettings(name: string, baseUrl: string) {
  return {
    name,
    baseUrl,
    secretHeader: "authorization",
    headers: {},
    connectTimeoutMs: 300,
    firstByteTimeoutMs: 300,
    idleTimeoutMs: 300,
    totalTimeoutMs: 1500,
    enabled: true,
    extraModels: ["echo"],
  };
}

/** A second organization, with one of everything. */
export async function strangers({ database, enter }: Pick<ManagementFixture, "database" | "enter">) {
  const id = await addOrganization(database);
  const scope = database.organization(id);
  const owner = await enter("Stranger", scope, "owner");
  const project = await scope.projects.create("Their project");
  const { key, secret } = await scope.keys.create({ projectId: project.id, name: "Their key" });
  const { invitation } = await scope.members.invitations.create({
    email: "their-guest@x.example",
    role: "viewer",
    invitedBy: owner.userId,
    expiresAt: new Date(Date.now() + 3_600_000),
  });
  await scope.models.upsert(wordsModel("their-model"));
  await scope.audit.append({ actor: owner.userId, action: "keys.create", subject: key.id });
  const share = await scope.playgroundShares.keep("dGhlaXJz", owner.userId);
  const tuningRun = await scope.tuningRuns.create({
    name: "theirs",
    model: "their-model",
    minutes: 1,
    config: { instruction: null, mayForget: 0 },
    samples: [],
    createdBy: owner.userId,
  });
  const prompt = await scope.prompts.create({
    name: "their-prompt",
    description: "",
    projectId: project.id,
    createdBy: owner.userId,
  });
  const dataset = await scope.datasets.create({ name: "their-dataset", createdBy: owner.userId });
  const { version } = await scope.datasets.append(dataset.id, [{ input: "theirs", expected: "x" }], {
    createdBy: owner.userId,
  });
  const evaluation = await scope.evaluations.create({
    name: "theirs",
    datasetId: dataset.id,
    datasetVersionId: version.id,
    datasetName: "their-dataset@1",
    config: {
      candidates: [{ name: "their-model", model: "their-model" }],
      evaluators: [{ name: "exact", spec: { kind: "exact" } }],
    },
    total: 1,
    createdBy: owner.userId,
  });
  const evaluator = await scope.evaluators.create({
    name: "theirs",
    description: "",
    spec: { kind: "exact" },
    createdBy: owner.userId,
  });
  const queue = await scope.reviews.createQueue({
    evaluationId: evaluation.id,
    name: "theirs",
    kind: "rating",
    config: { candidates: ["their-model"] },
    items: [{ position: 1, a: 0, b: null, swapped: false }],
    createdBy: owner.userId,
  });
  const guard = await scope.guards.set({
    subject: "their-alias",
    dataset: "their-dataset",
    evaluator: "exact",
    margin: 0.01,
    createdBy: owner.userId,
  });
  const { job } = await scope.jobs.enqueue({
    kind: "test.theirs",
    subject: "their-model",
    input: {},
    maxFailures: 1,
    createdBy: owner.userId,
  });
  const task = await scope.tasks.create(
    "their-task",
    {},
    { document: { task: "their-task" }, yaml: "task: their-task", examples: null, createdBy: owner.userId },
  );
  const flow = await scope.flows.create("their-flow", {
    document: {},
    yaml: "flow: their-flow",
    createdBy: owner.userId,
  });
  const flowRun = await scope.flowRuns.create({
    flowId: flow.id,
    version: 1,
    choices: {},
    input: {},
    apiKeyId: null,
    createdBy: owner.userId,
  });
  await scope.documentCollections.create({ name: "their-documents", model: null, createdBy: owner.userId });
  const planning = await scope.taskPlannings.create({
    taskId: task.id,
    version: 1,
    reason: "asked",
    cause: null,
    minutes: 1,
    createdBy: owner.userId,
  });
  const upstream = await scope.upstreams.create(upstreamSettings("their-upstream", "http://127.0.0.1:9"), undefined);
  const target = { kind: "model", model: "their-model" } as const;
  const plan = { split: [{ target, share: 100 }], failover: [] };
  const alias = await scope.aliases.create("their-alias", { plan, createdBy: owner.userId });
  const invoice = await scope.invoices.draft({
    ...{ from: new Date(0), to: new Date(86_400_000), billTo: "", note: "", taxName: "", taxBasisPoints: 0 },
    createdBy: owner.userId,
  });
  const hook = { name: "theirs", kind: "webhook", address: "http://127.0.0.1:9" } as const;
  const channel = await scope.alerts.addChannel(hook, undefined);
  const wanted = { url: "http://127.0.0.1:9/their-hook", events: ["batch.failed"] };
  const webhook = await scope.webhooks.add(wanted, () => ({ sealed: new Uint8Array(1), keyId: "none" }));
  const event = { eventId: "evt_theirs", event: "batch.failed", body: "{}" };
  const [message = webhook] = await scope.webhooks.announce(event);
  const traceId = newRequestId();
  await database.traces.write([keptTraceOf(id, traceId)]);
  return {
    invoice,
    channel,
    webhook,
    message,
    traceId,
    id,
    scope,
    owner,
    project,
    key,
    secret,
    invitation,
    share,
    tuningRun,
    planning,
    flowRun,
    dataset,
    prompt,
    evaluation,
    evaluator,
    queue,
    guard,
    job,
    upstream,
    alias,
    plan,
  };
}

function keptTraceOf(organizationId: string, id: string): KeptTrace {
  return {
    trace: {
      id,
      at: timeOfRequestId(id),
      organizationId,
      projectId: null,
      apiKeyId: null,
      userId: null,
      requestId: "their-request",
      traceHex: id.replaceAll("-", ""),
      kind: "chat",
      model: "their-model",
      target: "their-model",
      alias: null,
      status: "done",
      httpStatus: 200,
      error: null,
      cache: "miss",
      inputTokens: 1,
      cachedTokens: 0,
      outputTokens: 1,
      ttftUs: 1,
      queueUs: 1,
      durationUs: 1,
      amountPicoUsd: 1n,
      preview: "their secret",
    },
    spans: [],
    body: { input: '"their secret"', output: "[]", redacted: false },
  };
}

export async function addOrganization(database: Database): Promise<string> {
  const { Client } = await import("pg");
  const client = new Client({ connectionString: database.url });
  await client.connect();
  try {
    const { rows } = await client.query<{ id: string }>(
      "INSERT INTO organization (id, name, slug) VALUES (gen_random_uuid(), 'Strangers', $1) RETURNING id",
      [`strangers-${randomUUID()}`],
    );
    return rows[0]?.id ?? "";
  } finally {
    await client.end();
  }
}
