import { availableParallelism, cpus } from "node:os";
import { type DeploymentInfo, type DeploymentSettings, defaultDeployment, type OrganizationScope } from "@tugboat/db";
import { z } from "zod";
import { machineBytes } from "../../../machine.ts";
import type { Context, DeploymentView, WorkerView } from "../context.ts";
import { RefusedError } from "../errors.ts";
import { deploymentState } from "../model-view.ts";
import { moment, seen } from "../shapes.ts";
import { type Changed, orgProcedure, router } from "../trpc.ts";

const settings = z.object({
  /** In tokens; null is what the model was trained for, as far as memory goes. */
  contextLength: z.int().min(16, "At least 16 tokens.").max(10_000_000).nullable(),
  kvCacheBytes: z
    .int()
    .min(1 << 20, "At least 1 MiB.")
    .max(2 ** 44)
    .nullable(),
  /** What keys and values are kept in; null is f16. q8_0 takes 59 % of its memory. */
  kvType: z.enum(["f16", "f32", "q8_0"]).nullable(),
  /** The name of a smaller model with the same tokenizer that guesses what it will write; null is none. */
  draft: z.string().min(1).max(128).nullable(),
  /** Requests that may run or wait. */
  maxInFlight: z.int().min(1, "At least 1.").max(100_000).nullable(),
  device: z.enum(["auto", "cpu", "webgpu"]).nullable(),
  idleMinutes: z.int().min(1, "At least a minute.").max(525_600).nullable(),
  pinned: z.boolean(),
  /** Worker processes that share its requests. */
  replicas: z.int().min(1, "At least 1.").max(64, "At most 64."),
  /** Further workers that only read prompts, and hand what they read to the replicas; 0: each reads its own. */
  prefillReplicas: z.int().min(0).max(64, "At most 64."),
  /** Parts that each replica's layers are divided into, one worker process each. */
  layerStages: z.int().min(1, "At least 1.").max(64, "At most 64."),
  /** Workers of each replica's embedding; 0: the first layers' does it. */
  embeddingWorkers: z.int().min(0).max(16, "At most 16."),
  /** Workers of each replica's norm, logits and sampling; 0: the last layers' does it. */
  headWorkers: z.int().min(0).max(16, "At most 16."),
});

const worker = z.object({
  id: z.string(),
  /** Where it runs; null is the process that answers. */
  node: z.string().nullable(),
  state: deploymentState,
  inFlight: z.int(),
  waiting: z.int(),
  /** Texts that share its steps now. */
  batch: z.int(),
  kvUse: z.number().nullable(),
  prefixHits: z.number().nullable(),
  tokensPerSecond: z.number(),
  rssBytes: z.number().nullable(),
  restarts: z.int(),
  error: z.string().nullable(),
  /** What it does of a request: reads prompts, or goes on from there; null where it does both. */
  pool: z.enum(["prefill", "decode"]).nullable(),
  /** The processes that its model is divided among, in order; empty where it is in one piece. */
  stages: z.array(
    z.object({
      embedding: z.boolean(),
      /** Norm, logits and sampling. */
      head: z.boolean(),
      /** From 0. */
      firstLayer: z.int(),
      layers: z.int(),
      rssBytes: z.number(),
      /** Of the last second, what it computed: 0 to 1. */
      busy: z.number(),
    }),
  ),
});

/** A user, a session, a cache key or a prefix that is asked often. */
const hotKey = z.object({
  kind: z.string(),
  /** A prefix by its fingerprint. */
  label: z.string(),
  /** Of the model's requests of late, from 0 to 1. */
  share: z.number(),
  requestsPerSecond: z.number(),
  /** Over how many replicas it is spread. */
  places: z.int(),
});

const deployment = z.object({
  model: z.string(),
  state: deploymentState,
  /** How far loading is. */
  progress: z.object({ stage: z.string(), done: z.number(), total: z.number() }).nullable(),
  /** Requests that run or wait. */
  inFlight: z.int(),
  waiting: z.int(),
  /** Texts that share its steps now. */
  batch: z.int(),
  restarts: z.int(),
  device: z.object({ kind: z.string(), description: z.string(), threads: z.int() }).nullable(),
  /** Memory of its worker. */
  rssBytes: z.number().nullable(),
  loadMs: z.number().nullable(),
  /** In tokens, as it is served. */
  contextLength: z.int().nullable(),
  /** Of its KV cache, from 0 to 1. */
  kvUse: z.number().nullable(),
  /** Of the prompts' tokens since it was loaded: those that were in the prefix cache, from 0 to 1; null before the first. */
  prefixHits: z.number().nullable(),
  /** Of the guessed tokens: those that were right, from 0 to 1; null where nothing was guessed. */
  guessesRight: z.number().nullable(),
  /** The model that guesses, as its worker was started. */
  draftModel: z.string().nullable(),
  /** In its memory now, and used by requests now. */
  adapters: z.object({ loaded: z.int(), inUse: z.int() }),
  /** Times that a text gave its place up for another and was computed again. */
  preemptions: z.int(),
  tokensPerSecond: z.number(),
  /** Why it failed or died last. */
  error: z.string().nullable(),
  /** Its worker processes; empty while it isn't loaded. */
  replicas: z.array(worker),
  /** Of the organization that asks, the hottest first. */
  hotKeys: z.array(hotKey),
  /** Requests since it was loaded, by how they found their replica: near their prefix, as a part of a hot key, past a full replica. */
  placements: z.object({ sticky: z.int(), spread: z.int(), spilled: z.int() }),
  /** Requests that were begun anew because their worker had died. */
  retries: z.int(),
  /** Prompts that the prefill workers read and handed over since the model was loaded; null where there are none. */
  handOvers: z
    .object({
      requests: z.int(),
      tokens: z.int(),
      bytes: z.number(),
      /** Between the workers, of all of them together. */
      ms: z.number(),
      /** Prompts that a replica had to read itself, because no prefill worker could. */
      missed: z.int(),
    })
    .nullable(),
  settings,
  /** Null until it was configured for the first time. */
  updatedAt: moment.nullable(),
  /** Its worker was started with other settings. */
  needsRestart: z.boolean(),
});

const name = z.string().min(1).max(128);
/** What runs in a worker may take this long to end before it is stopped. */
const drainMs = 30_000;

/** An engine that was not heard of for this long has gone. */
const engineLivesMs = 15_000;

export const deploymentsRouter = router({
  list: orgProcedure("deployments:read")
    .output(z.object({ deployments: z.array(deployment) }))
    .query(async ({ ctx }) => {
      const infos = await ctx.scope.deployments.list();
      return { deployments: infos.map((info) => shown(ctx.organizationId, info, viewOf(ctx, info.model))) };
    }),

  /** What computes: the engines that have joined from other processes, or else this machine. */
  devices: orgProcedure("deployments:read")
    .output(
      z.object({
        devices: z.array(
          z.object({
            /** Null: this machine. */
            address: z.string().nullable(),
            device: z.string().nullable(),
            name: z.string().nullable(),
            threads: z.int().nullable(),
            memoryBytes: z.number().nullable(),
          }),
        ),
      }),
    )
    .query(async ({ ctx }) => {
      const joined = await ctx.management.database.engines.devices(engineLivesMs);
      const none = { device: null, name: null, threads: null, memoryBytes: null };
      if (joined.length > 0) return { devices: joined.map(({ address, facts }) => ({ address, ...(facts ?? none) })) };
      const [cpu] = cpus();
      const here = { threads: availableParallelism(), memoryBytes: machineBytes(), name: cpu?.model.trim() ?? null };
      return { devices: [{ address: null, device: null, ...here }] };
    }),

  /** Sets how a model is served. Pinning and the idle time hold at once, the rest from the worker's next start. */
  configure: orgProcedure("deployments:write")
    .input(settings.partial().extend({ model: name, updatedAt: seen.nullable() }))
    .output(deployment)
    .mutation(async ({ ctx, input: { model, updatedAt, ...changes } }) => {
      if (changes.draft) await checkDraft(ctx, model, changes.draft);
      const after = await ctx.change(async (scope) => {
        const before = await scope.deployments.get(model);
        const wanted = { ...settingsOf(before), ...changes };
        checkWhole(wanted);
        const result = await scope.deployments.configure(model, wanted, updatedAt);
        return { subject: model, before: settingsOf(before), after: settingsOf(result), result };
      });
      ctx.management.catalog.refresh(ctx.organizationId);
      return shown(ctx.organizationId, after, viewOf(ctx, model));
    }),

  /** Begins to load a model; the list tells how far it is. */
  load: orgProcedure("deployments:write")
    .input(z.object({ model: name }))
    .output(z.object({ model: name }))
    .mutation(({ ctx, input }) => act(ctx, input.model, (worker) => ctx.management.deployments.load(worker))),

  /** Takes a model out of memory once what runs in it has ended. The next request loads it again. */
  unload: orgProcedure("deployments:write")
    .input(z.object({ model: name }))
    .output(z.object({ model: name }))
    .mutation(({ ctx, input }) =>
      act(ctx, input.model, (worker) => ctx.management.deployments.unload(worker, drainMs)),
    ),

  /** Starts a new worker with the settings of now. What runs in the old one ends there. */
  restart: orgProcedure("deployments:write")
    .input(z.object({ model: name }))
    .output(z.object({ model: name }))
    .mutation(({ ctx, input }) =>
      act(ctx, input.model, (worker) => ctx.management.deployments.restart(worker, drainMs)),
    ),
});

type OrgContext = Pick<Context, "management"> & {
  readonly organizationId: string;
  readonly scope: OrganizationScope;
  readonly change: <T>(run: (scope: OrganizationScope) => Promise<Changed<T>>) => Promise<T>;
};

/** A worker's refusal by its shape: its class speaks of the engine, of which the console knows nothing. */
const servingError = z.object({
  name: z.literal("ServingError"),
  code: z.string(),
  message: z.string(),
  hint: z.string().optional(),
});

/** A draft model guesses where the whole model is in one process. */
function checkWhole({ draft, embeddingWorkers, headWorkers, layerStages }: DeploymentSettings): void {
  if (draft === null || (layerStages === 1 && embeddingWorkers === 0 && headWorkers === 0)) return;
  const problem = "A model that is cut into stages has no draft model.";
  const hint = "Leave the draft model empty, or serve the model in one piece.";
  throw new RefusedError("BAD_REQUEST", problem, {
    reason: "bad-draft",
    hint,
    fields: { draft: `${problem} ${hint}` },
  });
}

/**
 * A draft model must write the same tokens as the model that it guesses for.
 * @throws RefusedError that says how they differ, and which models fit
 */
async function checkDraft(
  { management: { catalog, reader }, organizationId, scope }: OrgContext,
  name: string,
  draftName: string,
): Promise<void> {
  await scope.deployments.get(name);
  const models = (await catalog.of(organizationId).list()).filter(({ base }) => (base ?? null) === null);
  const model = models.find((one) => one.name === name);
  const draft = models.find((one) => one.name === draftName);
  if (model === undefined) return;
  const problem =
    draft === undefined
      ? `There is no model ${draftName}.`
      : draftName === name
        ? `${name} can't guess for itself: that would take as long as writing.`
        : await reader.draftProblem(model.sourcePath, draft.sourcePath);
  if (problem === undefined) return;
  const fitting: string[] = [];
  for (const one of models) {
    if (one.name === name || one.parameters >= model.parameters) continue;
    const wrong = await reader.draftProblem(model.sourcePath, one.sourcePath).catch(() => "unreadable");
    if (wrong === undefined) fitting.push(one.name);
  }
  const hint =
    fitting.length > 0
      ? `These fit: ${fitting.join(", ")}.`
      : "No smaller model of yours has the same tokenizer. Add one of the same family, which usually has, or choose none.";
  throw new RefusedError("BAD_REQUEST", problem, {
    reason: "bad-draft",
    hint,
    fields: { draft: `${problem} ${hint}` },
  });
}

/** Does something to a worker, and writes that it was asked for. */
async function act(ctx: OrgContext, model: string, run: (worker: string) => Promise<void>): Promise<{ model: string }> {
  const { model: found } = await ctx.scope.deployments.get(model);
  try {
    await run(workerOf(ctx, found));
  } catch (error) {
    const refused = servingError.safeParse(error).data;
    if (refused === undefined) throw error;
    const { code: reason, hint, message } = refused;
    throw new RefusedError("PRECONDITION_FAILED", message, { reason, ...(hint !== undefined && { hint }) }, error);
  }
  return ctx.change(async () => ({ subject: found, result: { model: found } }));
}

/** A deployment is its own organization's: what is shared is configured by whoever shares it. */
function workerOf({ management, organizationId }: Pick<OrgContext, "management" | "organizationId">, name: string) {
  return management.catalog.workerOf(organizationId, { name, own: true });
}

function viewOf(ctx: Pick<OrgContext, "management" | "organizationId">, model: string): DeploymentView | undefined {
  const worker = workerOf(ctx, model);
  return ctx.management.deployments.statuses().find((status) => status.model === worker);
}

function shareOf(part = 0, whole = 0): number | null {
  return whole > 0 ? part / whole : null;
}

function settingsOf({ model: _, updatedAt: __, ...rest }: DeploymentInfo): DeploymentSettings {
  return rest;
}

/** What a worker does, or several together. */
function working(view: WorkerView | undefined) {
  const { stats } = view ?? {};
  return {
    state: view?.state ?? "idle",
    inFlight: view?.inFlight ?? 0,
    waiting: stats?.waiting ?? 0,
    batch: stats?.running ?? 0,
    kvUse: shareOf(stats?.kvBlocksUsed, stats?.kvBlocksTotal),
    prefixHits: shareOf(stats?.cachedTokens, stats?.promptTokens),
    tokensPerSecond: stats?.tokensPerSecond ?? 0,
    rssBytes: view?.rssBytes ?? null,
    restarts: view?.restarts ?? 0,
    error: view?.error ?? null,
  };
}

function shown(
  organizationId: string,
  info: DeploymentInfo,
  view: DeploymentView | undefined,
): z.output<typeof deployment> {
  const wanted = settingsOf(info);
  const { applied = defaultDeployment, info: loaded, stats } = view ?? {};
  const restartKeys = [
    "contextLength",
    "device",
    "draft",
    "kvCacheBytes",
    "kvType",
    "maxInFlight",
    "replicas",
    "prefillReplicas",
    "layerStages",
    "embeddingWorkers",
    "headWorkers",
  ] as const;
  return {
    model: info.model,
    ...working(view),
    progress: view?.progress ?? null,
    replicas: (view?.replicas ?? []).map((one) => ({
      id: one.id,
      node: one.node ?? null,
      ...working(one),
      pool: one.pool ?? null,
      stages: (one.stages ?? []).map(({ busy, embedding, firstLayer, head, layers, rssBytes }) => {
        return { embedding, head, firstLayer, layers, rssBytes, busy };
      }),
    })),
    hotKeys: (view?.hotKeys ?? []).filter(({ scope }) => scope === organizationId).map(({ scope: _, ...key }) => key),
    placements: view?.placements ?? { sticky: 0, spread: 0, spilled: 0 },
    retries: view?.retries ?? 0,
    handOvers: view?.handOvers ?? null,
    device: loaded
      ? { kind: loaded.device.kind, description: loaded.device.description, threads: loaded.device.threads }
      : null,
    loadMs: view?.loadMs ?? null,
    contextLength: loaded?.contextLength ?? null,
    draftModel: stats?.drafts.model === undefined ? null : applied.draft,
    guessesRight: shareOf(stats?.drafts.accepted, stats?.drafts.tokens),
    adapters: { loaded: stats?.adapters.loaded ?? 0, inUse: stats?.adapters.inUse ?? 0 },
    preemptions: stats?.preemptions ?? 0,
    settings: wanted,
    updatedAt: info.updatedAt?.toISOString() ?? null,
    needsRestart: view !== undefined && restartKeys.some((key) => applied[key] !== wanted[key]),
  };
}
