import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import {
  type ChatMessage,
  chatTemplateFor,
  checkDraft,
  createTokenizer,
  EngineError,
  type MemoryNeeds,
  type ModelAnatomy,
  type ModelFiles,
  modelAnatomy,
  modelMemory,
  type Tokenizer,
} from "@tugboat/engine";
import { openModelFiles } from "@tugboat/engine/node";
import { catalogError } from "./inspect.ts";

/** What the tokenizer is and does. */
export interface TokenizerFacts {
  /** As the file names it: `gpt2` (byte-level BPE), `llama` (SentencePiece), `BPE`, `Unigram`. */
  readonly kind: string;
  readonly vocabulary: number;
  /** Whether a prompt begins with the beginning-of-text token. */
  readonly addsBos: boolean;
  readonly special: readonly { readonly id: number; readonly text: string; readonly role: string }[];
}

export interface ChatFacts {
  /** Where the template is from: the model, or a stand-in. */
  readonly origin: "model" | "chatml" | "transcript";
  /** Jinja; null where a stand-in is used. */
  readonly source: string | null;
  readonly supportsTools: boolean;
  readonly example: readonly { readonly role: "user" | "assistant"; readonly content: string }[];
  /** What the model is given for that example. */
  readonly rendered: string | null;
  /** Why it could not be rendered. */
  readonly problem: string | null;
}

/** What a model's files say of it, beyond the catalog's columns. */
export interface ModelFacts {
  readonly anatomy: ModelAnatomy;
  readonly tokenizer: TokenizerFacts;
  readonly chat: ChatFacts;
}

export interface TextToken {
  readonly id: number;
  /** What it adds to the text; a part of a character shows U+FFFD. Control tokens as the vocabulary writes them. */
  readonly text: string;
  readonly bytes: readonly number[];
  readonly special: boolean;
}

/** Descriptions kept; each is a few kilobytes. */
const keptFacts = 64;
/** Tokenizers kept: one of 150,000 tokens takes about 100 MB. */
const keptTokenizers = 2;

/** Reads what models are made of from their files, when it is asked for, and keeps it while the files stay the same. */
export class ModelReader {
  readonly #memory = new Kept<MemoryNeeds>(keptFacts);
  readonly #facts = new Kept<ModelFacts>(keptFacts);
  readonly #tokenizers = new Kept<Tokenizer>(keptTokenizers);

  /** @throws CatalogError `bad-source`, `bad-model` */
  memory(path: string, device: "cpu" | "webgpu"): Promise<MemoryNeeds> {
    return this.#memory.get(path, device, () => withFiles(path, (files) => modelMemory(files, { kind: device })));
  }

  /** @throws CatalogError `bad-source`, `bad-model` */
  facts(path: string): Promise<ModelFacts> {
    return this.#facts.get(path, "", () =>
      withFiles(path, async (files) => {
        const anatomy = await modelAnatomy(files);
        const tokenizer = createTokenizer(files.tokenizer);
        return { anatomy, tokenizer: tokenizerFacts(files, tokenizer), chat: chatFacts(files, tokenizer) };
      }),
    );
  }

  /**
   * Why one model can't guess what another will write, in a sentence; undefined: it can.
   * @throws CatalogError `bad-source`, `bad-model`
   */
  draftProblem(path: string, draftPath: string): Promise<string | undefined> {
    return withFiles(path, (files) =>
      withFiles(draftPath, async (draft) => {
        try {
          checkDraft(files, draft);
        } catch (error) {
          if (error instanceof EngineError && error.code === "bad-request") return error.message;
          throw error;
        }
      }),
    );
  }

  /**
   * A text as the model sees it. Control tokens written out in it are ordinary text, unless `special`.
   * @throws CatalogError `bad-source`, `bad-model`
   */
  async tokenize(path: string, text: string, special: boolean): Promise<TextToken[]> {
    const tokenizer = await this.#tokenizers.get(path, "", () =>
      withFiles(path, async (files) => createTokenizer(files.tokenizer)),
    );
    const decoder = new TextDecoder();
    return tokenizer.encode(text, { special }).map((id) => {
      const bytes = tokenizer.tokenBytes(id);
      const shown = bytes.length > 0 ? decoder.decode(bytes) : tokenizer.tokenText(id);
      return { id, text: shown, bytes: [...bytes], special: tokenizer.isSpecial(id) };
    });
  }
}

async function withFiles<T>(path: string, read: (files: ModelFiles) => Promise<T>): Promise<T> {
  try {
    const files = await openModelFiles(resolve(path));
    try {
      return await read(files);
    } finally {
      await files.close();
    }
  } catch (error) {
    throw catalogError(error);
  }
}

/** What was read of the last few files, while they stay as they were. */
class Kept<T> {
  readonly #most: number;
  readonly #entries = new Map<string, { readonly stamp: string; readonly value: Promise<T> }>();

  constructor(most: number) {
    this.#most = most;
  }

  async get(path: string, variant: string, read: () => Promise<T>): Promise<T> {
    const found = await stat(path).catch(() => undefined);
    const key = `${variant} ${path}`;
    const stamp = found === undefined ? "missing" : `${found.mtimeMs} ${found.size}`;
    const known = this.#entries.get(key);
    this.#entries.delete(key);
    const value = known?.stamp === stamp ? known.value : read();
    this.#entries.set(key, { stamp, value });
    // What failed is tried again when next asked.
    value.catch(() => {
      if (this.#entries.get(key)?.value === value) this.#entries.delete(key);
    });
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#most) break;
      this.#entries.delete(oldest);
    }
    return value;
  }
}

function tokenizerFacts(files: ModelFiles, tokenizer: Tokenizer): TokenizerFacts {
  const roles: readonly (readonly [string, number | undefined])[] = [
    ["begins a text", tokenizer.bos],
    ["ends a text", tokenizer.eos],
    ["ends a turn", tokenizer.eot],
    ...[...tokenizer.endOfGeneration].map((id) => ["ends an answer", id] as const),
  ];
  const seen = new Set<number>();
  const special = roles.flatMap(([role, id]) => {
    if (id === undefined || seen.has(id)) return [];
    seen.add(id);
    return [{ id, text: tokenizer.tokenText(id), role }];
  });
  return { kind: kindOf(files), vocabulary: tokenizer.vocabularySize, addsBos: tokenizer.addsBos, special };
}

function kindOf(files: ModelFiles): string {
  if (files.tokenizer.kind === "gguf") return files.tokenizer.metadata.string("tokenizer.ggml.model") ?? "unknown";
  const { model } = files.tokenizer.tokenizerJson;
  const named = typeof model === "object" && model !== null && "type" in model ? model.type : undefined;
  return typeof named === "string" ? named : "BPE";
}

const example: ChatFacts["example"] = [
  { role: "user", content: "Where is the harbour?" },
  { role: "assistant", content: "Follow the river to its mouth." },
  { role: "user", content: "How far is it?" },
];

function chatFacts(files: ModelFiles, tokenizer: Tokenizer): ChatFacts {
  const source = files.chatTemplate ?? null;
  try {
    const template = chatTemplateFor(files.chatTemplate, tokenizer);
    const { origin, supportsTools } = template;
    const messages: ChatMessage[] = example.map((message) => ({ ...message }));
    try {
      const rendered = template.render({ messages, addGenerationPrompt: true });
      return { origin, source, supportsTools, example, rendered, problem: null };
    } catch (error) {
      return { origin, source, supportsTools, example, rendered: null, problem: sentence(error) };
    }
  } catch (error) {
    return { origin: "model", source, supportsTools: false, example, rendered: null, problem: sentence(error) };
  }
}

function sentence(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
