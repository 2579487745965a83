import type { PlannerRecordInfo } from "@tugboat/db";
import type { ModelFacts, TaskFacts } from "./cost-model.ts";
import type { Step } from "./plan.ts";

/** How much better or worse a way was than the other ways of the same tasks, in points of 1. */
export interface Standing {
  readonly advantage: number;
  readonly spread: number;
  /** How many earlier measurements it rests on; fractions are of what is like it. */
  readonly evidence: number;
}

const priorWeight = 0.4;
const priorSd = 0.2;
/** Of fewer ways of a task nobody knows what is usual there. */
const fewestWays = 4;

/**
 * What earlier plannings say of a way, held against the others of the same task: how hard a task is differs from task to
 * task, which ways are good at it much less.
 */
export function standingOf(
  step: Step,
  model: Pick<ModelFacts, "name">,
  task: Pick<TaskFacts, "shape">,
  records: readonly PlannerRecordInfo[],
): Standing {
  let weight = priorWeight;
  let sum = 0;
  let squares = priorSd * priorSd * priorWeight;
  const shots = step.kind === "prompt" ? step.shots : 0;
  const tasks = usualByTask(records);
  for (const one of records) {
    const usual = one.family === step.kind ? tasks.get(one.taskId)?.usual : undefined;
    if (usual === undefined) continue;
    const alike =
      (one.model === model.name ? 1 : 0.1) *
      (one.shape === task.shape ? 1 : 0.6) *
      Math.exp(-Math.abs(Math.log2((one.shots + 1) / (shots + 1))) / 1.5) *
      (one.examples / (one.examples + 10));
    const advantage = one.measuredScore - usual;
    weight += alike;
    sum += alike * advantage;
    squares += alike * advantage * advantage;
  }
  const advantage = sum / weight;
  return {
    advantage,
    spread: Math.sqrt(Math.max(0, squares / weight - advantage ** 2)),
    evidence: weight - priorWeight,
  };
}

export interface Usual {
  readonly shape: string;
  /** The mean score of the task's ways, weighed by the examples that each answered. */
  readonly usual: number;
}

type ByTask = ReadonlyMap<string, Usual>;

const known = new WeakMap<readonly PlannerRecordInfo[], ByTask>();

/** Of every earlier task with enough ways, what was usual there. */
export function usualByTask(records: readonly PlannerRecordInfo[]): ByTask {
  const made = known.get(records) ?? compared(records);
  known.set(records, made);
  return made;
}

function compared(records: readonly PlannerRecordInfo[]): ByTask {
  const tasks = new Map<string, PlannerRecordInfo[]>();
  for (const one of records) {
    const ways = tasks.get(one.taskId);
    if (ways === undefined) tasks.set(one.taskId, [one]);
    else ways.push(one);
  }
  return new Map(
    [...tasks].flatMap(([id, ways]): [string, Usual][] => {
      if (ways.length < fewestWays) return [];
      const examples = ways.reduce((total, one) => total + one.examples, 0);
      const sum = ways.reduce((total, one) => total + one.measuredScore * one.examples, 0);
      return [[id, { shape: ways[0]!.shape, usual: sum / Math.max(1, examples) }]];
    }),
  );
}
