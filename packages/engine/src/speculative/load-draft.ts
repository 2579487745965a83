import type { Device } from "@tugboat/kernels";
import { readArchitecture } from "../architectures/registry.ts";
import type { ModelSource } from "../engine.ts";
import { EngineError } from "../errors.ts";
import type { ModelFiles } from "../formats/types.ts";
import { StepRunner } from "../generation/step-runner.ts";
import { type LoadedModel, type LoadModelOptions, loadModel } from "../load.ts";
import { tokenizerOf } from "../tokenizer/create.ts";
import type { Tokenizer } from "../tokenizer/types.ts";
import type { DraftLimits } from "./draft-model.ts";

/** A draft model on the device of the model that it guesses for. */
export interface LoadedDraft {
  readonly source: ModelSource;
  readonly model: LoadedModel;
  readonly runner: StepRunner;
}

export function draftLimits(model: LoadedModel, draft: LoadedDraft): DraftLimits {
  const { blocks, maxRows, maxSequences } = draft.model.limits;
  const vocabulary = Math.min(model.hyperparameters.vocabulary, draft.model.hyperparameters.vocabulary);
  return { blocks, maxRows, maxSequences, contextLength: draft.model.contextLength, vocabulary };
}

/** Why a model can't guess for another; undefined: it can. Both must write the same token for each id. */
export function draftProblem(tokenizer: Tokenizer, draft: Tokenizer): string | undefined {
  if (tokenizer.vocabularySize !== draft.vocabularySize) {
    return `it knows ${draft.vocabularySize} tokens, the model ${tokenizer.vocabularySize}`;
  }
  for (let id = 0; id < tokenizer.vocabularySize; id++) {
    const [ours, theirs] = [tokenizer.tokenText(id), draft.tokenText(id)];
    if (ours !== theirs)
      return `token ${id} is ${JSON.stringify(theirs)} there and ${JSON.stringify(ours)} in the model`;
  }
  return undefined;
}

/**
 * Whether one model can guess for another, by their files alone.
 * @throws EngineError `bad-request` that says how they differ; FormatError
 */
export function checkDraft(files: ModelFiles, draft: ModelFiles, tokenizer = tokenizerOf(files)): void {
  const problem = draftProblem(tokenizer, tokenizerOf(draft));
  if (problem === undefined) return;
  throw new EngineError(
    "bad-request",
    `${draft.name} can't guess for ${files.name}, because their tokenizers differ: ${problem}`,
    "A draft model must have been trained with the same tokenizer, as smaller models of the same family usually are. Take another one, or none.",
  );
}

/** @throws EngineError as `checkDraft` and `loadModel` */
export async function loadDraft(
  source: ModelSource,
  files: ModelFiles,
  tokenizer: Tokenizer,
  device: Device,
  model: LoadedModel,
  { kvType, signal }: LoadModelOptions,
): Promise<LoadedDraft> {
  checkDraft(files, source.files, tokenizer);
  const { hyperparameters } = await readArchitecture(source.files);
  const contextLength = Math.min(hyperparameters.trainedContext, model.contextLength);
  const { maxSequences } = model.limits;
  const draft = await loadModel(source.files, device, { contextLength, maxSequences, kvType, signal });
  const runner = new StepRunner(draft.machine);
  await runner.warm();
  return { source, model: draft, runner };
}
