import { contentHash } from "@tugboat/tuning";
import type { Context } from "hono";
import { canonical, type Values } from "../../domain/tasks/examples.ts";
import { objectParserOf, onlyField } from "../../domain/tasks/fields.ts";
import { scoreAnswer } from "../../domain/tasks/score.ts";
import { answering } from "../../tasks/release.ts";
import { runPlan, type StepTrace } from "../../tasks/run-plan.ts";
import { StepError } from "../../tasks/run-step.ts";
import { organizationOf } from "../access.ts";
import type { Call } from "../call.ts";
import { ApiError, invalidRequest } from "../errors.ts";
import { admitTask, meterCall } from "../metering.ts";
import type { EdgeServices, EdgeVariables } from "../types.ts";
import type { ReadyTask } from "./directory.ts";
import { planSpan } from "./judged.ts";

/** What a task answered, and how. */
export interface TaskAnswer {
  readonly task: string;
  readonly plan: number;
  readonly output: Values;
  readonly cached: boolean;
  readonly branch: "single" | "first" | "rest" | "cache";
  readonly steps: readonly StepTrace[];
  readonly totalMs: number;
  /** What is not spent in the steps: choosing the plan, looking into the cache, checking input and output. */
  readonly planningMs: number;
  readonly costMicroUsd: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/**
 * The task that a name leads to.
 * @returns undefined for a name that is not a task's
 * @throws ApiError 404 for a task that is not there or serves nothing
 */
export async function taskNamed(
  c: Context<EdgeVariables>,
  services: EdgeServices,
  model: string,
): Promise<ReadyTask | undefined> {
  const { caller } = c.get("call");
  const organizationId = organizationOf(caller);
  if (services.tasks === undefined || organizationId === undefined || caller === undefined) return undefined;
  const found = await services.tasks.directory.find(organizationId, model);
  const isConfined = caller.kind === "key" && caller.models !== undefined && !caller.models.has(model);
  if (found === undefined || isConfined) {
    if (!model.startsWith("task:") && !isConfined) return undefined;
    if (found === undefined && !model.startsWith("task:")) return undefined;
    const message = `The model \`${model}\` does not exist or you do not have access to it.`;
    throw new ApiError(404, "invalid_request_error", "model_not_found", message, { param: "model" });
  }
  if (found === "not-shipped") {
    const message = `Nothing serves \`${model}\` yet: plan the task and ship a plan.`;
    throw new ApiError(404, "invalid_request_error", "task_not_shipped", message, { param: "model" });
  }
  return found;
}

/** @throws ApiError 400 naming the field */
export function taskInput({ document }: ReadyTask, given: unknown): Values {
  const only = onlyField(document.input);
  const record = typeof given === "string" && only !== undefined ? { [only.name]: given } : given;
  const parsed = objectParserOf(document.input).safeParse(record);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = issue?.path.join(".") ?? "";
  const wanted = Object.keys(document.input).join(", ");
  const message = `input${field === "" ? "" : `.${field}`}: ${issue?.message ?? "It does not fit."} The task ${document.task} takes: ${wanted}.`;
  throw invalidRequest("invalid_value", message, field === "" ? "input" : `input.${field}`);
}

/**
 * Answers by the plan that serves, or during a canary by one of two.
 * @throws ApiError 502 when the plan gave no valid output, what a step's model answered otherwise
 */
export async function answerTask(
  c: Context<EdgeVariables>,
  services: EdgeServices,
  task: ReadyTask,
  input: Values,
): Promise<TaskAnswer> {
  const begun = performance.now();
  const call = c.get("call");
  const { tasks } = services;
  const organizationId = organizationOf(call.caller);
  if (tasks === undefined || organizationId === undefined) throw new Error("tasks are not served here");
  const number = planFor(task, c.req.header("x-session-affinity") ?? call.requestId);
  const plan = task.plans.get(number);
  if (plan === undefined) throw new Error(`plan ${number} of ${task.name} is gone`);
  const name = `task:${task.name}`;
  const key = plan.spec.cache ? `${number} ${canonical(input)}` : undefined;
  const known = key === undefined ? undefined : task.cache.get(key);
  call.model = name;
  call.trace.asked = name;
  call.trace.input ??= { input };
  call.trace.span(planSpan).end({ "tugboat.task": task.name, "tugboat.plan": number });
  const count = (more: {
    latencyMs: number;
    costMicroUsd: number;
    failed: boolean;
    cached: boolean;
    escalated: boolean;
  }) => tasks.live.record({ organizationId, taskId: task.id, plan: number, ...more });
  if (known !== undefined) {
    const planningMs = performance.now() - begun;
    // Nothing is computed; that it was asked is accounted for all the same.
    meterCall(c, services.meter, "task", name, task.id);
    const settled = call.settle("done", { usage: { promptTokens: 0, completionTokens: 0, cachedTokens: 0 } });
    await settled?.durable;
    const totalMs = performance.now() - begun;
    count({ latencyMs: totalMs, costMicroUsd: 0, failed: false, cached: true, escalated: false });
    heard(call, known);
    const none = { costMicroUsd: 0, inputTokens: 0, outputTokens: 0, steps: [] };
    return {
      task: task.name,
      plan: number,
      output: known,
      cached: true,
      branch: "cache",
      totalMs,
      planningMs,
      ...none,
    };
  }
  let stepsMs = 0;
  admitTask(c, services.meter, task.id);
  const ask = tasks.steps.asker(call, { id: task.id, name }, c.req.raw.signal);
  try {
    const answer = await runPlan(plan, input, async (request) => {
      const asked = performance.now();
      try {
        const { body } = request;
        const model = "model" in body && typeof body.model === "string" ? body.model : "";
        return await call.trace.within("step", () => ask(request), { "gen_ai.request.model": model });
      } finally {
        stepsMs += performance.now() - asked;
      }
    });
    const parsed = objectParserOf(task.document.output).safeParse(answer.output);
    if (!parsed.success) {
      const message = `The plan answered "${answer.text.slice(0, 200)}", which is no valid output of ${task.name}.`;
      throw new ApiError(502, "server_error", "invalid_output", message);
    }
    if (key !== undefined) task.cache.set(key, parsed.data);
    const totalMs = performance.now() - begun;
    count({
      latencyMs: totalMs,
      costMicroUsd: answer.costMicroUsd,
      failed: false,
      cached: false,
      escalated: answer.escalated,
    });
    call.trace.parts = {
      inputTokens: answer.inputTokens,
      outputTokens: answer.outputTokens,
      amountPicoUsd: BigInt(Math.round(answer.costMicroUsd * 1e6)),
    };
    heard(call, parsed.data);
    shadow(services, call, task, { input, output: parsed.data, organizationId });
    call.onTokens?.(answer.inputTokens + answer.outputTokens);
    return {
      task: task.name,
      plan: number,
      output: parsed.data,
      cached: false,
      branch: plan.spec.kind === "single" ? "single" : answer.escalated ? "rest" : "first",
      steps: answer.steps,
      totalMs,
      planningMs: totalMs - stepsMs,
      costMicroUsd: answer.costMicroUsd,
      inputTokens: answer.inputTokens,
      outputTokens: answer.outputTokens,
    };
  } catch (error) {
    if (!c.req.raw.signal.aborted) {
      count({ latencyMs: performance.now() - begun, costMicroUsd: 0, failed: true, cached: false, escalated: false });
    }
    // Said in whole, with the moment when it begins anew.
    if (error instanceof StepError && error.code === "budget_exceeded") admitTask(c, services.meter, task.id);
    if (error instanceof StepError) throw stepFailure(error);
    throw error;
  }
}

/** Tells the trace what was answered. */
function heard({ trace }: Call, output: Values): void {
  trace.heard.document({ choices: [{ message: { content: JSON.stringify(output) }, finish_reason: "stop" }] });
}

/** So many requests are copied at once; while they run, others are not. */
const mostShadows = 4;
const shadowMs = 60_000;
let shadows = 0;

/** Has the plan in the shadow answer a copy of its share of the requests, behind everybody's, and compares what both say. */
function shadow(
  { log, tasks }: EdgeServices,
  call: Call,
  task: ReadyTask,
  { input, organizationId, output }: { input: Values; output: Values; organizationId: string },
): void {
  const { plan: number, share, shadow: isShadow } = task.release;
  const plan = task.plans.get(number);
  const isChosen = contentHash(`${task.name}\n${call.requestId}`) % 100 < share;
  if (!isShadow || !isChosen || tasks === undefined || plan === undefined || shadows >= mostShadows) return;
  shadows++;
  const begun = performance.now();
  const count = (more: { costMicroUsd: number; failed: boolean; escalated: boolean; agreed?: number }) =>
    tasks.live.record({
      ...{ organizationId, taskId: task.id, plan: number, latencyMs: performance.now() - begun, cached: false },
      ...more,
    });
  const work = { kind: "shadow", subject: task.id } as const;
  const ask = tasks.steps.asker(call, { id: task.id, name: `task:${task.name}` }, AbortSignal.timeout(shadowMs), work);
  void runPlan(plan, input, ask)
    .then(({ costMicroUsd, escalated, output: said }) => {
      const { measure } = task.document;
      const agreed = scoreAnswer(measure === "overlap" ? measure : "accuracy", said, output);
      count({ costMicroUsd, failed: said === undefined, escalated, agreed });
    })
    .catch((error: unknown) => {
      log.warn({ err: error, task: task.name, plan: number }, "the plan in the shadow did not answer");
      count({ costMicroUsd: 0, failed: true, escalated: false });
    })
    .finally(() => {
      shadows--;
    });
}

/** During a canary the same caller gets the same plan. */
function planFor({ name, release }: ReadyTask, affinity: string): number {
  if (release.shadow) return answering(release);
  if (release.share >= 100 || release.previous === null) return release.plan;
  return contentHash(`${name}\n${affinity}`) % 100 < release.share ? release.plan : release.previous;
}

function stepFailure({ code, message, status }: StepError): ApiError {
  const isBusy = status === 429;
  const known = isBusy ? 429 : status === 503 ? 503 : status >= 400 && status < 500 ? 400 : 502;
  const type = isBusy
    ? "rate_limit_error"
    : known === 400
      ? "invalid_request_error"
      : known === 503
        ? "service_unavailable_error"
        : "server_error";
  return new ApiError(known, type, code, message, isBusy ? { headers: { "retry-after": "1" } } : {});
}

/** Headers that every answer of a task has. */
export function taskHeaders({
  branch,
  cached,
  costMicroUsd,
  plan,
  planningMs,
  steps,
  task,
}: TaskAnswer): Record<string, string> {
  const timings = steps.map(({ latencyMs }, i) => `step${i + 1};dur=${latencyMs.toFixed(1)}`);
  return {
    "x-tugboat-plan": `${encodeURI(task)}@${plan}:${branch}`,
    "x-tugboat-cache": cached ? "hit" : "miss",
    "x-tugboat-cost-microusd": String(costMicroUsd),
    "server-timing": [`plan;dur=${planningMs.toFixed(2)}`, ...timings].join(", "),
  };
}

/** EXPLAIN ANALYZE of one request. */
export function analyzed(answer: TaskAnswer) {
  const { branch, planningMs, steps, totalMs } = answer;
  const lines = [
    `${answer.task} → plan ${answer.plan}   ${totalMs.toFixed(1)} ms   $${(answer.costMicroUsd / 1e6).toPrecision(3)}`,
  ];
  const rows = answer.cached
    ? [["exact cache", "the same input was answered before"]]
    : steps.map(({ confidence: _, costMicroUsd, latencyMs, name, why }) => [
        name,
        `${latencyMs.toFixed(1)} ms   ${costMicroUsd} µ$   ${why}`,
      ]);
  rows.push(["planning", `${planningMs.toFixed(2)} ms`]);
  for (const [i, [name, what]] of rows.entries()) {
    lines.push(`${i === rows.length - 1 ? "└─" : "├─"} ${name}   ${what}`);
  }
  return { plan: answer.plan, branch, steps, totalMs, planningMs, tree: lines.join("\n") };
}

/** The input as the messages of a chat say it: JSON of the fields, or the text of the only one. */
export function inputOfChat(
  task: ReadyTask,
  messages: readonly { readonly role: string; readonly content: string }[],
): Values {
  const last = messages.findLast(({ role }) => role === "user");
  if (last === undefined)
    throw invalidRequest("invalid_value", "A task answers the last message of the user; there is none.", "messages");
  const text = last.content.trim();
  if (text.startsWith("{")) {
    try {
      const value: unknown = JSON.parse(text);
      if (objectParserOf(task.document.input).safeParse(value).success) return taskInput(task, value);
    } catch {
      // Text that begins with a brace.
    }
  }
  return taskInput(task, last.content);
}
