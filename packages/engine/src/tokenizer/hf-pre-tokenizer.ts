import { z } from "zod";
import { EngineError } from "../errors.ts";
import { compilePattern, patternSchema } from "./hf-pattern.ts";

/** Cuts text into words. `first`: nothing lies before it in the input. */
export type WordSplit = (text: string, first: boolean) => string[];

const behaviors = ["Isolated", "Removed", "MergedWithPrevious", "MergedWithNext", "Contiguous"] as const;
type Behavior = (typeof behaviors)[number];

const schema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("Sequence"), pretokenizers: z.array(z.unknown()) }),
  z.object({ type: z.literal("Split"), pattern: patternSchema, behavior: z.enum(behaviors), invert: z.boolean() }),
  z.object({
    type: z.literal("ByteLevel"),
    add_prefix_space: z.boolean().default(true),
    use_regex: z.boolean().default(true),
  }),
  z.object({
    type: z.literal("Metaspace"),
    replacement: z.string().default("▁"),
    prepend_scheme: z.enum(["always", "first", "never"]).optional(),
    add_prefix_space: z.boolean().optional(),
    split: z.boolean().nullish(),
  }),
  z.object({ type: z.literal("Digits"), individual_digits: z.boolean().default(false) }),
  z.object({ type: z.literal("Punctuation"), behavior: z.enum(behaviors).default("Isolated") }),
  z.object({ type: z.literal("Whitespace") }),
  z.object({ type: z.literal("WhitespaceSplit") }),
  z.object({ type: z.literal("BertPreTokenizer") }),
  z.object({ type: z.literal("CharDelimiterSplit"), delimiter: z.string().min(1) }),
]);

const gpt2 =
  /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;
const punctuation = /[\p{P}!-/:-@[-`{-~]/gu;
const whiteSpace = /\p{White_Space}/gu;

/** Whether a `pre_tokenizer` maps text to bytes, which is what makes a BPE byte-level. */
export function isByteLevel(config: unknown): boolean {
  const node = z
    .looseObject({ type: z.string(), pretokenizers: z.array(z.unknown()).optional() })
    .safeParse(config).data;
  return node?.type === "ByteLevel" || (node?.pretokenizers?.some(isByteLevel) ?? false);
}

/**
 * The words of `tokenizer.json`'s `pre_tokenizer`. ByteLevel's mapping of bytes to letters is left to the model.
 * @throws EngineError `unsupported` for a kind that is not known.
 */
export function wordSplit(config: unknown): WordSplit {
  if (config === null || config === undefined) return (text) => [text];
  const parsed = schema.safeParse(config);
  if (!parsed.success) {
    const type = z.looseObject({ type: z.string() }).safeParse(config).data?.type ?? "nameless";
    throw new EngineError(
      "unsupported",
      `tokenizer.json has a ${type} pre_tokenizer that this engine cannot run`,
      undefined,
      {
        cause: parsed.error,
      },
    );
  }
  const node = parsed.data;
  switch (node.type) {
    case "Sequence": {
      const steps = node.pretokenizers.map(wordSplit);
      return (text, first) =>
        steps.reduce((words, step) => words.flatMap((word, i) => step(word, first && i === 0)), [text]);
    }
    case "Split": {
      const pattern = compilePattern(node.pattern);
      return (text) => splitBy(text, pattern, node.behavior, node.invert);
    }
    case "ByteLevel":
      return (text) => {
        const spaced = node.add_prefix_space && !text.startsWith(" ") ? ` ${text}` : text;
        return node.use_regex ? splitBy(spaced, gpt2, "Isolated", false) : [spaced];
      };
    case "Metaspace": {
      const scheme = node.prepend_scheme ?? ((node.add_prefix_space ?? true) ? "always" : "never");
      const mark = compilePattern({ String: node.replacement });
      return (text, first) => {
        const marked = text.replaceAll(" ", node.replacement);
        const prepend = (scheme === "always" || (scheme === "first" && first)) && !marked.startsWith(node.replacement);
        const whole = prepend ? node.replacement + marked : marked;
        return node.split === false ? [whole] : splitBy(whole, mark, "MergedWithNext", false);
      };
    }
    case "Digits":
      return (text) => splitBy(text, /\p{N}/gu, node.individual_digits ? "Isolated" : "Contiguous", false);
    case "Punctuation":
      return (text) => splitBy(text, punctuation, node.behavior, false);
    case "Whitespace":
      return (text) => splitBy(text, compilePattern({ Regex: "\\w+|[^\\w\\s]+" }), "Removed", true);
    case "WhitespaceSplit":
      return (text) => splitBy(text, whiteSpace, "Removed", false);
    case "BertPreTokenizer":
      return (text) =>
        splitBy(text, whiteSpace, "Removed", false).flatMap((word) => splitBy(word, punctuation, "Isolated", false));
    case "CharDelimiterSplit": {
      const delimiter = compilePattern({ String: node.delimiter });
      return (text) => splitBy(text, delimiter, "Removed", false);
    }
  }
}

/** Splits at matches, as `SplitDelimiterBehavior` says; `invert` swaps matches and the gaps between them. */
export function splitBy(text: string, pattern: RegExp, behavior: Behavior, invert: boolean): string[] {
  const pieces: { start: number; end: number; match: boolean }[] = [];
  let from = 0;
  for (const found of text.matchAll(pattern)) {
    if (found[0].length === 0) continue;
    if (found.index > from) pieces.push({ start: from, end: found.index, match: invert });
    from = found.index + found[0].length;
    pieces.push({ start: found.index, end: from, match: !invert });
  }
  if (from < text.length) pieces.push({ start: from, end: text.length, match: invert });
  const joined: typeof pieces = [];
  switch (behavior) {
    case "Isolated":
      return pieces.map(({ start, end }) => text.slice(start, end));
    case "Removed":
      return pieces.filter(({ match }) => !match).map(({ start, end }) => text.slice(start, end));
    case "Contiguous":
      for (const piece of pieces) {
        const last = joined.at(-1);
        if (last !== undefined && last.match === piece.match) last.end = piece.end;
        else joined.push({ ...piece });
      }
      break;
    case "MergedWithPrevious":
      for (const piece of pieces) {
        const last = joined.at(-1);
        if (piece.match && last !== undefined && !last.match) {
          last.end = piece.end;
          last.match = true;
        } else joined.push({ ...piece });
      }
      break;
    case "MergedWithNext":
      for (const piece of pieces.reverse()) {
        const next = joined.at(-1);
        if (piece.match && next !== undefined && !next.match) {
          next.start = piece.start;
          next.match = true;
        } else joined.push({ ...piece });
      }
      joined.reverse();
      break;
  }
  return joined.map(({ start, end }) => text.slice(start, end));
}
