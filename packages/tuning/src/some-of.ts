import { contentHash } from "./content-hash.ts";
import type { Example } from "./samples.ts";

/**
 * So many are kept of a large file. No run sees more: its longest training is 400 steps of 12, 500 are held out and 200
 * choose.
 */
export const mostExamples = 6000;

/**
 * Takes examples as they come and keeps `most`, chosen by their content: the same examples in another order are the same
 * choice, whatever their number, and what is held in memory does not grow with it.
 */
export class SomeOf {
  readonly #most: number;
  #kept: { readonly hash: number; readonly row: number; readonly example: Example }[] = [];
  /** Taken in so far. */
  count = 0;

  constructor(most = mostExamples) {
    this.#most = most;
  }

  add(example: Example): void {
    this.#kept.push({ hash: contentHash(`${example.input}\n${example.output}`), row: this.count, example });
    this.count++;
    if (this.#kept.length >= 2 * this.#most) this.#choose();
  }

  /** In the order in which they came. */
  examples(): Example[] {
    if (this.#kept.length > this.#most) this.#choose();
    return [...this.#kept].sort((a, b) => a.row - b.row).map(({ example }) => example);
  }

  #choose(): void {
    this.#kept = this.#kept.sort((a, b) => a.hash - b.hash || a.row - b.row).slice(0, this.#most);
  }
}
