import { createHash, randomUUID } from "node:crypto";
import type { NewAlert, OrganizationScope, TraceInfo } from "@tugboat/db";
import { type SelfStarting, selfStarting, selfStartingStep } from "@tugboat/statistics";
import { z } from "zod";
import type { Ask } from "../asking/ask.ts";
import type { Judged } from "../evaluators/judged.ts";
import { toExample } from "../traces/to-example.ts";
import { EvaluationError } from "./config.ts";
import { scoreOutput } from "./score.ts";
import { namedEvaluator } from "./start.ts";

export const onlineSetting = "evaluations.online";
const mostMonitors = 20;
/** Judged answers are summed up by so many: means of them lie near enough to a normal distribution. */
export const groupSize = 20;
/** On average, so many groups pass until a false alarm. */
export const falseAlarmEvery = 200;
/** Of a group's mean: where nearly all is right, a single wrong answer is no drift. */
const leastDeviation = 0.05;
/** In one look: an evaluator may be a model that others wait for. */
const mostJudged = 20;
const pageSize = 200;
/** A request is known when it has ended, and by the moment at which it came. */
const settleMs = 60_000;
const liveKinds = new Set(["chat", "response", "completion"]);
const kept = 100;

const sums = z.object({ up: z.number(), down: z.number(), upFor: z.int(), downFor: z.int() });
const learnt = z.object({ n: z.int(), mean: z.number(), squares: z.number(), sums });

/** A sampled share of live traffic, judged as it comes. */
export const onlineMonitor = z.object({
  id: z.string(),
  /** As requests name it: a model, an alias, `prompt:name@label`, `task:name`. */
  model: z.string(),
  evaluator: z.string(),
  share: z.number(),
  /** Only requests after it are looked at. */
  seen: z.object({ at: z.iso.datetime(), id: z.string() }),
  judged: z.int(),
  sum: z.number(),
  /** What the evaluator could not judge. */
  unjudged: z.int(),
  /** Of the group that is not full yet. */
  group: z.array(z.number()).max(groupSize),
  learnt,
  /** The newest last. */
  recent: z.array(z.object({ at: z.iso.datetime(), trace: z.string(), value: z.number() })).max(kept),
  alarms: z
    .array(z.object({ at: z.iso.datetime(), direction: z.enum(["up", "down"]), mean: z.number(), usual: z.number() }))
    .max(kept),
});
export type OnlineMonitor = z.output<typeof onlineMonitor>;
const monitors = z.array(onlineMonitor).max(mostMonitors);

export async function monitorsOf(scope: OrganizationScope): Promise<OnlineMonitor[]> {
  return (await scope.settings.get(onlineSetting, monitors)) ?? [];
}

export interface NewMonitor {
  readonly model: string;
  readonly evaluator: string;
  readonly share: number;
}

/** @throws EvaluationError, DatabaseError `not-found` for an evaluator that isn't there */
export async function addMonitor(scope: OrganizationScope, { evaluator, model, share }: NewMonitor, now = new Date()) {
  const others = await monitorsOf(scope);
  if (others.length >= mostMonitors) {
    throw new EvaluationError("refused", `${mostMonitors} monitors are the most.`, "Remove one first.");
  }
  const { name, spec } = await namedEvaluator(scope, evaluator);
  if (spec.kind === "judge-pairs" || spec.kind === "suite") {
    const hint = "Choose a rule, your own code, or a model with a rubric.";
    throw new EvaluationError("invalid", `${name} can't judge an answer by itself.`, hint);
  }
  const made: OnlineMonitor = {
    ...{ id: randomUUID(), model, evaluator: name, share, seen: { at: now.toISOString(), id: "" } },
    ...{ judged: 0, sum: 0, unjudged: 0, group: [], learnt: selfStarting, recent: [], alarms: [] },
  };
  await scope.settings.set(onlineSetting, [...others, made]);
  return made;
}

export async function removeMonitor(scope: OrganizationScope, id: string): Promise<void> {
  await scope.settings.set(
    onlineSetting,
    (await monitorsOf(scope)).filter((one) => one.id !== id),
  );
}

/**
 * Judges what came since the last look. A request belongs to the sample by its id, so that every process agrees.
 * @returns the alarms that were raised
 */
export async function sweepOnline(scope: OrganizationScope, ask: Ask, signal: AbortSignal, now = new Date()) {
  const raised: { monitor: string; model: string; direction: "up" | "down"; mean: number; usual: number }[] = [];
  for (const monitor of await monitorsOf(scope)) {
    const values = await judgeNew(scope, monitor, ask, signal, now);
    if (values.seen.id === monitor.seen.id) continue;
    await scope.transaction(async (tx) => {
      const current = await monitorsOf(tx);
      const own = current.find(({ id }) => id === monitor.id);
      // It was removed, or another process was first.
      if (own === undefined || own.seen.id !== monitor.seen.id) return;
      const { alarm, next } = advanced(own, values);
      await tx.settings.set(
        onlineSetting,
        current.map((one) => (one === own ? next : one)),
      );
      if (alarm === undefined) return;
      raised.push({ monitor: own.id, model: own.model, ...alarm });
      const { direction, mean, usual } = alarm;
      await tx.audit.append({
        actor: "system",
        action: "evaluations.drift",
        subject: own.id,
        after: { model: own.model, evaluator: own.evaluator, direction, mean, usual },
      });
      await tx.alerts.raise(driftAlert(own, alarm, now));
    });
  }
  return raised;
}

/** What the channels of alerts are told of an alarm. */
export function driftAlert(
  { evaluator, id, model }: Pick<OnlineMonitor, "evaluator" | "id" | "model">,
  { direction, mean, usual }: { readonly direction: "up" | "down"; readonly mean: number; readonly usual: number },
  now: Date,
): NewAlert {
  const score = (value: number) => String(Math.round(value * 1000) / 1000);
  const way = direction === "down" ? "worse" : "better";
  return {
    ...{
      key: `drift:${id}:${now.toISOString()}`,
      kind: "drift",
      title: `Answers of ${model} are ${way} than they were`,
    },
    text: `${evaluator} gives them ${score(mean)} on average; usual was ${score(usual)}. Look at the live traffic under Evaluators.`,
    facts: { monitor: id, model, evaluator, direction, mean, usual },
  };
}

interface NewValues {
  readonly seen: OnlineMonitor["seen"];
  readonly values: OnlineMonitor["recent"];
  readonly unjudged: number;
}

async function judgeNew(
  scope: OrganizationScope,
  monitor: OnlineMonitor,
  ask: Ask,
  signal: AbortSignal,
  now: Date,
): Promise<NewValues> {
  const { spec } = await namedEvaluator(scope, monitor.evaluator);
  const to = new Date(now.getTime() - settleMs);
  const from = new Date(monitor.seen.at);
  if (to <= from) return { seen: monitor.seen, values: [], unjudged: 0 };
  const found = (await allOf(scope, { from, to, model: monitor.model, statuses: ["done"] })).filter(
    // What jobs asked, judges among them, is no live traffic.
    ({ id, kind }) => id > monitor.seen.id && liveKinds.has(kind),
  );
  const values: NewValues["values"] = [];
  let { seen } = monitor;
  let unjudged = 0;
  for (const trace of found) {
    if (values.length + unjudged >= mostJudged) break;
    seen = { at: trace.at.toISOString(), id: trace.id };
    if (!isSampled(monitor, trace.id)) continue;
    const detail = await scope.traces.get(trace.id);
    const example = toExample(detail, "answer");
    const said = typeof example === "string" ? undefined : judgedOf(trace, example.expected);
    if (typeof example === "string" || said === undefined) continue;
    const work = { kind: "online-score", subject: monitor.id } as const;
    const { value } = await scoreOutput(
      spec,
      said,
      { input: example.input, expected: null },
      undefined,
      (endpoint, body) => ask({ organizationId: scope.id, work, endpoint, body, signal }),
    );
    if (value === null) unjudged++;
    else values.push({ at: trace.at.toISOString(), trace: trace.id, value });
  }
  return { seen, values, unjudged };
}

/** The oldest first. */
async function allOf(scope: OrganizationScope, filter: Parameters<OrganizationScope["traces"]["list"]>[0]) {
  const all: TraceInfo[] = [];
  let before: { at: Date; id: string } | undefined;
  for (;;) {
    const page = await scope.traces.list(filter, { limit: pageSize, before });
    all.push(...page);
    const last = page.at(-1);
    // Of very much traffic the newest is enough: older requests are passed over.
    if (last === undefined || page.length < pageSize || all.length >= 10 * pageSize) return all.toReversed();
    before = { at: last.at, id: last.id };
  }
}

function isSampled({ id, share }: OnlineMonitor, trace: string): boolean {
  return createHash("sha256").update(`${id} ${trace}`).digest().readUInt32BE(0) / 2 ** 32 < share;
}

const message = z.object({
  content: z.string(),
  tool_calls: z.array(z.object({ function: z.object({ name: z.string(), arguments: z.string() }) })).default([]),
});

function judgedOf({ amountPicoUsd, durationUs, outputTokens }: TraceInfo, answer: unknown): Judged | undefined {
  const read = message.safeParse(typeof answer === "string" ? { content: answer } : answer).data;
  if (read === undefined) return undefined;
  return {
    text: read.content,
    calls: read.tool_calls.map((call) => call.function),
    latencyMs: durationUs / 1000,
    costMicroUsd: Number(amountPicoUsd) / 1e6,
    outputTokens,
  };
}

/** The monitor after more values. After an alarm what is normal is learnt anew. */
export function advanced(monitor: OnlineMonitor, { seen, unjudged, values }: NewValues) {
  let { group } = monitor;
  let known: SelfStarting = monitor.learnt;
  let alarm: Omit<OnlineMonitor["alarms"][number], "at"> | undefined;
  for (const { value } of values) {
    group = [...group, value];
    if (group.length < groupSize) continue;
    const mean = group.reduce((sum, one) => sum + one, 0) / group.length;
    group = [];
    const usual = known.mean;
    const step = selfStartingStep(known, mean, { runLength: falseAlarmEvery, leastDeviation });
    known = step.state;
    if (step.alarm === undefined) continue;
    alarm = { direction: step.alarm, mean, usual };
    known = selfStarting;
  }
  const at = seen.at;
  const next: OnlineMonitor = {
    ...monitor,
    seen,
    group,
    learnt: known,
    judged: monitor.judged + values.length,
    sum: monitor.sum + values.reduce((sum, { value }) => sum + value, 0),
    unjudged: monitor.unjudged + unjudged,
    recent: [...monitor.recent, ...values].slice(-kept),
    alarms: [...monitor.alarms, ...(alarm === undefined ? [] : [{ at, ...alarm }])].slice(-kept),
  };
  return { next, alarm };
}
