import type { FlowInfo, OrganizationScope } from "@tugboat/db";
import { enqueueJob } from "../../jobs/enqueue.ts";
import { flowsPlanKind } from "../../jobs/kinds/flows-run-input.ts";
import type { FlowDocument } from "./document.ts";
import { FlowError } from "./errors.ts";

/**
 * Queues a search for the ways that together hold what a flow requires.
 * @throws FlowError `not-ready` where there is nothing to choose from or to measure with
 */
export async function startPlan(
  scope: Pick<OrganizationScope, "flows" | "jobs">,
  flow: FlowInfo,
  { measure, steps }: FlowDocument,
  actor: string,
): Promise<{ readonly plan: number; readonly job: string }> {
  if (measure === null) {
    throw new FlowError(
      "not-ready",
      `${flow.name} does not say how it is measured.`,
      "Add measure: questions and score.",
    );
  }
  if (!Object.values(steps).some(({ ways }) => ways.length > 1)) {
    throw new FlowError("not-ready", `${flow.name} has one way for each step.`, "Add try: with other ways to a step.");
  }
  const { number } = await scope.flows.addPlan(flow.id, { version: flow.version, createdBy: actor });
  const { job } = await enqueueJob(
    scope,
    flowsPlanKind,
    { flow: flow.id, plan: number, actor },
    { createdBy: actor, subject: flow.name },
  );
  await scope.flows.assignPlan(flow.id, number, job.id);
  return { plan: number, job: job.id };
}
