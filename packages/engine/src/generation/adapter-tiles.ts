import { LOW_RANK_TILE_ROWS, LOW_RANK_TILE_WORDS } from "@tugboat/kernels";
import type { AdapterPlace } from "../adapters/places.ts";
import type { StepInput } from "../graph/step-input.ts";

/** Writes which rows of a step have which adapter: neighbours with the same one share a tile. */
export class AdapterTiles {
  readonly #input: StepInput;
  #tiles = 0;
  #adapter: AdapterPlace | undefined;
  #first = 0;
  #rows = 0;

  constructor(input: StepInput) {
    this.#input = input;
  }

  /** Rows after those added before. */
  add(firstRow: number, rows: number, adapter: AdapterPlace | undefined): void {
    if (adapter !== this.#adapter || firstRow !== this.#first + this.#rows) {
      this.#flush();
      this.#adapter = adapter;
      this.#first = firstRow;
      this.#rows = 0;
    }
    this.#rows += rows;
  }

  /**
   * @returns the tiles, rounded up to a power of two by empty ones, so that few recordings serve all mixtures; 0 when no
   * row has an adapter.
   */
  finish(): number {
    this.#flush();
    if (this.#tiles === 0) return 0;
    const rounded = 2 ** Math.ceil(Math.log2(this.#tiles));
    const room = this.#input.range("adapterTiles").size / (LOW_RANK_TILE_WORDS * 4);
    const wanted = Math.min(rounded, room);
    while (this.#tiles < wanted) this.#write(0, 0, { first: 0, units: 0 });
    return wanted;
  }

  #flush(): void {
    if (!this.#adapter) return;
    for (let done = 0; done < this.#rows; done += LOW_RANK_TILE_ROWS) {
      this.#write(this.#first + done, Math.min(LOW_RANK_TILE_ROWS, this.#rows - done), this.#adapter);
    }
  }

  #write(row: number, rows: number, { first, units }: AdapterPlace): void {
    const at = this.#input.at("adapterTiles") + this.#tiles * LOW_RANK_TILE_WORDS;
    this.#input.words.set([row, rows, first, units], at);
    this.#tiles += 1;
  }
}
