import {
  createWeight,
  type Device,
  type DeviceBuffer,
  dequantize,
  FILE_BLOCKS,
  type FileType,
  quantizeRows,
  type Weight,
  WeightPacker,
  type WeightType,
} from "@tugboat/kernels";
import { EngineError } from "../errors.ts";
import { bytesPerRow, readRows } from "../formats/rows.ts";
import type { TensorType } from "../formats/tensor-types.ts";
import type { VectorPlan, WeightPlan } from "../graph/plan.ts";
import type { ResolvedTensor } from "./resolve.ts";

/** File bytes that are in host memory at a time. */
const CHUNK = 4 * 2 ** 20;

export interface StreamOptions {
  readonly signal?: AbortSignal;
  /** Called with the file bytes that were read since the last call. */
  readonly onBytes?: (bytes: number) => void;
}

/** @throws EngineError `unsupported` for types that cannot be read as numbers. */
export function fileType(tensor: ResolvedTensor): FileType {
  const type: TensorType = tensor.info.type;
  if (isFileType(type)) return type;
  throw new EngineError("unsupported", `${tensor.info.name} is of type ${type}, which has no kernel`);
}

function isFileType(type: TensorType): type is TensorType & FileType {
  return type in FILE_BLOCKS;
}

/** A matrix on the device, read in chunks of a few rows and turned into the plan's type where the file has another. */
export async function streamWeight(
  device: Device,
  plan: WeightPlan,
  tensors: ReadonlyMap<string, ResolvedTensor>,
  options: StreamOptions,
): Promise<Weight> {
  const weight = createWeight(device, plan, plan.label);
  try {
    for (const { tensor: name, firstRow, rows, half } of plan.parts) {
      const tensor = tensors.get(name)!;
      const packer = new WeightPacker(device, weight, half ? { part: half } : { firstRow, rows });
      await eachChunk(tensor, rows, 4, options, (bytes) => packer.write(convert(fileType(tensor), plan.type, bytes)));
    }
    return weight;
  } catch (error) {
    weight.destroy();
    throw error;
  }
}

/** A vector on the device, in f32. */
export async function streamVector(
  device: Device,
  plan: VectorPlan,
  tensors: ReadonlyMap<string, ResolvedTensor>,
  options: StreamOptions,
): Promise<DeviceBuffer> {
  const values = new Float32Array(Math.ceil(plan.length / 4) * 4);
  for (const { tensor: name, offset } of plan.parts) {
    const tensor = tensors.get(name)!;
    await eachChunk(tensor, 1, 1, options, (bytes) => {
      dequantize(fileType(tensor), bytes, values.subarray(offset, offset + tensor.spec.shape[0]!));
    });
    if (tensor.add !== 0) for (let i = 0; i < tensor.spec.shape[0]!; i++) values[offset + i]! += tensor.add;
  }
  const buffer = device.createBuffer(values.byteLength, plan.label);
  device.write(buffer, 0, values);
  return buffer;
}

/** Rows of a tensor, in order, `unit` or a multiple of it at a time. The bytes are reused after `take` returns. */
async function eachChunk(
  tensor: ResolvedTensor,
  rows: number,
  unit: number,
  { signal, onBytes }: StreamOptions,
  take: (bytes: Uint8Array) => void,
): Promise<void> {
  const size = bytesPerRow(tensor.info);
  const rowsPerChunk = Math.max(unit, Math.floor(CHUNK / size / unit) * unit);
  const buffer = new Uint8Array(Math.min(rows, rowsPerChunk) * size);
  for (let row = 0; row < rows; row += rowsPerChunk) {
    signal?.throwIfAborted();
    const count = Math.min(rowsPerChunk, rows - row);
    const bytes = buffer.subarray(0, count * size);
    await readRows(tensor.info, tensor.firstRow + row, count, bytes);
    take(bytes);
    onBytes?.(bytes.length);
  }
}

function convert(from: FileType, to: WeightType, bytes: Uint8Array): Uint8Array {
  if (from === to) return bytes;
  if (to === "q4_K" || to === "q6_K") throw new EngineError("unsupported", `${from} cannot be turned into ${to}`);
  const { inputs, bytes: blockBytes } = FILE_BLOCKS[from];
  const values = new Float32Array((bytes.length / blockBytes) * inputs);
  dequantize(from, bytes, values);
  return quantizeRows(to, values);
}
