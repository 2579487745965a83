import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Device, dequantize } from "@tugboat/kernels";
import { createDevice } from "@tugboat/kernels/node";
import { readArchitecture } from "../architectures/registry.ts";
import { type Engine, type LoadOptions, loadEngine, type ModelSource } from "../engine.ts";
import { openGguf } from "../formats/gguf.ts";
import { memorySource } from "../formats/memory.ts";
import { bytesPerRow, readRows } from "../formats/rows.ts";
import type { ModelFiles } from "../formats/types.ts";
import type { ReferenceModel, ReferenceTensor } from "../reference/forward.ts";
import { resolveTensors } from "../weights/resolve.ts";
import { fileType } from "../weights/stream.ts";

/** `TUGBOAT_TEST_DEVICES=webgpu` runs the engine's tests there; by default they run on the CPU device. */
export function openTestDevice(): Promise<Device> {
  const kind = process.env.TUGBOAT_TEST_DEVICES?.split(",").includes("webgpu") ? "webgpu" : "cpu";
  // One thread: the models of tests are too small for more, and test files share the machine.
  return createDevice(kind, { threads: 1 });
}

export function sourceOf(files: ModelFiles): ModelSource {
  return { name: files.name, files, createDevice: (kind, options) => createDevice(kind, options) };
}

export function openTestEngine(files: ModelFiles, device: Device, options: LoadOptions = {}): Promise<Engine> {
  return loadEngine(sourceOf(files), { device, kvType: "f32", maxSequences: 8, ...options });
}

export function ggufOf(bytes: Uint8Array, name: string): Promise<ModelFiles> {
  return openGguf(memorySource(bytes, name));
}

/** Puts bytes where llama.cpp can read them, for as long as `use` takes. */
export async function withFile<T>(bytes: Uint8Array, use: (path: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "tugboat-parity-"));
  try {
    const path = join(folder, "model.gguf");
    await writeFile(path, bytes);
    return await use(path);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** A model in float64, as its file's numbers say. */
export async function referenceOf(files: ModelFiles, contextLength?: number): Promise<ReferenceModel> {
  const { architecture, hyperparameters } = await readArchitecture(files);
  const tensors = new Map<string, ReferenceTensor>();
  for (const [name, tensor] of resolveTensors(files, architecture, hyperparameters)) {
    const isMatrix = tensor.spec.shape.length > 1;
    const rows = isMatrix ? tensor.spec.shape[0]! : 1;
    const columns = tensor.spec.shape.at(-1)!;
    const bytes = new Uint8Array(rows * bytesPerRow(tensor.info));
    await readRows(tensor.info, tensor.firstRow, rows, bytes);
    const values = new Float32Array(rows * columns);
    dequantize(fileType(tensor), bytes, values);
    tensors.set(name, { rows, columns, data: Float64Array.from(values, (value) => value + tensor.add) });
  }
  return {
    architecture,
    hyperparameters,
    tensors,
    contextLength: contextLength ?? hyperparameters.trainedContext,
  };
}

/** ‖a − b‖ / ‖b‖ */
export function relativeError(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let difference = 0;
  let size = 0;
  for (let i = 0; i < b.length; i++) {
    difference += (a[i]! - b[i]!) ** 2;
    size += b[i]! ** 2;
  }
  return Math.sqrt(difference / size);
}

/** Tokens without meaning, the same every time. */
export function someTokens(count: number, vocabulary: number, seed = 1): number[] {
  let state = seed;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return 3 + ((state >>> 8) % (vocabulary - 3));
  });
}
