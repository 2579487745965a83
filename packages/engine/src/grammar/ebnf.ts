import { GrammarError } from "./errors.ts";
import {
  type CharacterRange,
  characters,
  choice,
  complement,
  type Expression,
  type Grammar,
  literal,
  repeat,
  rule,
  sequence,
} from "./expression.ts";

const MAX_TEXT = 200_000;
const MAX_NESTING = 200;
const MAX_COUNT = 10_000;
const escapes: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, "0": 0 };

/**
 * A grammar in the EBNF that llama.cpp and XGrammar share: `name ::= "text" other [a-z]* (a | b)? c{2,5} # comment`.
 * @throws GrammarError `syntax` with the line
 */
export function parseEbnf(text: string, root = "root"): Grammar {
  if (text.length > MAX_TEXT) throw new GrammarError("too-complex", `the grammar has over ${MAX_TEXT} characters`);
  return new EbnfParser(text).parse(root);
}

class EbnfParser {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  parse(root: string): Grammar {
    const rules = new Map<string, Expression>();
    const used = new Map<string, number>();
    for (this.#skip(); this.#at < this.#text.length; this.#skip()) {
      const start = this.#at;
      const name = this.#name();
      if (name === undefined) throw this.#fault("a rule's name should stand here");
      this.#skip();
      if (!this.#take("::=")) throw this.#fault(`\`::=\` should follow the name \`${name}\``);
      if (rules.has(name)) throw this.#fault(`the rule \`${name}\` is written twice`, start);
      rules.set(name, this.#choice(used));
    }
    for (const [name, at] of used) if (!rules.has(name)) throw this.#fault(`there is no rule \`${name}\``, at);
    if (!rules.has(root)) throw new GrammarError("syntax", `there is no rule \`${root}\`, where the text begins`);
    return { root, rules };
  }

  #choice(used: Map<string, number>): Expression {
    this.#depth += 1;
    if (this.#depth > MAX_NESTING) throw this.#fault(`it is nested more than ${MAX_NESTING} levels deep`);
    const ways = [this.#sequence(used)];
    while (this.#take("|")) ways.push(this.#sequence(used));
    this.#depth -= 1;
    return choice(...ways);
  }

  #sequence(used: Map<string, number>): Expression {
    const parts: Expression[] = [];
    for (;;) {
      this.#skip();
      const item = this.#item(used);
      if (item === undefined) return sequence(...parts);
      parts.push(this.#quantified(item));
      this.#skip();
    }
  }

  #item(used: Map<string, number>): Expression | undefined {
    const start = this.#at;
    if (this.#take('"')) return this.#literal();
    if (this.#take("[")) return this.#set();
    if (this.#take(".")) return characters([0, 0x10ffff]);
    if (this.#take("(")) {
      const inner = this.#choice(used);
      this.#skip();
      if (!this.#take(")")) throw this.#fault("a bracket is not closed", start);
      return inner;
    }
    const name = this.#name();
    if (name === undefined) return undefined;
    // The next rule begins here.
    const after = this.#at;
    this.#skip();
    if (this.#text.startsWith("::=", this.#at)) {
      this.#at = start;
      return undefined;
    }
    this.#at = after;
    if (!used.has(name)) used.set(name, start);
    return rule(name);
  }

  #quantified(item: Expression): Expression {
    let out = item;
    for (;;) {
      if (this.#take("*")) out = repeat(out, 0);
      else if (this.#take("+")) out = repeat(out, 1);
      else if (this.#take("?")) out = repeat(out, 0, 1);
      else {
        const counts = /^\{\s*(\d{1,9})\s*(,\s*(\d{0,9})\s*)?\}/.exec(this.#text.slice(this.#at, this.#at + 40));
        if (counts === null) return out;
        const min = Number(counts[1]);
        const max = counts[2] === undefined ? min : counts[3] === "" ? undefined : Number(counts[3]);
        if (min > MAX_COUNT || (max ?? 0) > MAX_COUNT) throw this.#fault(`counts end at ${MAX_COUNT}`);
        if (max !== undefined && max < min) throw this.#fault("the counts are the wrong way round");
        this.#at += counts[0].length;
        out = repeat(out, min, max);
      }
    }
  }

  #literal(): Expression {
    let text = "";
    while (!this.#take('"')) text += String.fromCodePoint(this.#character("a text in quotes"));
    return literal(text);
  }

  #set(): Expression {
    const inverted = this.#take("^");
    const ranges: CharacterRange[] = [];
    while (!this.#take("]")) {
      const low = this.#character("a set of characters");
      if (this.#text[this.#at] === "-" && this.#text[this.#at + 1] !== "]") {
        this.#at += 1;
        const high = this.#character("a set of characters");
        if (high < low) throw this.#fault("a range runs backwards");
        ranges.push([low, high]);
      } else ranges.push([low, low]);
    }
    return characters(...(inverted ? complement(ranges) : ranges));
  }

  /** @returns the code point of one character, escapes resolved */
  #character(what: string): number {
    const code = this.#text.codePointAt(this.#at);
    if (code === undefined || code === 10) throw this.#fault(`${what} is not closed`);
    this.#at += code > 0xffff ? 2 : 1;
    if (code !== 0x5c) return code;
    const letter = this.#text[this.#at] ?? "";
    this.#at += 1;
    const length = { x: 2, u: 4, U: 8 }[letter];
    if (length !== undefined) {
      const digits = this.#text.slice(this.#at, this.#at + length);
      const value = Number.parseInt(digits, 16);
      if (!/^[0-9a-f]+$/i.test(digits) || digits.length !== length || value > 0x10ffff) {
        throw this.#fault("that is no code point");
      }
      this.#at += length;
      return value;
    }
    const known = escapes[letter];
    if (known !== undefined) return known;
    if (letter === "" || /[A-Za-z0-9]/.test(letter)) throw this.#fault(`\`\\${letter}\` has no meaning`);
    return letter.codePointAt(0)!;
  }

  #name(): string | undefined {
    const name = /^[A-Za-z_][\w-]*/.exec(this.#text.slice(this.#at, this.#at + 200))?.[0];
    if (name !== undefined) this.#at += name.length;
    return name;
  }

  #skip(): void {
    for (;;) {
      const char = this.#text[this.#at];
      if (char === "#") {
        while (this.#at < this.#text.length && this.#text[this.#at] !== "\n") this.#at += 1;
      } else if (char !== undefined && /\s/.test(char)) this.#at += 1;
      else return;
    }
  }

  #take(text: string): boolean {
    if (!this.#text.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  #fault(message: string, at = this.#at): GrammarError {
    const line = this.#text.slice(0, at).split("\n").length;
    return new GrammarError("syntax", message, `line ${line} of the grammar`);
  }
}
