import { z } from "zod";
import type { Vocabulary } from "./vocabulary.ts";

/** Token ids put before and after a text that is framed. */
export interface Framing {
  readonly prefix: readonly number[];
  readonly suffix: readonly number[];
}

const piece = z.union([
  z.object({ SpecialToken: z.object({ id: z.string() }) }),
  z.object({ Sequence: z.object({ id: z.string() }) }),
]);
const namedToken = z.tuple([z.string(), z.number().int()]);
const schema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("TemplateProcessing"), single: z.array(piece) }),
  z.object({ type: z.enum(["BertProcessing", "RobertaProcessing"]), cls: namedToken, sep: namedToken }),
  z.object({ type: z.literal("Sequence"), processors: z.array(z.unknown()) }),
]);

/** What `tokenizer.json`'s `post_processor` puts around a single text. Processors that add no token give nothing. */
export function framing(config: unknown, vocabulary: Vocabulary): Framing {
  const node = schema.safeParse(config).data;
  switch (node?.type) {
    case undefined:
      return { prefix: [], suffix: [] };
    case "TemplateProcessing": {
      const sequence = node.single.findIndex((each) => "Sequence" in each);
      const ids = (pieces: typeof node.single) =>
        pieces.flatMap((each) => {
          const id = "SpecialToken" in each ? vocabulary.idOf(each.SpecialToken.id) : undefined;
          return id === undefined ? [] : [id];
        });
      return { prefix: ids(node.single.slice(0, sequence)), suffix: ids(node.single.slice(sequence + 1)) };
    }
    case "BertProcessing":
    case "RobertaProcessing":
      return { prefix: [node.cls[1]], suffix: [node.sep[1]] };
    case "Sequence": {
      const frames = node.processors.map((each) => framing(each, vocabulary));
      return { prefix: frames.flatMap((frame) => frame.prefix), suffix: frames.flatMap((frame) => frame.suffix) };
    }
  }
}
