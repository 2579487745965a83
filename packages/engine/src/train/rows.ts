import type { BatchInput } from "./batch-buffers.ts";

/** Numbers of rows are rounded up to this, so that few different shapes are recorded. */
export const ROW_STEP = 32;

export interface Row {
  readonly token: number;
  /** In its text. */
  readonly position: number;
  /** The token that it should predict; undefined: no loss. */
  readonly target: number | undefined;
  /** Rows that it does not see, from the first to before the last. */
  readonly hidden?: readonly [number, number];
}

/** The rows of a micro-batch, text after text. */
export class RowList {
  readonly #tokens: number[] = [];
  readonly #positions: number[] = [];
  readonly #segments: number[] = [];
  readonly #hidden: number[] = [];
  readonly #lossRows: number[] = [];
  readonly #targets: number[] = [];

  get length(): number {
    return this.#tokens.length;
  }

  /** Rows with a loss. */
  get losses(): number {
    return this.#lossRows.length;
  }

  addText(rows: readonly Row[]): void {
    const start = this.length;
    for (const { hidden = [0, 0], position, target, token } of rows) {
      if (target !== undefined) {
        this.#lossRows.push(this.length);
        this.#targets.push(target);
      }
      this.#tokens.push(token);
      this.#positions.push(position);
      this.#segments.push(start, start + rows.length);
      this.#hidden.push(...hidden);
    }
  }

  /** What rounds up is a text of its own, without a loss. */
  input(maxRows: number): BatchInput {
    const rows = roundedUp(this.length, maxRows);
    const losses = roundedUp(this.losses, maxRows);
    const places = new Uint32Array(rows).fill(0xffffffff);
    this.#lossRows.forEach((row, i) => {
      places[row] = i;
    });
    const segments = filled(this.#segments, rows * 2);
    for (let row = this.length; row < rows; row++) segments.set([this.length, rows], 2 * row);
    return {
      shape: { rows, lossRows: losses },
      tokens: filled(this.#tokens, rows),
      positions: filled(this.#positions, rows),
      segments,
      hidden: filled(this.#hidden, rows * 2),
      lossRows: filled(this.#lossRows, losses),
      targets: filled(this.#targets, losses),
      places,
    };
  }
}

function filled(list: readonly number[], length: number): Uint32Array<ArrayBuffer> {
  const out = new Uint32Array(length);
  out.set(list);
  return out;
}

function roundedUp(count: number, most: number): number {
  return Math.min(most, Math.max(ROW_STEP, Math.ceil(count / ROW_STEP) * ROW_STEP));
}
