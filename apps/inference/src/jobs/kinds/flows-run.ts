import type { FlowRunInfo, FlowStepInfo } from "@tugboat/db";
import { z } from "zod";
import { storedFlow } from "../../domain/flows/document.ts";
import { flowChoices } from "../../domain/flows/start-run.ts";
import { FlowFailure } from "../../flows/errors.ts";
import { asJson, RunJournal, writable } from "../../flows/journal.ts";
import { actionRunner } from "../../flows/run-action.ts";
import { type FlowEnd, runFlow } from "../../flows/run-flow.ts";
import { recordRun } from "../../flows/trace.ts";
import { defineJob, JobError } from "../define.ts";
import { flowsRunKind } from "./flows-run-input.ts";

/**
 * Runs a flow, or what of it is left: steps that ended in an earlier run of this job are not done again. Where nothing is
 * left but what waits for a person, the job ends; the answer queues another.
 */
export const runFlowJob = defineJob({
  ...flowsRunKind,
  result: z.object({ run: z.string(), state: z.enum(["done", "waiting", "over"]) }),
  backoff: { firstMs: 500, mostMs: 10_000 },
  concurrency: 8,
  async run(context) {
    const { commit, input, log, progress, scope, services, signal } = context;
    const run = await scope.flowRuns.get(input.run);
    if (run.state === "done" || run.state === "failed" || run.state === "cancelled")
      return { run: run.id, state: "over" };
    const { ask, documents } = services;
    if (ask === undefined || documents === undefined) {
      throw new JobError("No model is served by the process that runs jobs.", { final: true });
    }
    const { document: kept } = await scope.flows.version(run.flowId, run.version);
    const document = storedFlow.parse(kept);
    await commit(async ({ flowRuns }) => ({ result: await flowRuns.move(run.id, "running") }));
    const total = Object.keys(document.steps).length;
    let done = 0;
    progress({ stage: document.flow, done, total });
    const journal = await RunJournal.open(run.id, { commit, scope });
    const isPerson = /^[0-9a-f-]{36}$/.test(run.createdBy);
    const tools = {
      scope,
      ask,
      documents,
      subject: run.id,
      isAwaited: input.isAwaited,
      apiKeyId: run.apiKeyId,
      userId: isPerson ? run.createdBy : null,
    };
    let end: FlowEnd;
    try {
      end = await runFlow({
        document,
        choices: flowChoices.catch({}).parse(run.choices),
        input: asJson.parse(run.input),
        journal,
        run: actionRunner(tools),
        signal,
        onStep: () => progress({ stage: document.flow, done: Math.min(++done, total), total }),
      });
    } catch (error) {
      if (!(error instanceof FlowFailure)) throw error;
      const { code, hint, message, step = null } = error;
      await commit(async ({ flowRuns }) => ({
        result: await flowRuns.move(run.id, "failed", { error: { code, message, hint, step } }),
      }));
      await traced(run, document.flow);
      throw new JobError(message, { hint, final: true, cause: error });
    }
    if (end.state === "waiting") {
      await commit(async ({ flowRuns }) => ({ result: await flowRuns.move(run.id, "waiting") }));
      return { run: run.id, state: "waiting" };
    }
    const output = writable(end.output);
    await commit(async ({ flowRuns }) => ({ result: await flowRuns.move(run.id, "done", { output }) }));
    log.info({ flow: document.flow, run: run.id }, "flow done");
    await traced(run, document.flow);
    return { run: run.id, state: "done" };

    async function traced(begun: FlowRunInfo, name: string): Promise<void> {
      if (services.tracer === undefined) return;
      const steps: FlowStepInfo[] = await scope.flowRuns.steps(begun.id);
      recordRun(services, { organizationId: scope.id, flow: name, run: await scope.flowRuns.get(begun.id), steps });
    }
  },
});
