import type { Values } from "../../domain/tasks/examples.ts";

const mostEntries = 10_000;
const freshMs = 3_600_000;

/** Answers to inputs that came before, exactly. A plan answers the same to the same: nothing is drawn by chance. */
export class AnswerCache {
  readonly #answers = new Map<string, { readonly output: Values; readonly at: number }>();

  get(key: string): Values | undefined {
    const found = this.#answers.get(key);
    if (found === undefined) return undefined;
    this.#answers.delete(key);
    if (performance.now() - found.at > freshMs) return undefined;
    // Asked for last, it goes last.
    this.#answers.set(key, found);
    return found.output;
  }

  set(key: string, output: Values): void {
    this.#answers.set(key, { output, at: performance.now() });
    if (this.#answers.size <= mostEntries) return;
    const [oldest] = this.#answers.keys();
    if (oldest !== undefined) this.#answers.delete(oldest);
  }
}
