import type { SplitName } from "@tugboat/db";

/** A table from 32-bit numbers to rows, in typed arrays: an import has eight of them for each of a million rows. */
class IntTable {
  #keys = new Int32Array(1 << 12);
  #values = new Int32Array(1 << 12).fill(-1);
  #size = 0;

  /** The value that a key had before; the key gets this one when it had none. */
  claim(key: number, value: number): number {
    if (this.#size * 2 > this.#keys.length) this.#grow();
    const at = this.#find(key);
    const known = this.#values[at] ?? -1;
    if (known >= 0) return known;
    this.#keys[at] = key;
    this.#values[at] = value;
    this.#size++;
    return value;
  }

  #find(key: number): number {
    const mask = this.#keys.length - 1;
    let at = (Math.imul(key, 0x9e3779b1) >>> 1) & mask;
    while (this.#values[at] !== -1 && this.#keys[at] !== key) at = (at + 1) & mask;
    return at;
  }

  #grow(): void {
    const [keys, values] = [this.#keys, this.#values];
    this.#keys = new Int32Array(keys.length * 2);
    this.#values = new Int32Array(keys.length * 2).fill(-1);
    for (let i = 0; i < keys.length; i++) {
      const value = values[i] ?? -1;
      if (value < 0) continue;
      const at = this.#find(keys[i] ?? 0);
      this.#keys[at] = keys[i] ?? 0;
      this.#values[at] = value;
    }
  }
}

const named: readonly SplitName[] = ["train", "validation", "test"];
const fixedNone = 0;
const fixedBoth = 4;

/**
 * Divides examples so that those which are nearly the same are in the same split: whoever shares a part of a sketch is in
 * one group (union by the smaller root), and a group's split follows from the smallest hash of its contents, whatever the
 * order of the examples. Four fifths are for training, a tenth each for validation and test.
 */
export class SplitGroups {
  readonly #table = new IntTable();
  #parents = new Int32Array(1024);
  /** Of a root, the smallest content key of its group. */
  #smallest = new Uint32Array(1024);
  /** Of a root, the split that some of its group have already: 0 none, 1 to 3 one, 4 several. */
  #fixed = new Uint8Array(1024);
  #count = 0;

  /** Takes an example in; one that has its split already takes its likes there. @returns its number */
  add(sketch: readonly number[], key: number, split: SplitName | null = null): number {
    const id = this.#count++;
    if (id === this.#parents.length) this.#grow();
    this.#parents[id] = id;
    this.#smallest[id] = key;
    this.#fixed[id] = split === null ? fixedNone : named.indexOf(split) + 1;
    for (const part of sketch) {
      const other = this.#table.claim(part, id);
      if (other !== id) this.#join(id, other);
    }
    return id;
  }

  get size(): number {
    return this.#count;
  }

  /** The split of an example, once all are in; null for one that resembles examples of several splits. */
  splitOf(id: number): SplitName | null {
    const root = this.#root(id);
    const fixed = this.#fixed[root] ?? fixedNone;
    if (fixed === fixedBoth) return null;
    return fixed === fixedNone ? splitByKey(this.#smallest[root] ?? 0) : (named[fixed - 1] ?? null);
  }

  #root(id: number): number {
    let root = id;
    while (this.#parents[root] !== root) {
      const parent = this.#parents[root] ?? root;
      // Halving the path keeps it short.
      this.#parents[root] = this.#parents[parent] ?? parent;
      root = this.#parents[root] ?? root;
    }
    return root;
  }

  #join(a: number, b: number): void {
    const [x, y] = [this.#root(a), this.#root(b)];
    if (x === y) return;
    const [root, child] = x < y ? [x, y] : [y, x];
    this.#parents[child] = root;
    this.#smallest[root] = Math.min(this.#smallest[root] ?? 0, this.#smallest[child] ?? 0);
    const [one, other] = [this.#fixed[root] ?? 0, this.#fixed[child] ?? 0];
    this.#fixed[root] = one === fixedNone || one === other ? other : other === fixedNone ? one : fixedBoth;
  }

  #grow(): void {
    const size = this.#parents.length * 2;
    const copy = <T extends Int32Array | Uint32Array | Uint8Array>(from: T, to: T): T => {
      to.set(from);
      return to;
    };
    this.#parents = copy(this.#parents, new Int32Array(size));
    this.#smallest = copy(this.#smallest, new Uint32Array(size));
    this.#fixed = copy(this.#fixed, new Uint8Array(size));
  }
}

/** The split that a hash of 32 bits falls into. */
export function splitByKey(key: number): SplitName {
  const tenth = Math.floor((key / 2 ** 32) * 10);
  if (tenth < 8) return "train";
  return tenth === 8 ? "validation" : "test";
}

/** The split of one example among others: theirs when it resembles some, none when it resembles several splits. */
export function splitAmong(key: number, near: readonly SplitName[]): SplitName | null {
  if (near.length > 1) return null;
  return near[0] ?? splitByKey(key);
}
