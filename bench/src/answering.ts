/**
 * A peer's end of `tug bench`: it gets `{id, task, …}` over the process channel and answers `{id, values}` with named
 * numbers, or `{id, error}`.
 */
export interface Question {
  readonly id: number;
  readonly task: string;
  readonly [detail: string]: unknown;
}

export type Tasks = Readonly<Record<string, (question: Question) => Promise<Record<string, number>>>>;

function isQuestion(message: unknown): message is Question {
  return typeof message === "object" && message !== null && "id" in message && "task" in message;
}

/** Answers each task, one after another. */
export function answer(tasks: Tasks): void {
  let queue = Promise.resolve();
  process.on("disconnect", () => process.exit(0));
  process.on("message", (question) => {
    if (!isQuestion(question)) return;
    queue = queue.then(async () => {
      try {
        const task = tasks[question.task];
        if (task === undefined) throw new Error(`no task ${question.task}`);
        process.send?.({ id: question.id, values: await task(question) });
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        process.send?.({ id: question.id, error: { code: "peer-failed", message } });
      }
    });
  });
}

export function number(question: Question, name: string): number {
  const value = question[name];
  if (typeof value !== "number") throw new Error(`${name} must be a number`);
  return value;
}

export function text(question: Question, name: string): string {
  const value = question[name];
  if (typeof value !== "string") throw new Error(`${name} must be a text`);
  return value;
}

export function numbers(question: Question, name: string): number[] {
  const value = question[name];
  if (!Array.isArray(value)) throw new Error(`${name} must be a list`);
  return value.map(Number);
}
