import type { Rows, StageAnswer, StageCommand, StageWorker } from "./commands.ts";

/** Hands batches to a worker in the order in which they were made, each as soon as the rows that it computes are there. */
export class StageQueue {
  readonly worker: StageWorker;
  #sent: Promise<void> = Promise.resolve();
  #waiting = 0;

  constructor(worker: StageWorker) {
    this.worker = worker;
  }

  /** Batches that were not answered yet. */
  get waiting(): number {
    return this.#waiting;
  }

  /** @param rows what the stage before makes of this step */
  send(commands: readonly StageCommand[], rows?: Promise<Rows | undefined>): Promise<StageAnswer> {
    this.#waiting += 1;
    const handed = this.#sent.then(async () => {
      const given = await rows;
      const complete = commands.map((command) =>
        command.op === "run" && given ? { ...command, rows: given } : command,
      );
      // In an object, so that the next batch waits for the sending alone.
      return { answer: this.worker.run(complete) };
    });
    this.#sent = handed.then(
      () => {},
      () => {},
    );
    const answer = handed.then((sent) => sent.answer);
    const done = () => {
      this.#waiting -= 1;
    };
    answer.then(done, done);
    return answer;
  }
}
