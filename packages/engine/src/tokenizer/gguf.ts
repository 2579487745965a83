import { EngineError } from "../errors.ts";
import type { GgufMetadata } from "../formats/gguf-metadata.ts";
import { type AddedToken, AddedTokens } from "./added-tokens.ts";
import { alphabetBytes, byteFallbackValue } from "./byte-alphabet.ts";
import { ByteLevelBpe, type MergePair, RankedMerges } from "./byte-level-bpe.ts";
import { CharacterBpe, ScoredMerges } from "./character-bpe.ts";
import { Charsmap } from "./charsmap.ts";
import { endOfGenerationSet, findEndOfTurn } from "./end-of-generation.ts";
import { preSplitNamed, splitByPatterns } from "./pre-split.ts";
import type { SubwordModel } from "./subword-model.ts";
import { type Piece, TextTokenizer } from "./text-tokenizer.ts";
import type { Tokenizer, TokenizerOptions } from "./types.ts";
import { Unigram } from "./unigram.ts";
import { type TokenKind, Vocabulary } from "./vocabulary.ts";

const key = (name: string) => `tokenizer.ggml.${name}`;

/** `tokenizer.ggml.token_type`, in the order of its numbers. 0 is undefined in the format and read as normal. */
const kinds: readonly TokenKind[] = ["normal", "normal", "unknown", "control", "added", "unused", "byte"];

/** What a tokenizer model brings and what it assumes where the metadata is silent. */
interface Scheme {
  readonly model: SubwordModel;
  readonly addsBos: boolean;
  readonly addsEos: boolean;
  readonly spacePrefix: boolean;
  /** Makes text between added tokens ready for the model; the space before it is put by the caller. */
  readonly prepare: (text: string) => string;
  readonly bytes: (id: number) => Uint8Array;
  readonly defaults: { readonly bos?: number; readonly eos?: number };
}

/**
 * The tokenizer that a GGUF file's metadata describes: `llama` (SentencePiece BPE), `gpt2` (byte-level BPE) and `t5`
 * (SentencePiece unigram), to the ids that llama.cpp gives.
 * @throws EngineError `unsupported` for another model or word split, `bad-model` for a contradiction.
 */
export function ggufTokenizer(metadata: GgufMetadata, options: TokenizerOptions = {}): Tokenizer {
  const vocabulary = readVocabulary(metadata);
  const scheme = readScheme(metadata, vocabulary);
  const special = (name: string, fallback?: number): number | undefined => {
    const id = metadata.number(key(name)) ?? fallback;
    // 0xffffffff is how converters write "none".
    if (id === undefined || id === 0xffffffff || (id >= vocabulary.size && !metadata.has(key(name)))) return undefined;
    if (Number.isInteger(id) && id >= 0 && id < vocabulary.size) return id;
    throw new EngineError("bad-model", `${key(name)} is ${id}, but the vocabulary has ${vocabulary.size} tokens`);
  };
  const bos = special("bos_token_id", scheme.defaults.bos);
  const eos = special("eos_token_id", scheme.defaults.eos);
  const eot = special("eot_token_id") ?? findEndOfTurn(vocabulary);
  const addsBos = metadata.boolean(key("add_bos_token")) ?? scheme.addsBos;
  const addsEos = metadata.boolean(key("add_eos_token")) ?? scheme.addsEos;
  const spacePrefix = metadata.boolean(key("add_space_prefix")) ?? scheme.spacePrefix;
  return new TextTokenizer({
    vocabulary,
    pieces: piecesOf(readAddedTokens(metadata, vocabulary), spacePrefix && scheme.spacePrefix, scheme.prepare),
    model: scheme.model,
    bytes: scheme.bytes,
    prefix: addsBos && bos !== undefined ? [bos] : [],
    suffix: addsEos && eos !== undefined ? [eos] : [],
    stripsLeadingSpace: spacePrefix && scheme.spacePrefix,
    bos,
    eos,
    eot,
    endOfGeneration: endOfGenerationSet(vocabulary, [
      eos,
      eot,
      special("eom_token_id"),
      ...(options.endOfGeneration ?? []),
    ]),
  });
}

function readVocabulary(metadata: GgufMetadata): Vocabulary {
  const texts = metadata.needStrings(key("tokens"));
  if (texts.length === 0) throw new EngineError("bad-model", `${key("tokens")} is empty`);
  const types = metadata.numbers(key("token_type"));
  if (types !== undefined && types.length < texts.length) {
    throw new EngineError("bad-model", `${key("token_type")} has ${types.length} entries for ${texts.length} tokens`);
  }
  return new Vocabulary(
    texts,
    texts.map((_, id) => kinds[types?.[id] ?? 1] ?? "normal"),
  );
}

function readScores(metadata: GgufMetadata, vocabulary: Vocabulary): ArrayLike<number> {
  const scores = metadata.numbers(key("scores"));
  if (scores !== undefined && scores.length >= vocabulary.size) return scores;
  const found = scores === undefined ? "has no" : `has only ${scores.length}`;
  throw new EngineError("bad-model", `The tokenizer ${found} ${key("scores")} for ${vocabulary.size} tokens`);
}

function readScheme(metadata: GgufMetadata, vocabulary: Vocabulary): Scheme {
  const name = metadata.needString(key("model"));
  const unknown = metadata.number(key("unknown_token_id"));
  switch (name) {
    case "llama":
      return {
        model: new CharacterBpe(vocabulary, new ScoredMerges(vocabulary, readScores(metadata, vocabulary)), {
          byteFallback: true,
          unknown: unknown ?? (vocabulary.kinds[0] === "unknown" ? 0 : undefined),
          fuseUnknown: true,
        }),
        addsBos: true,
        addsEos: false,
        spacePrefix: true,
        prepare: (text) => text.replaceAll(" ", "▁"),
        bytes: sentencePieceBytes(vocabulary),
        defaults: { bos: 1, eos: 2 },
      };
    case "gpt2": {
      const split = preSplitNamed(metadata.string(key("pre")));
      return {
        model: new ByteLevelBpe(vocabulary, new RankedMerges(readMerges(metadata), vocabulary), {
          split: (text) => splitByPatterns(text, split.patterns),
          wholeWords: split.wholeWords,
          unknown,
        }),
        addsBos: split.addsBos,
        addsEos: false,
        spacePrefix: false,
        prepare: (text) => text,
        bytes: byteLevelBytes(vocabulary),
        defaults: {},
      };
    }
    case "t5": {
      const charsmapBytes = metadata.numbers(key("precompiled_charsmap"));
      const charsmap = charsmapBytes?.length ? new Charsmap(Uint8Array.from(charsmapBytes)) : undefined;
      const merge = metadata.boolean(key("remove_extra_whitespaces")) ?? false;
      return {
        model: new Unigram(vocabulary, readScores(metadata, vocabulary), {
          unknown: unknown ?? 2,
          byteFallback: false,
        }),
        addsBos: false,
        addsEos: true,
        spacePrefix: true,
        prepare: (text) => {
          const normal = charsmap?.normalize(text) ?? text;
          return (merge ? normal.replace(/ +/g, " ").replace(/ $/, "") : normal).replaceAll(" ", "▁");
        },
        bytes: sentencePieceBytes(vocabulary),
        defaults: { eos: 1 },
      };
    }
    default:
      throw new EngineError(
        "unsupported",
        `The model's tokenizer is of the kind "${name}" (${key("model")}), which this engine does not know`,
        "It knows llama (SentencePiece BPE), gpt2 (byte-level BPE) and t5 (SentencePiece unigram).",
      );
  }
}

function readMerges(metadata: GgufMetadata): MergePair[] {
  const merges = metadata.strings(key("merges"));
  if (merges === undefined) throw new EngineError("bad-model", `The tokenizer has no ${key("merges")}`);
  if (merges.length >= 2 ** 21) {
    throw new EngineError("unsupported", `${key("merges")} has ${merges.length} entries; this engine takes 2,097,151`);
  }
  return merges.map((merge) => {
    const space = merge.indexOf(" ", 1);
    return space < 0 ? [merge, ""] : [merge.slice(0, space), merge.slice(space + 1)];
  });
}

function readAddedTokens(metadata: GgufMetadata, vocabulary: Vocabulary): AddedTokens {
  // The format has no place for "swallows the white space after it"; Phi-3's tokens do, all but these.
  const phi3 = /phi-?3/i.test(metadata.string("general.name") ?? "");
  const keepsSpace = new Set(["<unk>", "<s>", "<|endoftext|>"]);
  const tokens: AddedToken[] = [];
  vocabulary.texts.forEach((content, id) => {
    const kind = vocabulary.kinds[id];
    if (kind !== "control" && kind !== "unknown" && kind !== "added") return;
    tokens.push({ id, content, special: kind !== "added", stripRight: phi3 && !keepsSpace.has(content) });
  });
  return new AddedTokens(tokens);
}

function piecesOf(
  added: AddedTokens,
  spacePrefix: boolean,
  prepare: (text: string) => string,
): (text: string, special: boolean) => Piece[] {
  return (text, special) => {
    let afterToken = true;
    const pieces: Piece[] = [];
    for (const fragment of added.split(text, special)) {
      if ("token" in fragment) {
        pieces.push(fragment);
        afterToken = true;
        continue;
      }
      const spaced = spacePrefix && afterToken ? ` ${fragment.text}` : fragment.text;
      pieces.push({ text: prepare(spaced), first: pieces.length === 0 });
      afterToken = false;
    }
    return pieces;
  };
}

/** SentencePiece: `▁` is a space, `<0x0A>` a byte; added tokens are as they are written. */
export function sentencePieceBytes(vocabulary: Vocabulary): (id: number) => Uint8Array {
  const encoder = new TextEncoder();
  return (id) => {
    const text = vocabulary.text(id);
    const kind = vocabulary.kinds[id];
    if (kind === "byte") {
      const byte = byteFallbackValue(text);
      if (byte !== undefined) return Uint8Array.of(byte);
    }
    return encoder.encode(kind === "added" ? text : text.replaceAll("▁", " "));
  };
}

/** Byte-level BPE: characters of GPT-2's alphabet; added tokens are as they are written. */
export function byteLevelBytes(vocabulary: Vocabulary): (id: number) => Uint8Array {
  const encoder = new TextEncoder();
  return (id) => {
    const text = vocabulary.text(id);
    const bytes = vocabulary.kinds[id] === "added" ? undefined : alphabetBytes(text);
    return bytes ?? encoder.encode(text);
  };
}
