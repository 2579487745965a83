import { EngineError } from "../errors.ts";

/**
 * How byte-level BPE cuts a text into words before merging, under the names that GGUF's `tokenizer.ggml.pre` gives.
 * Each name stands for patterns applied one after another: a pattern cuts each piece into its matches and what lies
 * between them. The patterns are those of the models' own tokenizers, in the form that llama.cpp defines.
 */
export interface PreSplit {
  readonly patterns: readonly RegExp[];
  /** A word that is a token as it stands is taken whole, without merging. */
  readonly wholeWords: boolean;
  /** Puts BOS first where the metadata does not say. */
  readonly addsBos: boolean;
}

/** JavaScript's `\s` is not Unicode's White_Space: it has U+FEFF and lacks U+0085. */
const pattern = (source: string) =>
  new RegExp(source.replaceAll("\\s", "\\p{White_Space}").replaceAll("\\S", "\\P{White_Space}"), "gu");

const contraction = "'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD]";
const tail = "\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

const gpt2 = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
/** The family that began with OpenAI's cl100k; models differ in how many digits make a word. */
const words = (digits: string, marks = "") =>
  `${contraction}|[^\\r\\n\\p{L}\\p{N}]?[\\p{L}${marks}]+|${digits}| ?[^\\s\\p{L}${marks}\\p{N}]+[\\r\\n]*|${tail}`;
/** The family of OpenAI's o200k: words change where case does. */
const cased = (digits: string, suffix: string) => {
  const upper = "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]";
  const lower = "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]";
  const start = "[^\\r\\n\\p{L}\\p{N}]?";
  return `${start}${upper}*${lower}+${suffix}|${start}${upper}+${lower}*${suffix}|${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|${tail}`;
};
const deepseekWords =
  "[!\"#$%&'()*+,\\-.\\/:;<=>?@\\[\\\\\\]\\^_`{\\|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+|" +
  ` ?[\\p{P}\\p{S}]+[\\r\\n]*|${tail}`;
const finnish = " ?[^(\\s|.,!?…。，、।۔،)]+";

function split(sources: readonly string[], more: { wholeWords?: boolean; addsBos?: boolean } = {}): PreSplit {
  return { patterns: sources.map(pattern), wholeWords: more.wholeWords ?? false, addsBos: more.addsBos ?? false };
}

const families: readonly (readonly [names: readonly string[], make: () => PreSplit])[] = [
  [["default"], () => split(["[\\p{P}\\$\\+<=>\\^~\\|]+", gpt2, "\\p{N}+", "[0-9][0-9][0-9]"])],
  [
    [
      "gpt-2",
      "phi-2",
      "jina-es",
      "jina-de",
      "gigachat",
      "jina-v2-es",
      "jina-v2-de",
      "a.x-4.0",
      "mellum",
      "modern-bert",
    ],
    () => split([gpt2]),
  ],
  [
    ["mpt", "olmo", "jais", "trillion", "granite-docling", "exaone4", "jina-v1-en", "jina-v2-code", "roberta-bpe"],
    () => split([gpt2]),
  ],
  [
    ["llama3", "llama-v3", "llama-bpe", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2"],
    () => split([words("\\p{N}{1,3}")], { wholeWords: true, addsBos: true }),
  ],
  [["dbrx", "smaug-bpe", "glm4", "chatglm-bpe"], () => split([words("\\p{N}{1,3}")])],
  [
    ["qwen2", "deepseek-r1-qwen", "kormo", "f2llmv2", "megrez", "stablelm2", "hunyuan", "solar-open", "grok-2"],
    () => split([words("\\p{N}")]),
  ],
  [["qwen35"], () => split([words("\\p{N}", "\\p{M}")])],
  [
    ["smollm", "starcoder", "refact", "command-r", "codeshell", "exaone", "minerva-7b", "mellum2"],
    () => split(["\\p{N}", gpt2]),
  ],
  [["falcon"], () => split(["[\\p{P}\\$\\+<=>\\^~\\|`]+", gpt2, "[0-9][0-9][0-9]"])],
  [["gpt-4o", "llama4", "kanana2", "minimax-m2"], () => split([cased("\\p{N}{1,3}", `(?:${contraction})?`)])],
  [["tekken"], () => split([cased("\\p{N}", "")], { wholeWords: true, addsBos: true })],
  [
    ["deepseek-v3", "hunyuan-dense"],
    () => split(["\\p{N}{1,3}", "[一-龥\\u3040-\\u309f\\u30a0-\\u30ff]+", deepseekWords]),
  ],
  [
    ["deepseek-coder"],
    () => split(["[\\r\\n]", "\\s?\\p{L}+", "\\s?\\p{P}+", "[一-龥\\u0800-一\\uac00-\\ud7ff]+", "\\p{N}"]),
  ],
  [["seed-coder"], () => split([words("\\p{N}").replace("\\p{N}]+[\\r\\n]*", "\\p{N}\\r\\n]+")])],
  [
    ["bailingmoe", "bailingmoe2", "llada-moe"],
    () => split([words("\\p{N}").replace("\\s*[\\r\\n]+|", "\\s*[\\r\\n]|")]),
  ],
  [["poro-chat", "bloom", "gpt3-finnish"], () => split([finnish])],
  [["viking"], () => split([finnish, "\\p{N}"])],
];

const byName = new Map(families.flatMap(([names, make]) => names.map((name) => [name, make] as const)));

/**
 * The split that a GGUF file names. Absent means `default`, as in llama.cpp.
 * @throws EngineError `unsupported` for a name that is not known: another split would give other tokens, silently.
 */
export function preSplitNamed(name: string | undefined): PreSplit {
  const make = byName.get(name ?? "default");
  if (make !== undefined) return make();
  throw new EngineError(
    "unsupported",
    `The model's tokenizer splits words in a way called "${name}" (tokenizer.ggml.pre), which this engine does not know`,
    `It knows ${[...byName.keys()].join(", ")}. The model's Hugging Face folder, with its tokenizer.json, may work.`,
  );
}

/** Cuts a text by each pattern in turn, into matches and the gaps between them. Nothing is lost, no piece is empty. */
export function splitByPatterns(text: string, patterns: readonly RegExp[]): string[] {
  let pieces = [text];
  for (const each of patterns) {
    const finer: string[] = [];
    for (const piece of pieces) {
      let from = 0;
      each.lastIndex = 0;
      for (let match = each.exec(piece); match !== null; match = each.exec(piece)) {
        const length = match[0].length;
        if (length === 0) {
          each.lastIndex += 1;
          continue;
        }
        if (match.index > from) finer.push(piece.slice(from, match.index));
        from = match.index + length;
        finer.push(match[0]);
      }
      if (from < piece.length) finer.push(piece.slice(from));
    }
    pieces = finer;
  }
  return pieces;
}
