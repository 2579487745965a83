import type { FlowRunInfo, FlowStepInfo } from "@tugboat/db";
import type { Tracer } from "../domain/traces/recorder.ts";
import { TraceBuilder } from "../domain/traces/trace-builder.ts";

/** Keeps a run as a trace of its own: a span for each step, steps of steps under theirs. Its id is the run's. */
export function recordRun(
  { tracer }: { readonly tracer?: Tracer | undefined },
  {
    flow,
    organizationId,
    run,
    steps,
  }: {
    readonly organizationId: string;
    readonly flow: string;
    readonly run: FlowRunInfo;
    readonly steps: readonly FlowStepInfo[];
  },
): void {
  const from = run.createdAt.getTime();
  const until = (run.finishedAt ?? new Date()).getTime();
  const trace = new TraceBuilder(() => until - from);
  trace.asked = `flow:${flow}`;
  trace.input = { input: run.input };
  const failed = steps.find(({ state }) => state === "failed");
  if (run.state === "failed") {
    const { code, message } = Object(run.error) as { code?: unknown; message?: unknown };
    trace.problem = { code: String(code ?? "step-failed"), message: String(message ?? failed?.error ?? "") };
  }
  const spans = new Map(steps.map(({ path }) => [path, trace.span("flow.step").id]));
  for (const step of steps) {
    trace.add({
      id: spans.get(step.path) ?? "",
      parentId: parentOf(step.path, spans),
      name: `step ${step.path}`,
      startMs: Math.max(0, step.startedAt.getTime() - from),
      durationMs: Math.max(0, (step.finishedAt ?? new Date(until)).getTime() - step.startedAt.getTime()),
      failed: step.state === "failed",
      attributes: {
        "tugboat.flow.step": step.path,
        "tugboat.flow.kind": step.kind,
        "tugboat.flow.attempts": step.attempts,
        "tugboat.flow.cached": step.cached,
        "tugboat.cost_micro_usd": step.costMicroUsd,
        "gen_ai.usage.input_tokens": step.inputTokens,
        "gen_ai.usage.output_tokens": step.outputTokens,
      },
    });
  }
  const sum = (of: (step: FlowStepInfo) => number) => steps.reduce((total, step) => total + of(step), 0);
  trace.parts = {
    inputTokens: sum(({ inputTokens }) => inputTokens),
    outputTokens: sum(({ outputTokens }) => outputTokens),
    amountPicoUsd: BigInt(Math.round(sum(({ costMicroUsd }) => costMicroUsd) * 1e6)),
  };
  trace.heard.document({ choices: [{ message: { content: JSON.stringify(run.output) }, finish_reason: "stop" }] });
  tracer?.record(
    {
      id: run.id,
      requestId: `flow_${run.id.replaceAll("-", "")}`,
      organizationId,
      projectId: null,
      apiKeyId: run.apiKeyId,
      userId: /^[0-9a-f-]{36}$/.test(run.createdBy) ? run.createdBy : null,
      kind: "flow",
      alias: undefined,
      target: undefined,
      attempts: 1,
      httpStatus: run.state === "done" ? 200 : 500,
      outcome: run.state === "done" ? "done" : "error",
      durationMs: until - from,
      event: undefined,
      timings: undefined,
      askedAtMs: undefined,
      trace,
    },
    "flow",
  );
}

/** The step that a path lies within: of `each[3].ask` that is `each`. */
function parentOf(path: string, spans: ReadonlyMap<string, string>): string | undefined {
  const inside = path.lastIndexOf("[");
  return inside === -1 ? undefined : spans.get(path.slice(0, path.lastIndexOf("[", path.lastIndexOf("."))));
}
