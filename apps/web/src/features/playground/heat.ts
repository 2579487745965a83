import type { TokenLikelihood } from "./types.ts";

/** A word of an answer, and how likely the model found it here. */
export interface HeatWord {
  readonly text: string;
  /** Of all its tokens together, 0 to 1. */
  readonly probability: number;
  readonly tokens: readonly TokenLikelihood[];
  /** Where it begins among the tokens; stays the same while the answer grows. */
  readonly at: number;
}

/**
 * Groups tokens into words: a new one begins where a token begins with white space. Bytes are joined before they are
 * decoded, because a token may end in the middle of a character.
 */
export function wordsOf(tokens: readonly TokenLikelihood[]): readonly HeatWord[] {
  const groups: { at: number; tokens: TokenLikelihood[] }[] = [];
  tokens.forEach((token, at) => {
    const last = groups.at(-1);
    if (last && !/^\s/.test(token.text)) last.tokens.push(token);
    else groups.push({ at, tokens: [token] });
  });
  return groups.map((group) => ({
    ...group,
    text: decode(group.tokens),
    probability: Math.exp(group.tokens.reduce((sum, { logprob }) => sum + logprob, 0)),
  }));
}

function decode(tokens: readonly TokenLikelihood[]): string {
  if (tokens.every(({ bytes }) => bytes.length === 0)) return tokens.map(({ text }) => text).join("");
  return new TextDecoder().decode(Uint8Array.from(tokens.flatMap(({ bytes }) => bytes)));
}

/** How strongly a word is marked, 0 (as expected) to 4 (a surprise). */
export function heatOf(probability: number): 0 | 1 | 2 | 3 | 4 {
  if (probability >= 0.9) return 0;
  if (probability >= 0.6) return 1;
  if (probability >= 0.3) return 2;
  return probability >= 0.1 ? 3 : 4;
}

/** `93 %`; what is not quite sure is never 100. */
export function percent(probability: number): string {
  const value = probability * 100;
  if (value >= 99.95) return probability >= 0.99995 ? "100 %" : "99.9 %";
  if (value < 0.1) return "below 0.1 %";
  return `${value >= 10 ? value.toFixed(value >= 99 ? 1 : 0) : value.toFixed(1)} %`;
}

/** A token as it can be read: white space is shown by signs. */
export function readable(text: string): string {
  return text === "" ? "(end)" : text.replaceAll(" ", "␣").replaceAll("\n", "⏎").replaceAll("\t", "⇥");
}
