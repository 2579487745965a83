/** WGSL source → tokens with positions. Covers the subset in docs/wgsl-subset.md. */
import { KernelError } from "../../device.ts";

/** One-based, as editors count. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

export type TokenKind = "identifier" | "number" | "symbol" | "end";

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  readonly at: Position;
}

export function unsupported(message: string, at: Position, hint?: string): KernelError {
  return new KernelError("unsupported-wgsl", `line ${at.line}, column ${at.column}: ${message}`, hint);
}

const symbols = [
  "<<=",
  ">>=",
  "->",
  "&&",
  "||",
  "==",
  "!=",
  "<=",
  ">=",
  "<<",
  ">>",
  "+=",
  "-=",
  "*=",
  "/=",
  "%=",
  "&=",
  "|=",
  "^=",
  "++",
  "--",
];
const number = /0[xX][0-9a-fA-F]+[iu]?|(?:\d+\.\d*|\.\d+)(?:[eE][+-]?\d+)?[fh]?|\d+[eE][+-]?\d+[fh]?|\d+[iufh]?/y;
const identifier = /[A-Za-z_][A-Za-z0-9_]*/y;

/**
 * `>>` and `>=` are split by the parser where a template list such as `array<vec4<f32>>` closes.
 * @throws KernelError `unsupported-wgsl` on a character that WGSL does not know.
 */
export function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  let i = 0;
  let line = 1;
  let lineStart = 0;
  const at = (): Position => ({ line, column: i - lineStart + 1 });
  while (i < source.length) {
    const c = source[i]!;
    if (c === "\n") {
      line++;
      lineStart = ++i;
    } else if (c === " " || c === "\t" || c === "\r") {
      i++;
    } else if (source.startsWith("//", i)) {
      while (i < source.length && source[i] !== "\n") i++;
    } else if (source.startsWith("/*", i)) {
      const start = at();
      let depth = 0;
      do {
        if (i >= source.length) throw unsupported("this block comment is never closed", start);
        if (source.startsWith("/*", i)) {
          depth++;
          i += 2;
        } else if (source.startsWith("*/", i)) {
          depth--;
          i += 2;
        } else {
          if (source[i] === "\n") {
            line++;
            lineStart = i + 1;
          }
          i++;
        }
      } while (depth > 0);
    } else {
      const position = at();
      identifier.lastIndex = number.lastIndex = i;
      const word = identifier.exec(source)?.[0];
      const digits = word === undefined ? number.exec(source)?.[0] : undefined;
      if (word !== undefined) tokens.push({ kind: "identifier", text: word, at: position });
      else if (digits !== undefined) tokens.push({ kind: "number", text: digits, at: position });
      else {
        const symbol = symbols.find((s) => source.startsWith(s, i)) ?? c;
        if (!"()[]{}<>+-*/%&|^!~=.,;:@".includes(symbol[0]!))
          throw unsupported(`the character ${JSON.stringify(c)} is not WGSL`, position);
        tokens.push({ kind: "symbol", text: symbol, at: position });
      }
      i += tokens[tokens.length - 1]!.text.length;
    }
  }
  tokens.push({ kind: "end", text: "end of file", at: at() });
  return tokens;
}
