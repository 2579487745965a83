import type { GgufMetadata } from "../formats/gguf-metadata.ts";

export interface EncodeOptions {
  /**
   * Recognise control tokens written out in the text (`<|im_end|>`). Off by default: text that comes from a person must
   * not be able to end a turn. Tokens that the model's author declared as ordinary text are recognised either way.
   */
  readonly special?: boolean;
  /** Frame the text as the model was trained: BOS first and EOS last, each only where the model asks for it. */
  readonly bos?: boolean;
}

export interface DecodeOptions {
  /** Write control tokens out (`<s>`); by default they are left out. */
  readonly special?: boolean;
  /**
   * The tokens go on after other text, so that a first word's space is kept. By default the space that encoding puts
   * before a text is taken away again, by tokenizers that put one.
   */
  readonly continuation?: boolean;
}

/** Text to token ids and back. Immutable once made, and safe to share between requests. */
export interface Tokenizer {
  readonly vocabularySize: number;
  /** Beginning and end of a text, end of a turn; undefined where the model has none. */
  readonly bos: number | undefined;
  readonly eos: number | undefined;
  readonly eot: number | undefined;
  /** Every token after which generation is over: EOS, end of turn, end of message. */
  readonly endOfGeneration: ReadonlySet<number>;
  /** Whether `encode(…, {bos: true})` puts BOS first. */
  readonly addsBos: boolean;
  /** Whether decoding takes one leading space away, because encoding added it. */
  readonly stripsLeadingSpace: boolean;
  encode(text: string, options?: EncodeOptions): number[];
  /** Bytes that are not UTF-8 become U+FFFD. Unknown ids throw EngineError `bad-request`. */
  decode(ids: readonly number[], options?: DecodeOptions): string;
  /** What the token adds to the text, in bytes: a part of a character perhaps, nothing never. The array is shared. */
  tokenBytes(id: number): Uint8Array;
  /** The token as the vocabulary writes it: `Ġthe`, `▁the`, `<0x0A>`. */
  tokenText(id: number): string;
  /** The id of a token written as the vocabulary writes it. */
  idOf(tokenText: string): number | undefined;
  /** A control token: no text of the model's answer. */
  isSpecial(id: number): boolean;
}

/** What a tokenizer is made from: the `tokenizer` of an opened model. */
export type TokenizerSource =
  | { readonly kind: "gguf"; readonly metadata: GgufMetadata }
  | {
      readonly kind: "hf";
      /** `tokenizer.json`, as parsed JSON. */
      readonly tokenizerJson: Readonly<Record<string, unknown>>;
      readonly tokenizerConfig: HuggingFaceTokenizerConfig;
    };

/** The part of `tokenizer_config.json` that tokenizing needs. */
export interface HuggingFaceTokenizerConfig {
  readonly bos_token?: string | null;
  readonly eos_token?: string | null;
  readonly add_bos_token?: boolean | null;
  readonly add_eos_token?: boolean | null;
}

export interface TokenizerOptions {
  /** More end-of-generation ids, such as those of `generation_config.json`. */
  readonly endOfGeneration?: readonly number[];
}
