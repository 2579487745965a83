import type { Vocabulary } from "./vocabulary.ts";

/** Control tokens that end a turn, by the names that model families give them. Files often name only one as EOS. */
const turnEnds = [
  "<|eot_id|>",
  "<|im_end|>",
  "<|end|>",
  "<end_of_turn>",
  "<|end_of_turn|>",
  "<turn|>",
  "<|eom_id|>",
  "<EOT>",
  "<|endoftext|>",
  "<|end_of_text|>",
  "<|return|>",
  "<|call|>",
  "</s>",
  "<eos>",
  "<｜end▁of▁sentence｜>",
  "<|end▁of▁sentence|>",
  "<end_of_utterance>",
] as const;

/** Those of the names above that end an answer by ending the speaker's turn. */
const turnNames: ReadonlySet<string> = new Set(turnEnds.slice(0, 6));

/** A token that ends a turn, for models that do not say which. */
export function findEndOfTurn(vocabulary: Vocabulary): number | undefined {
  for (const name of turnNames) {
    const id = vocabulary.idOf(name);
    if (id !== undefined && vocabulary.isSpecial(id)) return id;
  }
  return undefined;
}

/** Every token that ends an answer: those declared, and the control tokens known by name. */
export function endOfGenerationSet(
  vocabulary: Vocabulary,
  declared: readonly (number | undefined)[],
): ReadonlySet<number> {
  const ids = new Set<number>();
  for (const id of declared) if (id !== undefined && id >= 0 && id < vocabulary.size) ids.add(id);
  for (const name of turnEnds) {
    const id = vocabulary.idOf(name);
    if (id !== undefined && vocabulary.isSpecial(id)) ids.add(id);
  }
  // Where <|return|> and <|call|> end an answer, <|end|> ends one of its messages (OpenAI's Harmony format).
  const end = vocabulary.idOf("<|end|>");
  const harmony = vocabulary.idOf("<|return|>") !== undefined && vocabulary.idOf("<|call|>") !== undefined;
  if (harmony && end !== undefined && !declared.includes(end)) ids.delete(end);
  return ids;
}
