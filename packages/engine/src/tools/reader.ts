import type { ToolSyntax } from "./syntax.ts";

/** A piece of a call, in the order in which the model writes it. */
export interface ToolCallDelta {
  /** Which call of the answer. */
  readonly index: number;
  /** With the call's first piece. */
  readonly name?: string;
  /** More of the arguments' JSON. */
  readonly arguments: string;
}

export interface ToolText {
  readonly text: string;
  readonly calls: readonly ToolCallDelta[];
}

type State = "text" | "head" | "arguments";

/**
 * Tells calls from text while an answer arrives in pieces. It reads what `toolConstraint` lets a model write, and takes what
 * is cut off in the middle of a call as far as it came.
 */
export class ToolReader {
  readonly #opening: string;
  /** Whether the opening is a part of the call itself. */
  readonly #bare: boolean;
  /** Text that may be the beginning of an opening, and the space before it. */
  #held = "";
  #state: State = "text";
  #calls = 0;
  /** What was read of a call's head. */
  #head = "";
  #depth = 0;
  #inString = false;
  #escaped = false;

  constructor({ open }: ToolSyntax) {
    this.#bare = open === "";
    this.#opening = this.#bare ? '{"name": "' : open;
  }

  /** Calls begun. */
  get calls(): number {
    return this.#calls;
  }

  push(piece: string): ToolText {
    if (this.#state !== "text") return { text: "", calls: this.#read(piece) };
    const seen = this.#held + piece;
    const at = seen.indexOf(this.#opening);
    if (at >= 0) {
      this.#held = "";
      this.#state = "head";
      const from = this.#bare ? at : at + this.#opening.length;
      return { text: seen.slice(0, at).trimEnd(), calls: this.#read(seen.slice(from)) };
    }
    let keep = Math.min(seen.length, this.#opening.length - 1);
    while (!this.#opening.startsWith(seen.slice(seen.length - keep))) keep -= 1;
    // Space before an opening is the model's way of writing calls, and no text.
    while (keep < seen.length && /\s/.test(seen[seen.length - keep - 1]!)) keep += 1;
    this.#held = seen.slice(seen.length - keep);
    return { text: seen.slice(0, seen.length - keep), calls: [] };
  }

  /** Text that might have become an opening and did not. */
  flush(): string {
    const held = this.#held;
    this.#held = "";
    return held;
  }

  #read(piece: string): ToolCallDelta[] {
    const out: ToolCallDelta[] = [];
    let at = 0;
    while (at < piece.length) {
      if (this.#state === "arguments") {
        const end = this.#argumentsEnd(piece, at);
        out.push({ index: this.#calls - 1, arguments: piece.slice(at, end) });
        at = end;
        continue;
      }
      this.#head += piece[at]!;
      at += 1;
      const head = /\{"name": ("(?:[^"\\]|\\.)*"), "(?:arguments|parameters)": $/.exec(this.#head);
      if (head === null) continue;
      this.#head = "";
      this.#state = "arguments";
      this.#depth = 0;
      this.#inString = false;
      this.#calls += 1;
      out.push({ index: this.#calls - 1, name: String(JSON.parse(head[1]!)), arguments: "" });
    }
    return out;
  }

  /** Where the arguments' value ends in the piece; the piece's length while it goes on. */
  #argumentsEnd(piece: string, from: number): number {
    for (let i = from; i < piece.length; i++) {
      const char = piece[i]!;
      if (this.#inString) {
        if (this.#escaped) this.#escaped = false;
        else if (char === "\\") this.#escaped = true;
        else if (char === '"') this.#inString = false;
      } else if (char === '"') this.#inString = true;
      else if (char === "{" || char === "[") this.#depth += 1;
      else if (char === "}" || char === "]") {
        this.#depth -= 1;
        if (this.#depth > 0) continue;
        this.#state = "head";
        return i + 1;
      }
    }
    return piece.length;
  }
}
