import type { TextToken } from "./types.ts";

/** What stands for a token on screen: what can't be seen is written out, the rest is the text itself. */
export function shownToken({ bytes, special, text }: TextToken): string {
  if (special) return text;
  if (text.includes("\u{fffd}")) return bytes.map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("");
  return text.replaceAll("\n", "⏎\n").replaceAll("\t", "⇥").replace(/^ | $/g, "·");
}

/** Figures of a tokenized text. */
export function tokenFigures(text: string, tokens: readonly TextToken[]) {
  const characters = [...text].length;
  return {
    tokens: tokens.length,
    characters,
    distinct: new Set(tokens.map(({ id }) => id)).size,
    charactersPerToken: tokens.length === 0 ? undefined : characters / tokens.length,
  };
}
