import { f32Bits } from "./op.ts";

/** u32s of a row's parameters on the device. */
export const SAMPLE_PARAM_WORDS = 12;
/** u32s of an edit on the device. */
export const EDIT_WORDS = 4;

/** How one row is sampled. What is absent changes nothing. */
export interface SampleParams {
  /** 0: greedy. Default 1. */
  readonly temperature?: number;
  /** 0: off. */
  readonly topK?: number;
  readonly topP?: number;
  readonly minP?: number;
  readonly repetitionPenalty?: number;
  readonly frequencyPenalty?: number;
  readonly presencePenalty?: number;
  /** The row's entries in the edits buffer. */
  readonly edits?: number;
  /** A whole number up to 2^53; draws depend on it and on `step` alone. */
  readonly seed?: number;
  /** Counts the tokens drawn with this seed. */
  readonly step?: number;
  readonly useMask?: boolean;
  readonly wantLogprob?: boolean;
}

/** `[rows, SAMPLE_PARAM_WORDS]` u32. */
export function encodeSampleParams(rows: readonly SampleParams[]): Uint32Array<ArrayBuffer> {
  const words = new Uint32Array(rows.length * SAMPLE_PARAM_WORDS);
  rows.forEach((row, i) => {
    const seed = row.seed ?? 0;
    words.set(
      [
        f32Bits(row.temperature ?? 1),
        row.topK ?? 0,
        f32Bits(row.topP ?? 1),
        f32Bits(row.minP ?? 0),
        f32Bits(row.repetitionPenalty ?? 1),
        f32Bits(row.frequencyPenalty ?? 0),
        f32Bits(row.presencePenalty ?? 0),
        row.edits ?? 0,
        seed >>> 0,
        Math.floor(seed / 2 ** 32) >>> 0,
        row.step ?? 0,
        (row.useMask === true ? 1 : 0) | (row.wantLogprob === true ? 2 : 0),
      ],
      i * SAMPLE_PARAM_WORDS,
    );
  });
  return words;
}

/** A token whose logit changes: seen `count` times so far (penalties, from 1 on), and biased. Each token once a row. */
export interface LogitEdit {
  readonly token: number;
  readonly count: number;
  readonly bias: number;
}

/** Writes a row's edits for the device to `target` at edit `at`: (token, count, bits of the bias, 0). */
export function encodeEdits(edits: readonly LogitEdit[], target: Uint32Array, at = 0): void {
  edits.forEach(({ token, count, bias }, i) => {
    target.set([token, count, f32Bits(bias), 0], (at + i) * EDIT_WORDS);
  });
}
