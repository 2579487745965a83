import { readArchitecture } from "../architectures/registry.ts";
import type { ModelFiles } from "../formats/types.ts";
import { importPeft } from "../train/adapter.ts";
import { headOrder } from "../train/model.ts";
import type { PeftAdapter } from "../train/types.ts";
import { resolveTensors } from "../weights/resolve.ts";

export interface AdapterDescription {
  readonly rank: number;
  readonly alpha: number;
  /** Numbers in all its matrices. */
  readonly parameters: number;
  /** Of the model that it changes. */
  readonly architecture: string;
  readonly trainedContext: number;
}

/**
 * Reads an adapter against the model that it is for, as serving it would.
 * @throws EngineError `bad-request` for an adapter of another kind or model; FormatError
 */
export async function describeAdapter(files: ModelFiles, peft: PeftAdapter): Promise<AdapterDescription> {
  const { architecture, hyperparameters } = await readArchitecture(files);
  const tensors = resolveTensors(files, architecture, hyperparameters);
  const specs = new Map([...tensors].map(([name, { spec }]) => [name, spec]));
  const interleaves = headOrder(files, hyperparameters);
  const { alpha, matrices, rank } = await importPeft({ name: files.name, hyperparameters, specs, interleaves }, peft);
  let parameters = 0;
  for (const { a, b } of matrices.values()) parameters += a.length + b.length;
  const { trainedContext } = hyperparameters;
  return { rank, alpha, parameters, architecture: architecture.name, trainedContext };
}
