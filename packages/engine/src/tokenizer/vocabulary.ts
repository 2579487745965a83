import { EngineError } from "../errors.ts";

/** What a token is for. `normal` and `byte` make up text; `control` never does; `added` is text matched as a whole. */
export type TokenKind = "normal" | "unknown" | "control" | "added" | "unused" | "byte";

/** The tokens of a model: text and kind by id, id by text. */
export class Vocabulary {
  readonly texts: readonly string[];
  readonly kinds: readonly TokenKind[];
  readonly #ids: ReadonlyMap<string, number>;

  /** A text that occurs twice belongs to its last id, as llama.cpp has it. */
  constructor(texts: readonly string[], kinds: readonly TokenKind[]) {
    this.texts = texts;
    this.kinds = kinds;
    const ids = new Map<string, number>();
    for (let id = 0; id < texts.length; id++) if (texts[id] !== "") ids.set(texts[id]!, id);
    this.#ids = ids;
  }

  get size(): number {
    return this.texts.length;
  }

  idOf(text: string): number | undefined {
    return this.#ids.get(text);
  }

  text(id: number): string {
    const text = this.texts[id];
    if (text !== undefined) return text;
    throw new EngineError(
      "bad-request",
      `There is no token ${id}`,
      `The model's token ids are 0 to ${this.size - 1}, whole numbers.`,
    );
  }

  /** Control and unknown tokens: no part of a text. */
  isSpecial(id: number): boolean {
    const kind = this.kinds[id];
    return kind === "control" || kind === "unknown";
  }
}
