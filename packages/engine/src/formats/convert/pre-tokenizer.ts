import { z } from "zod";
import { FormatError } from "../errors.ts";

const step = z.looseObject({
  type: z.string(),
  use_regex: z.boolean().optional(),
  individual_digits: z.boolean().optional(),
  pattern: z.looseObject({ Regex: z.string().optional() }).optional(),
});
const preTokenizer = z.union([z.looseObject({ type: z.literal("Sequence"), pretokenizers: z.array(step) }), step]);

/** Split patterns as they stand in published tokenizer.json files, by llama.cpp's name for the same splitting. */
const patterns: ReadonlyMap<string, string> = new Map([
  [
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
    "qwen2",
  ],
  [
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
    "llama-bpe",
  ],
  [
    "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
    "gpt-4o",
  ],
]);

/**
 * llama.cpp's name (`tokenizer.ggml.pre`) for how a byte-level BPE cuts text before merging.
 * @param value `pre_tokenizer` of tokenizer.json.
 * @throws FormatError `unsupported` for a splitting that has no name here: a wrong one would give wrong tokens.
 */
export function preTokenizerName(value: unknown): string {
  const parsed = preTokenizer.safeParse(value);
  if (parsed.success) {
    const steps =
      "pretokenizers" in parsed.data && Array.isArray(parsed.data.pretokenizers)
        ? parsed.data.pretokenizers
        : [parsed.data];
    const name = nameOf(steps.map((one) => step.parse(one)));
    if (name !== undefined) return name;
  }
  throw new FormatError(
    "unsupported",
    "tokenizer.json splits text in a way that has no name in GGUF: its pre_tokenizer is not known here",
    "Known are those of GPT-2, SmolLM, Qwen 2 and 3, Llama 3 and GPT-4o.",
  );
}

function nameOf(steps: readonly z.infer<typeof step>[]): string | undefined {
  const [first, second, ...rest] = steps;
  if (first === undefined || rest.length > 0) return undefined;
  if (second === undefined) return first.type === "ByteLevel" && first.use_regex !== false ? "gpt-2" : undefined;
  if (second.type !== "ByteLevel") return undefined;
  if (first.type === "Digits") return first.individual_digits && second.use_regex !== false ? "smollm" : undefined;
  if (first.type !== "Split" || second.use_regex !== false) return undefined;
  return patterns.get(first.pattern?.Regex ?? "");
}
