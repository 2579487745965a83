interface Entry<T> {
  readonly item: T;
  readonly stamp: number;
}

/** A heap by time of last use. An item may be in it several times: whoever pops checks that the stamp still holds. */
export class LeastRecent<T> {
  readonly #entries: Entry<T>[] = [];

  get size(): number {
    return this.#entries.length;
  }

  push(item: T, stamp: number): void {
    const entries = this.#entries;
    let at = entries.length;
    entries.push({ item, stamp });
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (entries[parent]!.stamp <= stamp) break;
      entries[at] = entries[parent]!;
      at = parent;
    }
    entries[at] = { item, stamp };
  }

  pop(): Entry<T> | undefined {
    const entries = this.#entries;
    const first = entries[0];
    const last = entries.pop();
    if (first === undefined || last === undefined || entries.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= entries.length) break;
      if (child + 1 < entries.length && entries[child + 1]!.stamp < entries[child]!.stamp) child += 1;
      if (entries[child]!.stamp >= last.stamp) break;
      entries[at] = entries[child]!;
      at = child;
    }
    entries[at] = last;
    return first;
  }

  /** Keeps only what `valid` says still holds. */
  prune(valid: (item: T, stamp: number) => boolean): void {
    const kept = this.#entries.filter(({ item, stamp }) => valid(item, stamp));
    this.#entries.length = 0;
    for (const { item, stamp } of kept) this.push(item, stamp);
  }
}
