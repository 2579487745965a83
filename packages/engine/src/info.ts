import type { DeviceInfo } from "@tugboat/kernels";
import type { ModelFiles } from "./formats/types.ts";
import type { LoadedModel } from "./load.ts";

/** What is being served. */
export interface ModelInfo {
  readonly name: string;
  readonly architecture: string;
  readonly parameters: number;
  /** Served, in tokens. */
  readonly contextLength: number;
  readonly trainedContextLength: number;
  readonly vocabularySize: number;
  /** The type that holds most of the weights' bytes in the file. */
  readonly quantisation: string;
  /** Of the weights in the file. */
  readonly bytes: number;
  readonly layers: number;
  readonly dim: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly hasChatTemplate: boolean;
  readonly device: DeviceInfo;
}

/** Of the tensors in the file. */
export function weightBytes(files: ModelFiles): number {
  return [...files.tensors.values()].reduce((sum, { bytes }) => sum + bytes, 0);
}

export function describeModel(files: ModelFiles, model: LoadedModel, device: DeviceInfo): ModelInfo {
  const p = model.hyperparameters;
  const bytesOf = new Map<string, number>();
  let parameters = 0;
  for (const { bytes, shape, type } of files.tensors.values()) {
    parameters += shape.reduce((product, size) => product * size, 1);
    bytesOf.set(type, (bytesOf.get(type) ?? 0) + bytes);
  }
  const [quantisation = "none"] = [...bytesOf].sort((a, b) => b[1] - a[1])[0] ?? [];
  return {
    name: files.name,
    architecture: model.architecture.name,
    parameters,
    contextLength: model.contextLength,
    trainedContextLength: p.trainedContext,
    vocabularySize: p.vocabulary,
    quantisation,
    bytes: weightBytes(files),
    layers: p.layers,
    dim: p.dim,
    heads: p.heads,
    kvHeads: p.kvHeads,
    hasChatTemplate: files.chatTemplate !== undefined,
    device,
  };
}
