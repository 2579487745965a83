import type { FlowInfo, FlowRunInfo, FlowStepInfo, OrganizationScope } from "@tugboat/db";
import type { Context } from "hono";
import { FlowError } from "../../domain/flows/errors.ts";
import { settledRun } from "../../domain/flows/settle-run.ts";
import { startRun } from "../../domain/flows/start-run.ts";
import { organizationOf } from "../access.ts";
import { ApiError, invalidRequest } from "../errors.ts";
import type { EdgeServices, EdgeVariables } from "../types.ts";

/** A flow that a request names, with its organization's handle. */
export interface NamedFlow {
  readonly flow: FlowInfo;
  readonly scope: OrganizationScope;
}

/**
 * The flow that a name leads to: `flow:docs-answer`.
 * @returns undefined for a name that is not a flow's
 * @throws ApiError 404 for a flow that is not there
 */
export async function flowNamed(
  c: Context<EdgeVariables>,
  services: EdgeServices,
  model: string,
): Promise<NamedFlow | undefined> {
  if (!model.startsWith("flow:")) return undefined;
  const { caller } = c.get("call");
  const organizationId = organizationOf(caller);
  const database = services.management?.database;
  const isConfined = caller?.kind === "key" && caller.models !== undefined && !caller.models.has(model);
  const scope = organizationId === undefined ? undefined : database?.organization(organizationId);
  const flow = isConfined ? null : await scope?.flows.find(model.slice("flow:".length));
  if (flow && scope) return { flow, scope };
  const message = `The model \`${model.slice(0, 100)}\` does not exist or you do not have access to it.`;
  throw new ApiError(404, "invalid_request_error", "model_not_found", message, { param: "model" });
}

/**
 * Begins a run in the name of whoever called.
 * @param isFollowed whether they wait for what comes of it
 * @throws ApiError 400 naming the field
 */
export async function beginRun(
  c: Context<EdgeVariables>,
  { flow, scope }: NamedFlow,
  input: unknown,
  isFollowed = true,
): Promise<FlowRunInfo> {
  const { caller, work } = c.get("call");
  const actor = caller?.kind === "key" ? `key:${caller.keyId}` : (caller?.userId ?? "system");
  const apiKeyId = caller?.kind === "key" ? caller.keyId : null;
  try {
    const urgent = isFollowed && work === undefined;
    return await scope.transaction((tx) => startRun(tx, flow, { input, actor, apiKeyId, urgent }));
  } catch (error) {
    if (!(error instanceof FlowError)) throw error;
    throw invalidRequest("invalid_value", `${error.message} ${error.hint}`, "input");
  }
}

export interface RunView {
  readonly run: FlowRunInfo;
  readonly steps: readonly FlowStepInfo[];
}

/** While nothing is told, a run is looked at this often, in ms. */
const lookMs = 400;
const over: readonly FlowRunInfo["state"][] = ["done", "failed", "cancelled", "waiting"];

/**
 * Follows a run: gives how it stands whenever something changed, until it is over or waits for a person. The run goes on
 * when nobody follows any more.
 */
export async function* followRun(
  { management }: EdgeServices,
  scope: OrganizationScope,
  begun: FlowRunInfo,
  signal: AbortSignal,
): AsyncGenerator<RunView> {
  let wake: () => void = () => {};
  const unsubscribe = management?.jobChanges.subscribe({
    onChange: ({ id }) => id === begun.jobId && wake(),
    onGap: () => wake(),
  });
  const stop = () => wake();
  signal.addEventListener("abort", stop);
  try {
    for (let told = ""; !signal.aborted; ) {
      const changed = new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, lookMs);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      const run = await settledRun(scope, await scope.flowRuns.get(begun.id));
      const steps = await scope.flowRuns.steps(begun.id);
      const now = `${run.state} ${steps.map(({ path, state }) => `${path} ${state}`).join()}`;
      if (now !== told) yield { run, steps };
      told = now;
      if (over.includes(run.state)) return;
      await changed;
    }
  } finally {
    unsubscribe?.();
    signal.removeEventListener("abort", stop);
  }
}

/** A run's last state, when it is over or waits. */
export async function lastOf(views: AsyncGenerator<RunView>): Promise<RunView | undefined> {
  let last: RunView | undefined;
  for await (const view of views) last = view;
  return last;
}

/** What the steps used together. */
export function usageOf({ steps }: RunView) {
  const sum = (of: (step: FlowStepInfo) => number) => steps.reduce((total, step) => total + of(step), 0);
  return {
    input_tokens: sum(({ inputTokens }) => inputTokens),
    cached_tokens: sum(({ cachedTokens }) => cachedTokens),
    output_tokens: sum(({ outputTokens }) => outputTokens),
    cost_micro_usd: sum(({ costMicroUsd }) => costMicroUsd),
  };
}

/** The refusal that a run which ended without an output is answered with. */
export function failureOf({ run }: RunView): ApiError | undefined {
  if (run.state !== "failed" && run.state !== "cancelled") return undefined;
  const { code, hint, message } = Object(run.error) as { code?: unknown; message?: unknown; hint?: unknown };
  if (run.state === "cancelled")
    return new ApiError(409, "invalid_request_error", "run_cancelled", "The run was cancelled.");
  const said = `${String(message ?? "The run failed.")} ${String(hint ?? "")}`.trim();
  return new ApiError(502, "server_error", String(code ?? "flow_failed").replaceAll("-", "_"), said);
}
