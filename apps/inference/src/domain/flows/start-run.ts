import type { FlowInfo, FlowRunInfo, OrganizationScope } from "@tugboat/db";
import { z } from "zod";
import { enqueueJob } from "../../jobs/enqueue.ts";
import { flowsRunKind } from "../../jobs/kinds/flows-run-input.ts";
import { type FlowDocument, storedFlow } from "./document.ts";
import { FlowError } from "./errors.ts";
import { fieldsParser, flowJsonSchema } from "./types.ts";

export const flowChoices = z.record(z.string(), z.int().min(0));

type Scope = Pick<OrganizationScope, "flows" | "flowRuns" | "jobs">;

/**
 * Queues a run of a flow's newest version, by the plan that it uses.
 * @throws FlowError `bad-input` naming the field
 */
export async function startRun(
  scope: Scope,
  flow: FlowInfo,
  {
    actor,
    apiKeyId = null,
    input,
    urgent = false,
  }: { readonly input: unknown; readonly actor: string; readonly apiKeyId?: string | null; readonly urgent?: boolean },
): Promise<FlowRunInfo> {
  const document = storedFlow.parse((await scope.flows.version(flow.id, flow.version)).document);
  const run = await scope.flowRuns.create({
    flowId: flow.id,
    version: flow.version,
    choices: flow.plan === null ? {} : flowChoices.parse((await scope.flows.plan(flow.id, flow.plan)).choices ?? {}),
    input: flowInput(document, input),
    apiKeyId,
    createdBy: actor,
  });
  return { ...run, jobId: await enqueueRun(scope, flow, run, actor, urgent) };
}

/** Queues a run again, behind a person's answer. */
export async function enqueueRun(
  scope: Scope,
  flow: Pick<FlowInfo, "name">,
  run: Pick<FlowRunInfo, "id">,
  actor: string,
  urgent = false,
): Promise<string> {
  const { job } = await enqueueJob(
    scope,
    flowsRunKind,
    { run: run.id, isAwaited: urgent },
    { createdBy: actor, subject: flow.name, priority: urgent ? "urgent" : "normal" },
  );
  await scope.flowRuns.assign(run.id, job.id);
  return job.id;
}

/** @throws FlowError `bad-input` */
export function flowInput({ flow, input }: FlowDocument, given: unknown) {
  const names = Object.keys(input);
  const [only] = names;
  const record = typeof given === "string" && only !== undefined && names.length === 1 ? { [only]: given } : given;
  const parsed = fieldsParser(input).safeParse(record);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const field = issue?.path.join(".") ?? "";
    const message = `input${field === "" ? "" : `.${field}`}: ${issue?.message ?? "It does not fit."}`;
    throw new FlowError("bad-input", message, `The flow ${flow} takes: ${names.join(", ")}.`);
  }
  return stored.parse(JSON.parse(JSON.stringify(parsed.data).replaceAll("\\u0000", "")));
}

const stored = z.record(z.string(), z.json());

/** What a flow takes, as JSON Schema. */
export function inputSchemaOf({ input }: FlowDocument) {
  return flowJsonSchema({ object: input });
}
