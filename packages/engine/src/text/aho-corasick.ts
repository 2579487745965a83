/**
 * Finds any of many strings in a stream, in one pass (Aho and Corasick 1975). The trie lies in flat arrays with linked
 * siblings: 20 bytes a letter, whatever the number of strings.
 */
export class AhoCorasick {
  /** Letters from the root to a node. */
  readonly #depth: Int32Array;
  readonly #unit: Uint16Array;
  readonly #firstChild: Int32Array;
  readonly #sibling: Int32Array;
  readonly #fail: Int32Array;
  /** The longest pattern that ends at a node, as its length; 0 for none. */
  readonly #match: Int32Array;
  readonly #roots = new Map<number, number>();
  #nodes = 1;

  /** Empty patterns never match. */
  constructor(patterns: Iterable<string>) {
    const list = [...patterns];
    const capacity = 1 + list.reduce((sum, pattern) => sum + pattern.length, 0);
    this.#depth = new Int32Array(capacity);
    this.#unit = new Uint16Array(capacity);
    this.#firstChild = new Int32Array(capacity);
    this.#sibling = new Int32Array(capacity);
    this.#fail = new Int32Array(capacity);
    this.#match = new Int32Array(capacity);
    for (const pattern of list) this.#insert(pattern);
    this.#link();
  }

  /** The state before any text. */
  static readonly start = 0;

  /** The state after one more UTF-16 code unit. */
  step(state: number, unit: number): number {
    for (let node = state; ; node = this.#fail[node]!) {
      const child = this.#child(node, unit);
      if (child !== 0) return child;
      if (node === 0) return 0;
    }
  }

  /** Length of the longest end of the text so far that some pattern starts with. */
  depth(state: number): number {
    return this.#depth[state]!;
  }

  /** Length of the longest pattern that the text so far ends with; 0 when it ends with none. */
  match(state: number): number {
    return this.#match[state]!;
  }

  #child(node: number, unit: number): number {
    if (node === 0) return this.#roots.get(unit) ?? 0;
    let child = this.#firstChild[node]!;
    while (child !== 0 && this.#unit[child] !== unit) child = this.#sibling[child]!;
    return child;
  }

  #insert(pattern: string): void {
    let node = 0;
    for (let i = 0; i < pattern.length; i++) {
      const unit = pattern.charCodeAt(i);
      let child = this.#child(node, unit);
      if (child === 0) {
        child = this.#nodes++;
        this.#unit[child] = unit;
        this.#depth[child] = i + 1;
        if (node === 0) this.#roots.set(unit, child);
        else {
          this.#sibling[child] = this.#firstChild[node]!;
          this.#firstChild[node] = child;
        }
      }
      node = child;
    }
    this.#match[node] = this.#depth[node]!;
  }

  /** Breadth first, so that a node's fall-back is complete before the node is. */
  #link(): void {
    const queue = [...this.#roots.values()];
    for (let at = 0; at < queue.length; at++) {
      const node = queue[at]!;
      for (let child = this.#firstChild[node]!; child !== 0; child = this.#sibling[child]!) {
        this.#fail[child] = this.step(this.#fail[node]!, this.#unit[child]!);
        queue.push(child);
      }
      // Its own match is the longest; a fall-back's is shorter.
      if (this.#match[node] === 0) this.#match[node] = this.#match[this.#fail[node]!]!;
    }
  }
}
