import { AhoCorasick } from "./aho-corasick.ts";

/** What can be shown now, and the stop string that was found, if one was. */
export interface StopResult {
  readonly text: string;
  readonly stop?: string;
}

/**
 * Looks for stop strings in text that arrives in pieces. Text is held back only as long as it may be the start of a stop
 * string. The first place where any stop string ends decides; of several that end there, the longest; it is not part of
 * the text.
 */
export class StopMatcher {
  readonly #automaton: AhoCorasick;
  #state: number = AhoCorasick.start;
  #held = "";
  #stopped = false;

  /** Pass a matcher's `automaton` on to search several texts for the same strings. Empty strings never match. */
  constructor(stops: Iterable<string> | AhoCorasick) {
    this.#automaton = stops instanceof AhoCorasick ? stops : new AhoCorasick(stops);
  }

  get automaton(): AhoCorasick {
    return this.#automaton;
  }

  /** Takes the next piece. Once a stop string was found, everything after it is dropped. */
  push(text: string): StopResult {
    if (this.#stopped) return { text: "" };
    let state = this.#state;
    for (let i = 0; i < text.length; i++) {
      state = this.#automaton.step(state, text.charCodeAt(i));
      const length = this.#automaton.match(state);
      if (length === 0) continue;
      const seen = this.#held + text.slice(0, i + 1);
      this.#stopped = true;
      this.#held = "";
      return { text: seen.slice(0, seen.length - length), stop: seen.slice(seen.length - length) };
    }
    this.#state = state;
    const seen = this.#held + text;
    const safe = seen.length - this.#automaton.depth(state);
    this.#held = seen.slice(safe);
    return { text: seen.slice(0, safe) };
  }

  /** Ends the text: what was held back. */
  flush(): string {
    const held = this.#held;
    this.#held = "";
    this.#state = AhoCorasick.start;
    return held;
  }
}
