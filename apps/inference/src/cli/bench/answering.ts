import { z } from "zod";
import { toFailure } from "../output.ts";

const questionSchema = z.looseObject({ id: z.number(), task: z.string() });

export type Question = z.output<typeof questionSchema>;

/** The other end of a `Side`: answers each task, one after another. */
export function answer(tasks: Readonly<Record<string, (question: Question) => Promise<Record<string, number>>>>): void {
  let queue = Promise.resolve();
  process.on("disconnect", () => process.exit(0));
  process.on("message", (message) => {
    const question = questionSchema.parse(message);
    queue = queue.then(async () => {
      try {
        const task = tasks[question.task];
        if (task === undefined) throw new Error(`no task ${question.task}`);
        process.send?.({ id: question.id, values: await task(question) });
      } catch (error) {
        process.send?.({ id: question.id, error: toFailure(error) });
      }
    });
  });
}
