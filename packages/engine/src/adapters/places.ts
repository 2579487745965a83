/** Where an adapter lies on the device: units of 8 ranks, one after another. */
export interface AdapterPlace {
  readonly first: number;
  readonly units: number;
}

interface Resident {
  readonly place: AdapterPlace;
  users: number;
  lastUsed: number;
  /** Whether its matrices are there, not only its place. */
  ready: boolean;
}

/**
 * Which adapter lies where. Pure: it moves no memory. Those that nobody uses stay until their place is needed; the one
 * unused the longest goes first.
 */
export class AdapterPlaces {
  readonly #residents = new Map<string, Resident>();
  readonly #most: number;
  #clock = 0;
  #evictions = 0;

  /** @param most units that there may be */
  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return this.#residents.size;
  }

  get evictions(): number {
    return this.#evictions;
  }

  /** Every adapter, its place and how many use it. */
  *entries(): Generator<{ readonly id: string; readonly place: AdapterPlace; readonly users: number }> {
    for (const [id, { place, users }] of this.#residents) yield { id, place, users };
  }

  /** Takes an adapter into use if it is there and ready. */
  use(id: string): AdapterPlace | undefined {
    const resident = this.#residents.get(id);
    if (!resident?.ready) return undefined;
    resident.users += 1;
    resident.lastUsed = ++this.#clock;
    return resident.place;
  }

  /** From now on others may use it too. */
  ready(id: string): void {
    const resident = this.#residents.get(id);
    if (resident) resident.ready = true;
  }

  /** One use less. */
  leave(id: string): void {
    const resident = this.#residents.get(id);
    if (!resident || resident.users === 0) return;
    resident.users -= 1;
    resident.lastUsed = ++this.#clock;
  }

  /**
   * Finds room for a new adapter, not ready yet, and takes it into use, evicting cold ones if there is no other way.
   * @returns undefined when those in use leave no room.
   */
  place(id: string, units: number): AdapterPlace | undefined {
    if (this.#residents.has(id)) throw new Error(`${id} has a place already`);
    for (let first = this.#gap(units); ; first = this.#gap(units)) {
      if (first !== undefined) {
        const place = { first, units };
        this.#residents.set(id, { place, users: 1, lastUsed: ++this.#clock, ready: false });
        return place;
      }
      if (!this.#evict()) return undefined;
    }
  }

  /** Forgets an adapter, whoever uses it. */
  drop(id: string): void {
    this.#residents.delete(id);
  }

  /** The lowest run of free units. */
  #gap(units: number): number | undefined {
    const taken = [...this.#residents.values()].map(({ place }) => place).sort((a, b) => a.first - b.first);
    let free = 0;
    for (const place of taken) {
      if (place.first - free >= units) return free;
      free = place.first + place.units;
    }
    return this.#most - free >= units ? free : undefined;
  }

  #evict(): boolean {
    let coldest: string | undefined;
    let lastUsed = Number.POSITIVE_INFINITY;
    for (const [id, resident] of this.#residents) {
      if (resident.users > 0 || resident.lastUsed >= lastUsed) continue;
      coldest = id;
      lastUsed = resident.lastUsed;
    }
    if (coldest === undefined) return false;
    this.#residents.delete(coldest);
    this.#evictions += 1;
    return true;
  }
}
