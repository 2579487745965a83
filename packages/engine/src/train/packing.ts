import { EngineError } from "../errors.ts";
import type { BatchInput } from "./batch-buffers.ts";
import type { TrainingText } from "./types.ts";

/** Numbers of rows are rounded up to this, so that few different shapes are recorded. */
export const ROW_STEP = 32;

/** Something made of texts that must be computed together. */
export interface Group {
  readonly texts: readonly TrainingText[];
}

/** Where a text's losses lie among the micro-batch's. */
export interface Span {
  readonly start: number;
  readonly count: number;
}

export interface MicroBatch<G extends Group> {
  readonly groups: readonly G[];
  /** One for each text of each group, in order. */
  readonly spans: readonly (readonly Span[])[];
  readonly input: BatchInput;
  /** Without what rounds up. */
  readonly tokens: number;
  readonly lossTokens: number;
}

/**
 * Puts texts one after another into micro-batches of at most `maxRows` tokens; none sees another (see `AttentionPack`).
 * The last token of a text predicts nothing and takes no row.
 * @throws EngineError `context-overflow` for a group that does not fit.
 */
export function packGroups<G extends Group>(groups: readonly G[], maxRows: number): MicroBatch<G>[] {
  const batches: G[][] = [];
  let room = 0;
  for (const group of groups) {
    const rows = group.texts.reduce((sum, { tokens }) => sum + tokens.length - 1, 0);
    if (rows > maxRows) {
      throw new EngineError(
        "context-overflow",
        `${group.texts.length === 1 ? "a text" : "a pair of answers"} has ${rows} tokens; a micro-batch holds ${maxRows}`,
        "Shorten it, or open the trainer with more maxRows.",
      );
    }
    if (rows > room || batches.length === 0) {
      batches.push([]);
      room = maxRows;
    }
    batches.at(-1)!.push(group);
    room -= rows;
  }
  return batches.map((part) => pack(part, maxRows));
}

function pack<G extends Group>(groups: readonly G[], maxRows: number): MicroBatch<G> {
  const tokens: number[] = [];
  const positions: number[] = [];
  const segments: number[] = [];
  const lossRows: number[] = [];
  const targets: number[] = [];
  const addText = (text: TrainingText): Span => {
    const start = tokens.length;
    const first = lossRows.length;
    const end = start + text.tokens.length - 1;
    for (let i = 0; i + 1 < text.tokens.length; i++) {
      tokens.push(text.tokens[i]!);
      positions.push(i);
      segments.push(start, end);
      if (text.weights !== undefined && text.weights[i + 1] === 0) continue;
      lossRows.push(start + i);
      targets.push(text.tokens[i + 1]!);
    }
    return { start: first, count: lossRows.length - first };
  };
  const spans = groups.map(({ texts }) => texts.map(addText));
  const counts = { tokens: tokens.length, lossTokens: lossRows.length };
  const rows = roundedUp(tokens.length, maxRows);
  const losses = roundedUp(lossRows.length, maxRows);
  const places = new Uint32Array(rows).fill(0xffffffff);
  lossRows.forEach((row, i) => {
    places[row] = i;
  });
  // What rounds up is a text of its own, without a loss.
  for (let row = counts.tokens; row < rows; row++) segments.push(counts.tokens, rows);
  const filled = (list: readonly number[], length: number) => {
    const out = new Uint32Array(length);
    out.set(list);
    return out;
  };
  const input = {
    shape: { rows, lossRows: losses },
    tokens: filled(tokens, rows),
    positions: filled(positions, rows),
    segments: filled(segments, rows * 2),
    lossRows: filled(lossRows, losses),
    targets: filled(targets, losses),
    places,
  };
  return { groups, spans, input, ...counts };
}

function roundedUp(count: number, most: number): number {
  return Math.min(most, Math.max(ROW_STEP, Math.ceil(count / ROW_STEP) * ROW_STEP));
}
