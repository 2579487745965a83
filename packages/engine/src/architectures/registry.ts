import { EngineError } from "../errors.ts";
import type { ModelFiles } from "../formats/types.ts";
import type { Architecture, Hyperparameters } from "./architecture.ts";
import { gemma2 } from "./gemma2.ts";
import { gemma3 } from "./gemma3.ts";
import { llama } from "./llama.ts";
import { phi3 } from "./phi3.ts";
import { qwen2 } from "./qwen2.ts";
import { qwen3 } from "./qwen3.ts";
import { smollm3 } from "./smollm3.ts";

export const architectures: readonly Architecture[] = [llama, qwen2, qwen3, gemma2, gemma3, phi3, smollm3];

/**
 * The architecture that a model file names, and its hyperparameters.
 * @throws EngineError `unsupported` for an unknown name, `bad-model` for wrong or missing keys.
 */
export async function readArchitecture(
  model: ModelFiles,
): Promise<{ architecture: Architecture; hyperparameters: Hyperparameters }> {
  const name = model.format === "gguf" ? model.metadata.needString("general.architecture") : model.metadata.model_type;
  const architecture = architectures.find((one) =>
    (model.format === "gguf" ? one.ggufNames : one.hfNames).includes(name),
  );
  if (!architecture) {
    const known = architectures.flatMap((one) => (model.format === "gguf" ? one.ggufNames : one.hfNames)).join(", ");
    throw new EngineError("unsupported", `${model.name}: the architecture ${name} is not known`, `Known: ${known}.`);
  }
  const hyperparameters = model.format === "gguf" ? await architecture.fromGguf(model) : architecture.fromHf(model);
  return { architecture, hyperparameters };
}
