import { z } from "zod";
import { EngineError } from "../errors.ts";
import { type AddedToken, AddedTokens } from "./added-tokens.ts";
import { byteFallbackValue } from "./byte-alphabet.ts";
import { ByteLevelBpe, type MergePair, RankedMerges } from "./byte-level-bpe.ts";
import { CharacterBpe } from "./character-bpe.ts";
import { endOfGenerationSet, findEndOfTurn } from "./end-of-generation.ts";
import { tokenDecoding } from "./hf-decoder.ts";
import { type Normalize, normalizer } from "./hf-normalizer.ts";
import { framing } from "./hf-post-processor.ts";
import { isByteLevel, wordSplit } from "./hf-pre-tokenizer.ts";
import type { SubwordModel } from "./subword-model.ts";
import { type Piece, TextTokenizer } from "./text-tokenizer.ts";
import type { HuggingFaceTokenizerConfig, Tokenizer, TokenizerOptions } from "./types.ts";
import { Unigram } from "./unigram.ts";
import { type TokenKind, Vocabulary } from "./vocabulary.ts";

const addedTokenSchema = z.object({
  id: z
    .number()
    .int()
    .nonnegative()
    .max(2 ** 24),
  content: z.string(),
  special: z.boolean().default(false),
  lstrip: z.boolean().default(false),
  rstrip: z.boolean().default(false),
  single_word: z.boolean().default(false),
  normalized: z.boolean().optional(),
});
type AddedTokenConfig = z.infer<typeof addedTokenSchema>;

/** The model without its tables, which are large and are read by hand. */
const modelSchema = z.looseObject({
  type: z.string().optional(),
  unk_token: z.string().nullish(),
  unk_id: z.number().int().nullish(),
  fuse_unk: z.boolean().nullish(),
  byte_fallback: z.boolean().nullish(),
  ignore_merges: z.boolean().nullish(),
  continuing_subword_prefix: z.string().nullish(),
  end_of_word_suffix: z.string().nullish(),
  vocab: z.custom<object>((value) => typeof value === "object" && value !== null),
  merges: z.custom<readonly unknown[]>(Array.isArray).optional(),
});
type ModelConfig = z.infer<typeof modelSchema>;

const fileSchema = z.looseObject({
  added_tokens: z.array(addedTokenSchema).nullish(),
  model: modelSchema,
});

/**
 * The tokenizer that a `tokenizer.json` describes: byte-level BPE, SentencePiece-like BPE with byte fallback, unigram.
 * The `Split` patterns are translated by `@huggingface/tokenizers`; the rest is done here, since streaming needs bytes,
 * untrusted text must not parse as control tokens, and a megabyte must take about a second.
 * @throws EngineError `unsupported` or `bad-model`.
 */
export function huggingFaceTokenizer(
  tokenizerJson: Readonly<Record<string, unknown>>,
  config: HuggingFaceTokenizerConfig,
  options: TokenizerOptions = {},
): Tokenizer {
  const parsed = fileSchema.safeParse(tokenizerJson);
  if (!parsed.success) {
    throw new EngineError("bad-model", `tokenizer.json is damaged: ${z.prettifyError(parsed.error)}`);
  }
  const { model, added_tokens: added } = parsed.data;
  const addedTokens = added ?? [];
  const vocabulary = readVocabulary(model, addedTokens);
  const normalize = normalizer(tokenizerJson.normalizer);
  const decoding = tokenDecoding(tokenizerJson.decoder, vocabulary);
  const named = (text: string | null | undefined) => (text ? vocabulary.idOf(text) : undefined);
  const bos = named(config.bos_token);
  const eos = named(config.eos_token);
  const frame = framing(tokenizerJson.post_processor, vocabulary);
  const framed = frame.prefix.length > 0 || frame.suffix.length > 0;
  return new TextTokenizer({
    vocabulary,
    pieces: piecesOf(addedTokens, normalize),
    model: readModel(model, vocabulary, tokenizerJson.pre_tokenizer),
    bytes: decoding.bytes,
    prefix: framed || !config.add_bos_token || bos === undefined ? frame.prefix : [bos],
    suffix: framed || !config.add_eos_token || eos === undefined ? frame.suffix : [eos],
    stripsLeadingSpace: decoding.stripsLeadingSpace,
    bos: bos ?? (frame.prefix.length === 1 ? frame.prefix[0] : undefined),
    eos,
    eot: findEndOfTurn(vocabulary),
    endOfGeneration: endOfGenerationSet(vocabulary, [eos, ...(options.endOfGeneration ?? [])]),
  });
}

/** `[text, id]` for BPE's object, and the same for unigram's list of `[text, score]`. */
function vocabularyEntries(model: ModelConfig): (readonly [text: string, id: number])[] {
  const entries = Array.isArray(model.vocab)
    ? model.vocab.map((entry: unknown, id) => [Array.isArray(entry) ? entry[0] : undefined, id] as const)
    : Object.entries(model.vocab);
  return entries.map(([text, id]: readonly [unknown, unknown]) => {
    if (typeof text === "string" && typeof id === "number" && Number.isInteger(id) && id >= 0 && id < 2 ** 24) {
      return [text, id] as const;
    }
    throw new EngineError("bad-model", `tokenizer.json: the vocabulary has an entry that is no token: ${text} → ${id}`);
  });
}

function readVocabulary(model: ModelConfig, addedTokens: readonly AddedTokenConfig[]): Vocabulary {
  const entries = vocabularyEntries(model);
  let size = 0;
  for (const [, id] of entries) size = Math.max(size, id + 1);
  for (const { id } of addedTokens) size = Math.max(size, id + 1);
  if (size > 4 * (entries.length + addedTokens.length) + 1024) {
    throw new EngineError("bad-model", `tokenizer.json: ids go up to ${size - 1} for ${entries.length} tokens`);
  }
  const texts: string[] = new Array(size).fill("");
  const kinds: TokenKind[] = new Array(size).fill("unused");
  for (const [text, id] of entries) {
    texts[id] = text;
    kinds[id] = model.byte_fallback && byteFallbackValue(text) !== undefined ? "byte" : "normal";
    if (text === model.unk_token || (Array.isArray(model.vocab) && id === model.unk_id)) kinds[id] = "unknown";
  }
  for (const { id, content, special } of addedTokens) {
    texts[id] = content;
    if (kinds[id] !== "unknown") kinds[id] = special ? "control" : "added";
  }
  return new Vocabulary(texts, kinds);
}

function readModel(model: ModelConfig, vocabulary: Vocabulary, preTokenizer: unknown): SubwordModel {
  const split = wordSplit(preTokenizer);
  const byteLevel = isByteLevel(preTokenizer);
  if (Array.isArray(model.vocab)) {
    const scores = Float64Array.from(model.vocab, (entry: unknown) => (Array.isArray(entry) ? Number(entry[1]) : 0));
    const unknown = model.unk_id ?? undefined;
    return new Unigram(vocabulary, scores, { split, unknown, byteFallback: model.byte_fallback ?? false });
  }
  if (model.merges === undefined || (model.type !== undefined && model.type !== "BPE")) {
    throw new EngineError(
      "unsupported",
      `tokenizer.json has a model of the kind ${model.type ?? "unnamed"}, which this engine does not know`,
      "It knows BPE and Unigram.",
    );
  }
  if (model.continuing_subword_prefix || model.end_of_word_suffix) {
    throw new EngineError(
      "unsupported",
      "tokenizer.json marks the inside or the end of words, which no language model does",
    );
  }
  if (model.merges.length >= 2 ** 21) {
    throw new EngineError(
      "unsupported",
      `tokenizer.json has ${model.merges.length} merges; this engine takes 2,097,151`,
    );
  }
  const merges = new RankedMerges(model.merges.map(readMerge), vocabulary);
  const unknown = model.unk_token ? vocabulary.idOf(model.unk_token) : undefined;
  const wholeWords = model.ignore_merges ?? false;
  if (byteLevel) return new ByteLevelBpe(vocabulary, merges, { split, wholeWords, unknown });
  return new CharacterBpe(vocabulary, merges, {
    split,
    wholeWords,
    byteFallback: model.byte_fallback ?? false,
    unknown,
    fuseUnknown: model.fuse_unk ?? false,
  });
}

/** `"a b"` in older files, `["a", "b"]` in newer ones. */
function readMerge(merge: unknown): MergePair {
  if (typeof merge === "string") {
    const space = merge.indexOf(" ", 1);
    return space < 0 ? [merge, ""] : [merge.slice(0, space), merge.slice(space + 1)];
  }
  if (Array.isArray(merge) && typeof merge[0] === "string" && typeof merge[1] === "string") return [merge[0], merge[1]];
  throw new EngineError("bad-model", `tokenizer.json has a merge that is no pair of tokens: ${JSON.stringify(merge)}`);
}

/** Added tokens are looked for before normalising or after it, as each says. */
function piecesOf(
  tokens: readonly AddedTokenConfig[],
  normalize: Normalize,
): (text: string, special: boolean) => Piece[] {
  const describe = (token: AddedTokenConfig, content: string): AddedToken => ({
    id: token.id,
    content,
    special: token.special,
    stripLeft: token.lstrip,
    stripRight: token.rstrip,
    singleWord: token.single_word,
  });
  const late = (token: AddedTokenConfig) => token.normalized ?? !token.special;
  const before = new AddedTokens(tokens.filter((token) => !late(token)).map((token) => describe(token, token.content)));
  const after = new AddedTokens(tokens.filter(late).map((token) => describe(token, normalize(token.content))));
  return (text, special) => {
    const pieces: Piece[] = [];
    before.split(text, special).forEach((outer, index) => {
      if ("token" in outer) {
        pieces.push(outer);
        return;
      }
      after.split(normalize(outer.text), special).forEach((inner, innerIndex) => {
        if ("token" in inner) pieces.push(inner);
        else pieces.push({ text: inner.text, first: index === 0 && innerIndex === 0 });
      });
    });
    return pieces;
  };
}
