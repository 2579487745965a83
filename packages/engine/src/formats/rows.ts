import { FormatError } from "./errors.ts";
import { rowBytes } from "./tensor-types.ts";
import type { TensorInfo } from "./types.ts";

/** A tensor seen as a matrix: every dimension but the last counts as rows. A scalar is one row of one value. */
export function matrixShape(tensor: Pick<TensorInfo, "shape">): { rows: number; columns: number } {
  const columns = tensor.shape.at(-1) ?? 1;
  return { rows: tensor.shape.slice(0, -1).reduce((product, size) => product * size, 1), columns };
}

/** Bytes of one row in the file. */
export function bytesPerRow(tensor: Pick<TensorInfo, "shape" | "type">): number {
  return rowBytes(tensor.type, matrixShape(tensor).columns);
}

/**
 * Reads rows `firstRow` to `firstRow + rowCount - 1` as they lie in the file into the start of `into`.
 * @throws FormatError `invalid` when the rows are not in the tensor or `into` is too small.
 */
export async function readRows(
  tensor: TensorInfo,
  firstRow: number,
  rowCount: number,
  into: Uint8Array,
): Promise<void> {
  const { rows } = matrixShape(tensor);
  const size = bytesPerRow(tensor);
  if (firstRow < 0 || rowCount < 0 || firstRow + rowCount > rows) {
    throw new FormatError("invalid", `${tensor.name} has ${rows} rows, not ${firstRow} to ${firstRow + rowCount - 1}`);
  }
  if (into.byteLength < rowCount * size) {
    throw new FormatError("invalid", `${rowCount} rows of ${tensor.name} need ${rowCount * size} bytes of room`);
  }
  if (rowCount === 0 || size === 0) return;
  await tensor.source.read(tensor.offset + firstRow * size, into.subarray(0, rowCount * size));
}
