import type { Trainer } from "@tugboat/engine";
import type { RunContext } from "./context.ts";
import { Lessons, referencesOf } from "./lessons.ts";

/** A killed run loses no more than this of training. */
const checkpointMs = 15_000;

export interface Course {
  /** What is learnt from: positions in the examples. */
  readonly train: readonly number[];
  /** Of the checkpoint in the run's place. */
  readonly checkpoint: string;
  readonly steps: number;
  readonly stage: string;
  /** Steps and their losses; grows along. */
  readonly record: { steps: number; readonly losses: number[] };
  isOver(): boolean;
}

/** Trains up to a step, from the last checkpoint on, and leaves a checkpoint there. @throws EngineError `diverged` */
export async function trainTo(context: RunContext, trainer: Trainer, course: Course): Promise<void> {
  const { record, stage, steps, train } = course;
  const lessons = new Lessons(context, train, await referencesOf(context, trainer, train));
  const kept = await context.place.read(course.checkpoint);
  if (kept !== undefined) await trainer.restore(kept);
  const resumedAt = trainer.step;
  record.losses.length = Math.min(record.losses.length, trainer.step);
  record.steps = trainer.step;
  const save = async () => {
    const checkpoint = await trainer.checkpoint();
    await context.write(() => context.place.write(course.checkpoint, checkpoint));
    await context.save();
  };
  let savedAt = performance.now();
  while (trainer.step < steps && !course.isOver()) {
    const begun = performance.now();
    const { loss, step } = await trainer.train(lessons.batch(trainer.step, context.batchSize));
    context.pace.add(performance.now() - begun);
    record.losses[step - 1] = loss;
    record.steps = step;
    context.tellTraining(stage, step, steps);
    if (performance.now() - savedAt < checkpointMs) continue;
    await save();
    savedAt = performance.now();
  }
  if (trainer.step > resumedAt) await save();
}
