import { EngineError } from "../errors.ts";
import type { BatchInput } from "./batch-buffers.ts";
import { RowList } from "./rows.ts";
import type { TrainingText } from "./types.ts";

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
  const rows = new RowList();
  const addText = ({ tokens, weights }: TrainingText): Span => {
    const start = rows.losses;
    rows.addText(
      tokens.slice(0, -1).map((token, position) => {
        const isLearnt = weights === undefined || weights[position + 1] !== 0;
        return { token, position, target: isLearnt ? tokens[position + 1] : undefined };
      }),
    );
    return { start, count: rows.losses - start };
  };
  const spans = groups.map(({ texts }) => texts.map(addText));
  return { groups, spans, input: rows.input(maxRows), tokens: rows.length, lossTokens: rows.losses };
}
