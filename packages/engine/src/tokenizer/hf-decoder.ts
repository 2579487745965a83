import { z } from "zod";
import { EngineError } from "../errors.ts";
import { byteFallbackValue } from "./byte-alphabet.ts";
import { byteLevelBytes } from "./gguf.ts";
import { patternSchema } from "./hf-pattern.ts";
import type { Vocabulary } from "./vocabulary.ts";

/** How token texts become bytes, and whether one space at the very start is taken away. */
export interface TokenDecoding {
  readonly bytes: (id: number) => Uint8Array;
  readonly stripsLeadingSpace: boolean;
}

const schema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("Sequence"), decoders: z.array(z.unknown()) }),
  z.object({ type: z.literal("ByteLevel") }),
  z.object({ type: z.literal("ByteFallback") }),
  z.object({ type: z.literal("Fuse") }),
  z.object({ type: z.literal("Replace"), pattern: patternSchema, content: z.string() }),
  z.object({ type: z.literal("Strip"), content: z.string(), start: z.number(), stop: z.number() }),
  z.object({
    type: z.literal("Metaspace"),
    replacement: z.string().default("▁"),
    prepend_scheme: z.string().optional(),
    add_prefix_space: z.boolean().optional(),
  }),
]);
type DecoderConfig = z.infer<typeof schema>;

/**
 * `tokenizer.json`'s `decoder`, token by token: those decoders that look at one token at a time, which is all that
 * language models use.
 * @throws EngineError `unsupported` for others.
 */
export function tokenDecoding(config: unknown, vocabulary: Vocabulary): TokenDecoding {
  const steps = config === null || config === undefined ? [] : flatten(config);
  if (steps.some((step) => step.type === "ByteLevel")) {
    return { bytes: byteLevelBytes(vocabulary), stripsLeadingSpace: false };
  }
  const encoder = new TextEncoder();
  const bytes = (id: number): Uint8Array => {
    let text = vocabulary.text(id);
    for (const step of steps) {
      if (step.type === "Metaspace") text = text.replaceAll(step.replacement, " ");
      if (step.type === "Replace" && "String" in step.pattern)
        text = text.replaceAll(step.pattern.String, () => step.content);
      const byte = step.type === "ByteFallback" ? byteFallbackValue(text) : undefined;
      if (byte !== undefined) return Uint8Array.of(byte);
    }
    return encoder.encode(text);
  };
  const stripsLeadingSpace = steps.some(
    (step) =>
      (step.type === "Strip" && step.content === " " && step.start > 0) ||
      (step.type === "Metaspace" &&
        (step.prepend_scheme ?? (step.add_prefix_space === false ? "never" : "")) !== "never"),
  );
  return { bytes, stripsLeadingSpace };
}

function flatten(config: unknown): DecoderConfig[] {
  const parsed = schema.safeParse(config);
  if (!parsed.success || (parsed.data.type === "Replace" && !("String" in parsed.data.pattern))) {
    const type = z.looseObject({ type: z.string() }).safeParse(config).data?.type ?? "nameless";
    throw new EngineError("unsupported", `tokenizer.json has a ${type} decoder that this engine cannot run`);
  }
  return parsed.data.type === "Sequence" ? parsed.data.decoders.flatMap(flatten) : [parsed.data];
}
