import { z } from "zod";
import type { GgufValue } from "../../formats/gguf-metadata.ts";
import type { PackagedTokenizer } from "./packaged.ts";

const schema = z.object({
  added_tokens: z.array(z.object({ id: z.number(), content: z.string(), special: z.boolean() })),
  model: z.object({
    vocab: z.record(z.string(), z.number()),
    merges: z.array(z.union([z.string(), z.tuple([z.string(), z.string()])])),
    unk_token: z.string().nullish(),
  }),
});

const [normal, unknown, control, userDefined, byte] = [1, 2, 3, 4, 6];

/**
 * The GGUF metadata that a converter would write for a `tokenizer.json`. `pre` names the word split of a byte-level BPE;
 * without it the tokenizer becomes SentencePiece's, a token's score the negated rank of its first merge.
 */
export function ggufEntries(from: PackagedTokenizer, pre?: string): Map<string, GgufValue> {
  const { model, added_tokens: added } = schema.parse(from.tokenizerJson);
  const size = Math.max(...Object.values(model.vocab).slice(-1000), ...added.map((token) => token.id), 0) + 1;
  const count = Object.values(model.vocab).reduce((largest, id) => Math.max(largest, id + 1), size);
  const tokens: string[] = Array.from({ length: count }, (_, id) => `[PAD${id}]`);
  const types = new Int32Array(count).fill(5);
  for (const [text, id] of Object.entries(model.vocab)) {
    tokens[id] = text;
    types[id] = pre === undefined && /^<0x[0-9A-F]{2}>$/.test(text) ? byte! : normal!;
  }
  for (const { id, content, special } of added) {
    tokens[id] = pre === undefined && !special ? content.replaceAll("▁", " ") : content;
    types[id] = special ? control! : userDefined!;
  }
  if (model.unk_token) types[model.vocab[model.unk_token] ?? 0] = unknown!;
  const merges = model.merges.map((merge) => (typeof merge === "string" ? merge : merge.join(" ")));
  const config = from.tokenizerConfig;
  const idOf = (text: string | null | undefined) => (text ? tokens.indexOf(text) : -1);
  const entries = new Map<string, GgufValue>([
    ["general.architecture", { type: "string", value: "llama" }],
    ["tokenizer.ggml.model", { type: "string", value: pre === undefined ? "llama" : "gpt2" }],
    ["tokenizer.ggml.tokens", { type: "array", of: "string", value: tokens }],
    ["tokenizer.ggml.token_type", { type: "array", of: "i32", value: types }],
    ["tokenizer.ggml.add_bos_token", { type: "bool", value: config.add_bos_token ?? false }],
  ]);
  for (const [key, text] of [
    ["bos", config.bos_token],
    ["eos", config.eos_token],
    ["unknown", model.unk_token],
  ] as const) {
    if (idOf(text) >= 0) entries.set(`tokenizer.ggml.${key}_token_id`, { type: "u32", value: idOf(text) });
  }
  if (pre === undefined) {
    const scores = new Float32Array(count);
    const merged = new Set<string>();
    model.merges.forEach((merge, rank) => {
      const text = typeof merge === "string" ? merge.replace(" ", "") : merge.join("");
      const id = merged.has(text) ? undefined : model.vocab[text];
      merged.add(text);
      if (id !== undefined) scores[id] = -rank;
    });
    entries.set("tokenizer.ggml.scores", { type: "array", of: "f32", value: scores });
    entries.set("tokenizer.ggml.add_space_prefix", { type: "bool", value: false });
  } else {
    entries.set("tokenizer.ggml.pre", { type: "string", value: pre });
    entries.set("tokenizer.ggml.merges", { type: "array", of: "string", value: merges });
  }
  return entries;
}
