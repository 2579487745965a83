import { BLOCK_TOKENS } from "../kv/blocks.ts";
import type { Sequence } from "./sequence.ts";

/** Blocks of a common beginning that are worth waiting for. */
const WORTH_WAITING = 2;

/**
 * Whether a prompt that is being read has still to compute a beginning that a new one has too, and may share: waiting for it
 * costs less than computing it twice, so branches that are asked at once are computed as one up to where they part.
 */
export function computesBeginning(reader: Sequence, asked: Sequence): boolean {
  if (reader.state !== "running" || reader.pending <= 1 || asked.charged > 0) return false;
  const { adapter, scope } = asked.terms;
  if (scope === undefined || reader.terms.scope !== scope || reader.terms.adapter !== adapter) return false;
  const most = Math.min(reader.length, asked.length - 1);
  if (most - reader.computed < WORTH_WAITING * BLOCK_TOKENS) return false;
  const [a, b] = [reader.tokens(0, most), asked.tokens(0, most)];
  let common = 0;
  while (common < most && a[common] === b[common]) common += 1;
  return Math.floor(common / BLOCK_TOKENS) - Math.ceil(reader.computed / BLOCK_TOKENS) >= WORTH_WAITING;
}
