import { SplitPreTokenizer } from "@huggingface/tokenizers";
import { z } from "zod";
import { EngineError } from "../errors.ts";

// The package's own declarations leave this class out under Node's module resolution.
declare module "@huggingface/tokenizers" {
  class SplitPreTokenizer {
    readonly pattern: RegExp | null;
    constructor(config: { type: "Split"; pattern: { Regex: string }; behavior: "Isolated"; invert: boolean });
  }
}

/** `{"String": " "}` or `{"Regex": "\\s+"}`, as `tokenizer.json` writes patterns. */
export const patternSchema = z.union([z.object({ String: z.string().min(1) }), z.object({ Regex: z.string() })]);
export type PatternConfig = z.infer<typeof patternSchema>;

/** The pattern as a JavaScript expression with the flags `gu`. Regexes are written for Oniguruma and are translated. */
export function compilePattern(pattern: PatternConfig): RegExp {
  if ("String" in pattern) return new RegExp(pattern.String.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&"), "gu");
  try {
    const translated = new SplitPreTokenizer({ type: "Split", pattern, behavior: "Isolated", invert: false }).pattern;
    if (translated !== null) return translated;
  } catch (cause) {
    throw new EngineError(
      "unsupported",
      `tokenizer.json has a pattern that cannot run here: ${pattern.Regex}`,
      undefined,
      {
        cause,
      },
    );
  }
  throw new EngineError("unsupported", `tokenizer.json has a pattern that cannot run here: ${pattern.Regex}`);
}
