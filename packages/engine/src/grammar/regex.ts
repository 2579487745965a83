import { GrammarError } from "./errors.ts";
import {
  type CharacterRange,
  characters,
  choice,
  complement,
  type Expression,
  empty,
  repeat,
  sequence,
} from "./expression.ts";

const MAX_PATTERN = 10_000;
const MAX_COUNT = 10_000;
const MAX_GROUPS = 200;

const digits: readonly CharacterRange[] = [[0x30, 0x39]];
const word: readonly CharacterRange[] = [...digits, [0x41, 0x5a], [0x5f, 0x5f], [0x61, 0x7a]];
const space: readonly CharacterRange[] = [
  [0x09, 0x0d],
  [0x20, 0x20],
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
  [0xfeff, 0xfeff],
];
const lineEnds: readonly CharacterRange[] = [
  [0x0a, 0x0a],
  [0x0d, 0x0d],
  [0x2028, 0x2029],
];
const classes: Readonly<Record<string, readonly CharacterRange[]>> = {
  d: digits,
  D: complement(digits),
  w: word,
  W: complement(word),
  s: space,
  S: complement(space),
};
const controls: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, v: 11, f: 12, "0": 0 };

export interface RegexOptions {
  /** What a pattern without `^` or `$` may have before or after it; by default nothing: it matches the whole text. */
  readonly around?: Expression;
  /** How a character of the text is written; by default as itself. */
  readonly encode?: (ranges: readonly CharacterRange[]) => Expression;
}

/**
 * A regular expression of ECMAScript's syntax (with the flag `u`), as far as it is regular: no back references, look-around
 * or word boundaries. `^` and `$` stand at the pattern's ends alone.
 * @throws GrammarError `syntax`, `unsupported`, `too-complex`, with the position
 */
export function parseRegex(pattern: string, options: RegexOptions = {}): Expression {
  if (pattern.length > MAX_PATTERN) {
    throw new GrammarError("too-complex", `the pattern has ${pattern.length} characters, ${MAX_PATTERN} are allowed`);
  }
  return new RegexParser(pattern, options).parse();
}

class RegexParser {
  readonly #characters: readonly string[];
  readonly #around: Expression;
  readonly #encode: (ranges: readonly CharacterRange[]) => Expression;
  #at = 0;
  #groups = 0;

  constructor(pattern: string, { around = empty, encode = (ranges) => characters(...ranges) }: RegexOptions) {
    this.#characters = [...pattern];
    this.#around = around;
    this.#encode = encode;
  }

  parse(): Expression {
    const ways: Expression[] = [];
    do {
      const begins = this.#take("^");
      const body = this.#sequence();
      const ends = this.#take("$");
      ways.push(sequence(begins ? empty : this.#around, body, ends ? empty : this.#around));
    } while (this.#take("|"));
    if (this.#at < this.#characters.length) throw this.#fault("syntax", `\`${this.#peek()}\` has no beginning`);
    return choice(...ways);
  }

  #choice(): Expression {
    const ways = [this.#sequence()];
    while (this.#take("|")) ways.push(this.#sequence());
    return choice(...ways);
  }

  #sequence(): Expression {
    const parts: Expression[] = [];
    for (let next = this.#peek(); next !== undefined && next !== "|" && next !== ")"; next = this.#peek()) {
      if (next === "$" && this.#groups === 0 && [undefined, "|"].includes(this.#characters[this.#at + 1])) break;
      parts.push(this.#quantified());
    }
    return sequence(...parts);
  }

  #quantified(): Expression {
    let atom = this.#atom();
    for (;;) {
      const counts = this.#quantifier();
      if (counts === undefined) return atom;
      atom = repeat(atom, counts.min, counts.max);
      // Lazy or greedy: the texts are the same.
      this.#take("?");
    }
  }

  #quantifier(): { min: number; max: number | undefined } | undefined {
    if (this.#take("*")) return { min: 0, max: undefined };
    if (this.#take("+")) return { min: 1, max: undefined };
    if (this.#take("?")) return { min: 0, max: 1 };
    const rest = this.#characters.slice(this.#at, this.#at + 16).join("");
    const counts = /^\{(\d+)(,(\d*))?\}/.exec(rest);
    if (counts === null) return undefined;
    const min = Number(counts[1]);
    const max = counts[2] === undefined ? min : counts[3] === "" ? undefined : Number(counts[3]);
    if (min > MAX_COUNT || (max ?? 0) > MAX_COUNT) throw this.#fault("too-complex", `counts end at ${MAX_COUNT}`);
    if (max !== undefined && max < min) throw this.#fault("syntax", "the counts are the wrong way round");
    this.#at += counts[0].length;
    return { min, max };
  }

  #atom(): Expression {
    const char = this.#peek()!;
    this.#at += 1;
    switch (char) {
      case ".":
        return this.#encode(complement(lineEnds));
      case "[":
        return this.#encode(this.#set());
      case "(":
        return this.#group();
      case "\\":
        return this.#encode(this.#escape(false));
      case "^":
      case "$":
        throw this.#fault("unsupported", `\`${char}\` may only stand at the pattern's ends`, 1);
      case "*":
      case "+":
      case "?":
        throw this.#fault("syntax", `nothing to repeat before \`${char}\``, 1);
      default: {
        const code = char.codePointAt(0)!;
        return this.#encode([[code, code]]);
      }
    }
  }

  #group(): Expression {
    if (this.#take("?")) {
      if (this.#take("<")) {
        const name = /^[A-Za-z_$][\w$]*>/.exec(this.#characters.slice(this.#at, this.#at + 64).join(""));
        if (name === null) throw this.#fault("unsupported", "look-behind is not regular and not offered");
        this.#at += name[0].length;
      } else if (!this.#take(":")) throw this.#fault("unsupported", "look-ahead and flags of groups are not offered");
    }
    this.#groups += 1;
    if (this.#groups > MAX_GROUPS) throw this.#fault("too-complex", `groups are nested more than ${MAX_GROUPS} deep`);
    const inner = this.#choice();
    this.#groups -= 1;
    if (!this.#take(")")) throw this.#fault("syntax", "a group is not closed");
    return inner;
  }

  #set(): readonly CharacterRange[] {
    const inverted = this.#take("^");
    const ranges: CharacterRange[] = [];
    while (!this.#take("]")) {
      const low = this.#member();
      const [first] = low;
      const single = low.length === 1 && first !== undefined && first[0] === first[1];
      if (single && this.#peek() === "-" && this.#characters[this.#at + 1] !== "]") {
        this.#at += 1;
        const [high] = this.#member();
        if (high === undefined || high[0] < first[0]) throw this.#fault("syntax", "a range runs backwards");
        ranges.push([first[0], high[1]]);
      } else ranges.push(...low);
    }
    return inverted ? complement(ranges) : ranges;
  }

  #member(): readonly CharacterRange[] {
    const char = this.#peek();
    if (char === undefined) throw this.#fault("syntax", "a set of characters is not closed");
    this.#at += 1;
    if (char === "\\") return this.#escape(true);
    const code = char.codePointAt(0)!;
    return [[code, code]];
  }

  #escape(inSet: boolean): readonly CharacterRange[] {
    const char = this.#peek();
    if (char === undefined) throw this.#fault("syntax", "a backslash stands at the end");
    this.#at += 1;
    const known = classes[char];
    if (known !== undefined) return known;
    const control = controls[char];
    if (control !== undefined) return [[control, control]];
    if (char === "b" && inSet) return [[8, 8]];
    if (char === "x") return [this.#hex(2)];
    if (char === "u") {
      if (!this.#take("{")) return [this.#hex(4)];
      let length = 0;
      while (/[0-9a-f]/i.test(this.#characters[this.#at + length] ?? "")) length += 1;
      const range = this.#hex(length);
      if (!this.#take("}") || range[0] > 0x10ffff) throw this.#fault("syntax", "that is no code point");
      return [range];
    }
    if (/[1-9k]/.test(char)) throw this.#fault("unsupported", "back references are not regular and not offered", 2);
    if (/[bBpP]/.test(char)) throw this.#fault("unsupported", `\`\\${char}\` is not offered`, 2);
    if (/[A-Za-z]/.test(char)) throw this.#fault("syntax", `\`\\${char}\` has no meaning`, 2);
    const code = char.codePointAt(0)!;
    return [[code, code]];
  }

  #hex(length: number): CharacterRange {
    const text = this.#characters.slice(this.#at, this.#at + length).join("");
    if (length === 0 || !/^[0-9a-f]+$/i.test(text) || text.length !== length) {
      throw this.#fault("syntax", "hexadecimal digits are missing");
    }
    this.#at += length;
    const code = Number.parseInt(text, 16);
    return [code, code];
  }

  #peek(): string | undefined {
    return this.#characters[this.#at];
  }

  #take(char: string): boolean {
    if (this.#peek() !== char) return false;
    this.#at += 1;
    return true;
  }

  #fault(code: "syntax" | "unsupported" | "too-complex", message: string, back = 0): GrammarError {
    return new GrammarError(code, message, `at character ${this.#at - back + 1} of the pattern`);
  }
}

/** A text as an expression, each of its characters written by `encode`. */
export function encoded(text: string, encode: (ranges: readonly CharacterRange[]) => Expression): Expression {
  return sequence(
    ...[...text].map((char) => {
      const code = char.codePointAt(0)!;
      return encode([[code, code]]);
    }),
  );
}
