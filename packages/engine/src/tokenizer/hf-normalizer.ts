import { z } from "zod";
import { EngineError } from "../errors.ts";
import { Charsmap } from "./charsmap.ts";
import { compilePattern, patternSchema } from "./hf-pattern.ts";

export type Normalize = (text: string) => string;

const schema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("Sequence"), normalizers: z.array(z.unknown()) }),
  z.object({ type: z.enum(["NFC", "NFD", "NFKC", "NFKD"]) }),
  z.object({ type: z.literal("Lowercase") }),
  z.object({ type: z.literal("StripAccents") }),
  z.object({ type: z.literal("Strip"), strip_left: z.boolean(), strip_right: z.boolean() }),
  z.object({ type: z.literal("Replace"), pattern: patternSchema, content: z.string() }),
  z.object({ type: z.literal("Prepend"), prepend: z.string() }),
  z.object({ type: z.literal("Precompiled"), precompiled_charsmap: z.string().nullish() }),
]);

/**
 * What `tokenizer.json`'s `normalizer` does to text.
 * @throws EngineError `unsupported` for a kind that is not known.
 */
export function normalizer(config: unknown): Normalize {
  if (config === null || config === undefined) return (text) => text;
  const parsed = schema.safeParse(config);
  if (!parsed.success) {
    const type = z.looseObject({ type: z.string() }).safeParse(config).data?.type ?? "nameless";
    throw new EngineError(
      "unsupported",
      `tokenizer.json has a ${type} normalizer that this engine cannot run`,
      undefined,
      {
        cause: parsed.error,
      },
    );
  }
  const node = parsed.data;
  switch (node.type) {
    case "Sequence": {
      const steps = node.normalizers.map(normalizer);
      return (text) => steps.reduce((normal, step) => step(normal), text);
    }
    case "NFC":
    case "NFD":
    case "NFKC":
    case "NFKD":
      return (text) => text.normalize(node.type);
    case "Lowercase":
      return (text) => text.toLowerCase();
    case "StripAccents":
      return (text) => text.replace(/\p{Mn}/gu, "");
    case "Strip":
      return (text) => {
        const left = node.strip_left ? text.replace(/^\p{White_Space}+/u, "") : text;
        return node.strip_right ? trimEnd(left) : left;
      };
    case "Replace": {
      const pattern = compilePattern(node.pattern);
      return (text) => text.replace(pattern, () => node.content);
    }
    case "Prepend":
      return (text) => (text === "" ? "" : node.prepend + text);
    case "Precompiled": {
      if (!node.precompiled_charsmap) return (text) => text;
      const charsmap = new Charsmap(Uint8Array.from(atob(node.precompiled_charsmap), (unit) => unit.charCodeAt(0)));
      return (text) => charsmap.normalize(text);
    }
  }
}

/** By hand: an expression anchored at the end would look at every run of spaces from each of its places. */
function trimEnd(text: string): string {
  let end = text.length;
  while (end > 0 && /\p{White_Space}/u.test(text.charAt(end - 1))) end--;
  return text.slice(0, end);
}
