/**
 * Cuts the rows of a step into tiles that share a sequence, for the attention kernel.
 *
 * @param rowsPerSequence rows of each sequence of the step, in the order in which the rows lie; 0 is allowed.
 * @param rowsPerTile most rows of a tile, as `Attention.rowsPerTile` says.
 * @param count length of the result, for recordings of a fixed size; empty tiles fill it up. Default: as many as needed.
 * @param sequences block table of each sequence; default: its place in `rowsPerSequence`.
 * @returns `[tiles, 4]` u32: (first row, rows, sequence, 0)
 */
export function attentionTiles(
  rowsPerSequence: readonly number[],
  rowsPerTile: number,
  { count, sequences }: { count?: number; sequences?: readonly number[] } = {},
): Uint32Array<ArrayBuffer> {
  const needed = rowsPerSequence.reduce((sum, rows) => sum + Math.ceil(rows / rowsPerTile), 0);
  const tiles = new Uint32Array(Math.max(needed, count ?? needed) * 4);
  let at = 0;
  let first = 0;
  rowsPerSequence.forEach((rows, place) => {
    for (let done = 0; done < rows; done += rowsPerTile) {
      tiles.set([first + done, Math.min(rowsPerTile, rows - done), sequences?.[place] ?? place, 0], at);
      at += 4;
    }
    first += rows;
  });
  return tiles;
}
