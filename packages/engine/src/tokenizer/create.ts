import type { ModelFiles } from "../formats/types.ts";
import { ggufTokenizer } from "./gguf.ts";
import { huggingFaceTokenizer } from "./hugging-face.ts";
import type { Tokenizer, TokenizerOptions, TokenizerSource } from "./types.ts";

/**
 * The tokenizer of an opened model.
 * @throws EngineError `unsupported` when the model's kind of tokenizer is not known, `bad-model` when its description
 * contradicts itself; FormatError when a GGUF key is missing or of the wrong type.
 */
export function createTokenizer(source: TokenizerSource, options: TokenizerOptions = {}): Tokenizer {
  switch (source.kind) {
    case "gguf":
      return ggufTokenizer(source.metadata, options);
    case "hf":
      return huggingFaceTokenizer(source.tokenizerJson, source.tokenizerConfig, options);
  }
}

/** The tokenizer of a model's files, with the ends that its generation settings name. */
export function tokenizerOf(files: ModelFiles): Tokenizer {
  const endOfGeneration = files.format === "safetensors" ? [files.generationConfig.eos_token_id ?? []].flat() : [];
  return createTokenizer(files.tokenizer, { endOfGeneration });
}
