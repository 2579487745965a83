/** GPT-2's printable stand-ins for the 256 bytes. */
export function byteCharacters(): string[] {
  const printable = (byte: number) => (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(printable(byte) ? byte : next++));
}

const special = (id: number, content: string) => ({
  id,
  content,
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: false,
  special: true,
});

/** What a tokenizer.json and tokenizer_config.json need to say; `vocabulary` tokens in all. */
export interface TinyTokenizer {
  readonly tokenizerJson: Readonly<Record<string, unknown>>;
  readonly tokenizerConfig: Readonly<Record<string, unknown>>;
}

/** Byte-level BPE: three special tokens, the bytes, then pairs of bytes, letters first. */
export function byteLevelTokenizer(vocabulary: number): TinyTokenizer {
  const bytes = byteCharacters();
  const names = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"];
  const vocab: Record<string, number> = Object.fromEntries([...names, ...bytes].map((token, id) => [token, id]));
  const letters = [
    ...bytes.slice(97, 123),
    ...bytes.slice(32, 97),
    ...bytes.slice(123, 127),
    ...bytes.slice(127),
    ...bytes.slice(0, 32),
  ];
  const merges: [string, string][] = [];
  let id = names.length + bytes.length;
  for (const left of letters) {
    for (const right of letters) {
      if (id >= vocabulary) break;
      vocab[left + right] = id++;
      merges.push([left, right]);
    }
  }
  return {
    tokenizerJson: {
      version: "1.0",
      truncation: null,
      padding: null,
      added_tokens: names.map((name, index) => special(index, name)),
      normalizer: null,
      pre_tokenizer: { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true },
      post_processor: null,
      decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
      model: { type: "BPE", dropout: null, unk_token: null, fuse_unk: false, byte_fallback: false, vocab, merges },
    },
    tokenizerConfig: {
      tokenizer_class: "PreTrainedTokenizerFast",
      bos_token: "<|endoftext|>",
      eos_token: "<|im_end|>",
      add_bos_token: false,
    },
  };
}

/**
 * SentencePiece BPE with byte fallback, as of Llama 2: unknown, start, end, the bytes, characters, pairs. llama.cpp wants
 * `<|endoftext|>` in models that have "phi3" in their name.
 */
export function sentencePieceTokenizer(vocabulary: number): TinyTokenizer {
  const names = ["<unk>", "<s>", "</s>", "<|endoftext|>"];
  const bytes = Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`);
  const characters = ["▁", ..."etaoinshrdlcumwfgypbvkxjqzETAOINSHRDLCUMWFGYPBVKXJQZ0123456789.,!?'-é"];
  const vocab: Record<string, number> = Object.fromEntries(
    [...names, ...bytes, ...characters].map((token, id) => [token, id]),
  );
  const merges: [string, string][] = [];
  let id = names.length + bytes.length + characters.length;
  for (const left of characters) {
    for (const right of characters.slice(1)) {
      if (id >= vocabulary) break;
      vocab[left + right] = id++;
      merges.push([left, right]);
    }
  }
  return {
    tokenizerJson: {
      version: "1.0",
      truncation: null,
      padding: null,
      added_tokens: names.map((name, index) => special(index, name)),
      normalizer: {
        type: "Sequence",
        normalizers: [
          { type: "Prepend", prepend: "▁" },
          { type: "Replace", pattern: { String: " " }, content: "▁" },
        ],
      },
      pre_tokenizer: null,
      post_processor: {
        type: "TemplateProcessing",
        single: [{ SpecialToken: { id: "<s>", type_id: 0 } }, { Sequence: { id: "A", type_id: 0 } }],
        pair: [{ SpecialToken: { id: "<s>", type_id: 0 } }, { Sequence: { id: "A", type_id: 0 } }],
        special_tokens: { "<s>": { id: "<s>", ids: [1], tokens: ["<s>"] } },
      },
      decoder: {
        type: "Sequence",
        decoders: [
          { type: "Replace", pattern: { String: "▁" }, content: " " },
          { type: "ByteFallback" },
          { type: "Fuse" },
          { type: "Strip", content: " ", start: 1, stop: 0 },
        ],
      },
      model: { type: "BPE", dropout: null, unk_token: "<unk>", fuse_unk: true, byte_fallback: true, vocab, merges },
    },
    tokenizerConfig: {
      tokenizer_class: "LlamaTokenizer",
      bos_token: "<s>",
      eos_token: "</s>",
      unk_token: "<unk>",
      add_bos_token: true,
    },
  };
}
