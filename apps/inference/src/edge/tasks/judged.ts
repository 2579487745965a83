import type { OrganizationScope } from "@tugboat/db";
import { z } from "zod";
import { storedDocument } from "../../domain/tasks/document.ts";
import { emptyLatency } from "../../domain/tasks/live.ts";
import { scoreAnswer } from "../../domain/tasks/score.ts";
import { readAnswer } from "../../tasks/prompt.ts";

/** The step of a trace that says which plan answered. */
export const planSpan = "plan";
const attributes = z.looseObject({ "tugboat.task": z.string(), "tugboat.plan": z.number() });
const answered = z.looseObject({
  choices: z.array(z.looseObject({ message: z.looseObject({ content: z.string() }) })).min(1),
});

/** What people said of an answer, the surest last. */
export type Said = readonly {
  readonly kind: "thumb" | "score" | "correction";
  readonly value: number | null;
  readonly text: string | null;
}[];

/**
 * Counts what people said of a task's answer for the plan that gave it: a right answer that came later is held against the
 * task's own measure, anything else counts as it is. What is no task's answer is left alone.
 */
export async function countJudged(
  scope: Pick<OrganizationScope, "traces" | "tasks" | "taskPlannings">,
  traceId: string,
  said: Said,
): Promise<void> {
  const { body, spans, trace } = await scope.traces.get(traceId);
  if (!trace.model.startsWith("task:")) return;
  const chosen = spans.flatMap((one) => attributes.safeParse(one.attributes).data ?? [])[0];
  const task = chosen && (await scope.tasks.find(chosen["tugboat.task"]));
  if (chosen === undefined || task == null) return;
  const document = storedDocument.parse((await scope.tasks.version(task.id, task.version)).document);
  const text = answered.safeParse(body?.output).data?.choices[0]?.message.content;
  const corrected = said.find(({ kind }) => kind === "correction")?.text;
  const right = corrected == null ? undefined : readAnswer(corrected, document);
  const own = text === undefined ? undefined : readAnswer(text, document);
  const value = said.find((one) => one.value !== null)?.value;
  // A correction that is no valid output says at least that the answer was wrong.
  const score = corrected == null ? value : right === undefined ? 0 : scoreAnswer(document.measure, own, right);
  if (score == null) return;
  const hour = new Date(trace.at);
  hour.setUTCMinutes(0, 0, 0);
  await scope.taskPlannings.addLive(task.id, {
    plan: chosen["tugboat.plan"],
    hour,
    requests: 0,
    failed: 0,
    cached: 0,
    escalated: 0,
    latency: emptyLatency(),
    costMicroUsd: 0,
    judged: 1,
    right: score,
    compared: 0,
    agreed: 0,
  });
}
