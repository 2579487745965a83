import { z } from "zod";
import { FormatError } from "../errors.ts";
import type { GgufValue } from "../gguf-metadata.ts";
import { checked } from "../json.ts";
import type { HfModel } from "../types.ts";
import { bool, f32s, i32s, text, texts, u32 } from "./key-values.ts";
import { preTokenizerName } from "./pre-tokenizer.ts";

/** `llama_token_type` of llama.h. */
const tokenType = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 } as const;

const id = z.number().int().nonnegative().max(4_000_000);
const schema = z.looseObject({
  added_tokens: z.array(z.looseObject({ id, content: z.string(), special: z.boolean().default(false) })).default([]),
  normalizer: z.unknown(),
  pre_tokenizer: z.unknown(),
  post_processor: z.unknown(),
  model: z.looseObject({
    type: z.string().default("BPE"),
    vocab: z.record(z.string(), id),
    merges: z.array(z.union([z.string(), z.tuple([z.string(), z.string()])])),
    unk_token: z.string().nullish(),
    byte_fallback: z.boolean().default(false),
  }),
});
type Tokenizer = z.infer<typeof schema>;

/**
 * The tokenizer of a Hugging Face model as GGUF keys: byte-level BPE as `gpt2` (tokens and merges), SentencePiece BPE as
 * `llama` (tokens and scores).
 * @throws FormatError `unsupported` for other kinds.
 */
export function tokenizerMetadata(model: HfModel): Map<string, GgufValue> {
  const kind = checked(
    z.looseObject({ type: z.string().default("BPE") }),
    model.tokenizer.tokenizerJson.model,
    "tokenizer.json",
  );
  if (kind.type !== "BPE") {
    throw new FormatError(
      "unsupported",
      `${model.name}: its tokenizer is of the kind ${kind.type}, only BPE can be written to GGUF here`,
    );
  }
  const tokenizer = checked(schema, model.tokenizer.tokenizerJson, "tokenizer.json");
  const { tokens, types } = vocabulary(tokenizer, model.metadata.vocab_size, model.name);
  const ids = new Map(tokens.map((token, index) => [token, index]));
  const entries = new Map<string, GgufValue>();
  const set = (key: string, value: GgufValue) => entries.set(`tokenizer.ggml.${key}`, value);
  const merges = tokenizer.model.merges.map(mergePair);
  if (tokenizer.model.byte_fallback) {
    set("model", text("llama"));
    set("pre", text("default"));
    set("tokens", texts(tokens));
    set("scores", f32s(scores(tokens, merges)));
    set("add_space_prefix", bool(addsSpacePrefix(tokenizer)));
  } else {
    set("model", text("gpt2"));
    set("pre", text(preTokenizerName(tokenizer.pre_tokenizer)));
    set("tokens", texts(tokens));
    set("merges", texts(merges.map((pair) => pair.map((part) => part.replaceAll(" ", "Ġ")).join(" "))));
  }
  set("token_type", i32s(types));
  specialTokens(model, tokenizer, ids, set);
  if (model.chatTemplate !== undefined) entries.set("tokenizer.chat_template", text(model.chatTemplate));
  return entries;
}

/** Tokens by id; ids that the model has and the tokenizer lacks are filled with `[PADn]`, never produced. */
function vocabulary(tokenizer: Tokenizer, size: number, model: string): { tokens: string[]; types: number[] } {
  const tokens: (string | undefined)[] = new Array(size).fill(undefined);
  const types: number[] = new Array(size).fill(tokenType.unused);
  const put = (token: string, at: number, type: number) => {
    if (at >= size) {
      throw new FormatError(
        "invalid",
        `${model}: token ${JSON.stringify(token)} has the id ${at}, config.json says vocab_size ${size}`,
      );
    }
    tokens[at] = token;
    types[at] = type;
  };
  for (const [token, at] of Object.entries(tokenizer.model.vocab)) put(token, at, plainType(token, tokenizer));
  for (const { id: at, content, special } of tokenizer.added_tokens) {
    const isControl = special || looksSpecial(content);
    if (types[at] !== tokenType.unknown) put(content, at, isControl ? tokenType.control : tokenType.userDefined);
  }
  return { tokens: tokens.map((token, index) => token ?? `[PAD${index}]`), types };
}

function plainType(token: string, { model }: Tokenizer): number {
  if (token === model.unk_token) return tokenType.unknown;
  return model.byte_fallback && /^<0x[0-9A-F]{2}>$/.test(token) ? tokenType.byte : tokenType.normal;
}

/** Some checkpoints forget to mark them: `<|assistant|>`, Gemma's turn marks. */
function looksSpecial(token: string): boolean {
  return /^<\|.*\|>$/s.test(token) || token === "<start_of_turn>" || token === "<end_of_turn>";
}

function mergePair(merge: string | [string, string]): [string, string] {
  if (typeof merge !== "string") return merge;
  const space = merge.indexOf(" ", 1);
  if (space === -1)
    throw new FormatError("invalid", `tokenizer.json: the merge ${JSON.stringify(merge)} is not a pair`);
  return [merge.slice(0, space), merge.slice(space + 1)];
}

/** SentencePiece merges the pair whose result scores highest; an earlier merge scores higher. */
function scores(tokens: readonly string[], merges: readonly [string, string][]): number[] {
  const ranks = new Map<string, number>();
  for (const [rank, [left, right]] of merges.entries()) {
    const merged = left + right;
    if (!ranks.has(merged)) ranks.set(merged, rank);
  }
  return tokens.map((token) => -(ranks.get(token) ?? (token.length > 1 ? merges.length : 0)));
}

/** Whether a space is put before the text: said by a `Prepend` normalizer or a `Metaspace` pre-tokenizer. */
function addsSpacePrefix({ normalizer, pre_tokenizer }: Tokenizer): boolean {
  const said = JSON.stringify([normalizer, pre_tokenizer]);
  return said.includes('"Prepend"') || /"prepend_scheme":"(first|always)"|"add_prefix_space":true/.test(said);
}

function specialTokens(
  { metadata: config, generationConfig, tokenizer: { tokenizerConfig } }: HfModel,
  { model, post_processor }: Tokenizer,
  ids: ReadonlyMap<string, number>,
  set: (key: string, value: GgufValue) => void,
): void {
  const named = (token: string | null | undefined) => (token ? ids.get(token) : undefined);
  const first = (value: number | number[] | null | undefined) =>
    Array.isArray(value) ? value[0] : (value ?? undefined);
  const bos = named(tokenizerConfig.bos_token) ?? first(config.bos_token_id);
  const eos = named(tokenizerConfig.eos_token) ?? first(config.eos_token_id);
  const alsoEnds = [generationConfig.eos_token_id ?? config.eos_token_id ?? []].flat().find((end) => end !== eos);
  const special: [string, number | undefined][] = [
    ["bos_token_id", bos],
    ["eos_token_id", eos],
    ["eot_token_id", alsoEnds],
    ["unknown_token_id", named(tokenizerConfig.unk_token ?? model.unk_token)],
    ["padding_token_id", named(tokenizerConfig.pad_token) ?? config.pad_token_id ?? undefined],
  ];
  for (const [key, value] of special) {
    if (value !== undefined && value >= 0 && value < config.vocab_size) set(key, u32(value));
  }
  // A post-processor that puts the token in says it for tokenizers whose config does not.
  const template = JSON.stringify(post_processor ?? null);
  const puts = (token: string | null | undefined) => Boolean(token) && template.includes(JSON.stringify(token));
  set("add_bos_token", bool(bos !== undefined && (tokenizerConfig.add_bos_token ?? puts(tokenizerConfig.bos_token))));
  set("add_eos_token", bool(eos !== undefined && (tokenizerConfig.add_eos_token ?? puts(tokenizerConfig.eos_token))));
}
