import { quantizeRows } from "@tugboat/kernels";
import { FormatError } from "../errors.ts";
import type { PlannedTensor } from "../gguf-writer.ts";
import { matrixShape, readRows } from "../rows.ts";
import { rowBytes } from "../tensor-types.ts";
import type { TensorInfo } from "../types.ts";
import { decoderOf, type EncodedType } from "./encoding.ts";

/** Values that are in memory at a time, per tensor. */
const chunkValues = 1 << 18;

export interface TensorConversion {
  readonly name: string;
  readonly type: EncodedType;
  /** Rows of one attention head, whose two halves are interleaved; undefined leaves the order. */
  readonly interleave?: number;
  /** Added to each value. */
  readonly offset?: number;
}

/** A tensor of the input, to be written in another type, with its rows reordered or shifted as llama.cpp wants them. */
export function convertedTensor(
  tensor: TensorInfo,
  { name, type, interleave, offset }: TensorConversion,
): PlannedTensor {
  const decode = decoderOf(tensor.type, tensor.name);
  // A bias is one value per row here: its heads are reordered like a matrix's rows.
  const asRows: TensorInfo = tensor.shape.length === 1 ? { ...tensor, shape: [...tensor.shape, 1] } : tensor;
  const { rows, columns } = interleave === undefined ? matrixShape(tensor) : matrixShape(asRows);
  const step = rowsPerChunk(rows, columns, interleave, tensor);
  return {
    name,
    type,
    shape: tensor.shape,
    async *data() {
      const raw = new Uint8Array(rowBytes(tensor.type, columns) * step);
      const values = new Float32Array(columns * step);
      const ordered = interleave === undefined ? values : new Float32Array(columns * step);
      for (let row = 0; row < rows; row += step) {
        const count = Math.min(step, rows - row);
        const chunk = values.subarray(0, count * columns);
        await readRows(interleave === undefined ? tensor : asRows, row, count, raw);
        decode(raw.subarray(0, rowBytes(tensor.type, columns) * count), chunk);
        if (offset !== undefined) for (let i = 0; i < chunk.length; i++) chunk[i] = (chunk[i] ?? 0) + offset;
        if (interleave !== undefined) interleaveHeads(chunk, ordered, columns, interleave);
        yield quantizeRows(type, ordered.subarray(0, chunk.length));
      }
    },
  };
}

/** A small tensor that is made here, in f32. */
export function madeTensor(name: string, values: Float32Array): PlannedTensor {
  return {
    name,
    type: "f32",
    shape: [values.length],
    async *data() {
      yield quantizeRows("f32", values);
    },
  };
}

function rowsPerChunk(rows: number, columns: number, head: number | undefined, tensor: TensorInfo): number {
  const fitting = Math.max(1, Math.min(rows, Math.floor(chunkValues / columns)));
  if (head === undefined) return fitting;
  if (head % 2 !== 0 || rows % head !== 0) {
    throw new FormatError("invalid", `${tensor.name} has ${rows} rows, which are not whole heads of ${head}`);
  }
  return Math.max(1, Math.floor(fitting / head)) * head;
}

/** Within each head of `head` rows, row j of the first half and row j of the second become neighbours. */
function interleaveHeads(from: Float32Array, to: Float32Array, columns: number, head: number): void {
  const rows = from.length / columns;
  for (let row = 0; row < rows; row++) {
    const within = row % head;
    const half = head / 2;
    const target = row - within + (within < half ? within * 2 : (within - half) * 2 + 1);
    to.set(from.subarray(row * columns, (row + 1) * columns), target * columns);
  }
}
