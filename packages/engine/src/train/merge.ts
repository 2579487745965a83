import type { Device } from "@tugboat/kernels";
import type { ModelSource } from "../engine.ts";
import { decoderOf } from "../formats/convert/encoding.ts";
import { memorySource } from "../formats/memory.ts";
import { bytesPerRow, readRows } from "../formats/rows.ts";
import type { ByteSource, ModelFiles, TensorInfo } from "../formats/types.ts";
import { type HostAdapter, readAdapter } from "./adapter.ts";
import type { ResolvedMethod } from "./method.ts";
import { panelIndex, type TrainingModel } from "./model.ts";

/** The source's model as it is trained now. Only what changed is kept in memory: adapters, or all of a small model. */
export async function mergedModel(
  source: ModelSource,
  model: TrainingModel,
  device: Device,
  method: ResolvedMethod,
): Promise<ModelSource> {
  const changed = new Map<string, TensorInfo>();
  if (method.kind === "lora") {
    const adapter = await readAdapter(device, model, method);
    for (const name of adapter.matrices.keys()) {
      const info = model.fileTensor(name);
      changed.set(info.name, adaptedTensor(info, adapter, name));
    }
  } else {
    for (const [name, { shape }] of model.specs) {
      const info = model.fileTensor(name);
      const { value } = (shape.length > 1 ? model.matrix(name) : model.vector(name)).trained!;
      const values = new Float32Array(await device.read(value));
      const rows = shape.length > 1 ? fromPanels(values, shape[0]!, shape[1]!) : values.subarray(0, shape[0]!);
      const bytes = new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength);
      changed.set(info.name, {
        ...info,
        type: "f32",
        source: memorySource(bytes, info.name),
        offset: 0,
        bytes: bytes.length,
      });
    }
  }
  const tensors = new Map([...source.files.tensors].map(([name, info]) => [name, changed.get(info.name) ?? info]));
  const files: ModelFiles = { ...source.files, tensors, close: async () => undefined };
  return { name: source.name, files, createDevice: (kind, options) => source.createDevice(kind, options) };
}

/** W + alpha / rank · B · A, computed while it is read. */
function adaptedTensor(info: TensorInfo, { rank, alpha, matrices }: HostAdapter, name: string): TensorInfo {
  const { a, b } = matrices.get(name)!;
  const [n, k] = [info.shape[0]!, info.shape[1]!];
  const decode = decoderOf(info.type, info.name);
  const scale = alpha / rank;
  const source: ByteSource = {
    name: info.name,
    size: n * k * 4,
    async read(offset, into) {
      const first = Math.floor(offset / (k * 4));
      const count = Math.ceil((offset + into.length) / (k * 4)) - first;
      const raw = new Uint8Array(count * bytesPerRow(info));
      await readRows(info, first, count, raw);
      const values = new Float32Array(count * k);
      decode(raw, values);
      for (let row = 0; row < count; row++) {
        for (let r = 0; r < rank; r++) {
          const factor = scale * b[(first + row) * rank + r]!;
          for (let i = 0; i < k; i++) values[row * k + i]! += factor * a[r * k + i]!;
        }
      }
      const start = offset - first * k * 4;
      into.set(new Uint8Array(values.buffer, start, into.length));
    },
  };
  return { ...info, type: "f32", source, offset: 0, bytes: n * k * 4 };
}

function fromPanels(panels: Float32Array, n: number, k: number): Float32Array {
  const out = new Float32Array(n * k);
  for (let row = 0; row < n; row++) for (let i = 0; i < k; i++) out[row * k + i] = panels[panelIndex(row, i, k)]!;
  return out;
}
