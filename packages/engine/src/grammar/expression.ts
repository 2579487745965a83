/**
 * What a text may be, as a tree. Schemas, regular expressions and EBNF all become this; the automaton is made from it.
 * Characters are Unicode code points; the automaton turns them into UTF-8.
 */
export type Expression =
  | { readonly kind: "never" }
  | { readonly kind: "literal"; readonly text: string }
  | { readonly kind: "characters"; readonly ranges: readonly CharacterRange[] }
  | { readonly kind: "sequence"; readonly of: readonly Expression[] }
  | { readonly kind: "choice"; readonly of: readonly Expression[] }
  | { readonly kind: "repeat"; readonly of: Expression; readonly min: number; readonly max: number | undefined }
  /** Any text in which none of the stops occurs. */
  | { readonly kind: "without"; readonly stops: readonly string[] }
  | { readonly kind: "rule"; readonly name: string };

/** Code points, both ends included. */
export type CharacterRange = readonly [from: number, to: number];

export interface Grammar {
  readonly root: string;
  readonly rules: ReadonlyMap<string, Expression>;
}

export const empty: Expression = { kind: "sequence", of: [] };
export const never: Expression = { kind: "never" };
export const LAST_CHARACTER = 0x10ffff;

export function literal(text: string): Expression {
  return text === "" ? empty : { kind: "literal", text };
}

export function characters(...ranges: readonly CharacterRange[]): Expression {
  return { kind: "characters", ranges };
}

export function sequence(...of: readonly Expression[]): Expression {
  return of.length === 1 ? of[0]! : { kind: "sequence", of };
}

export function choice(...of: readonly Expression[]): Expression {
  return of.length === 1 ? of[0]! : { kind: "choice", of };
}

export function repeat(of: Expression, min: number, max?: number): Expression {
  return { kind: "repeat", of, min, max };
}

export function optional(of: Expression): Expression {
  return repeat(of, 0, 1);
}

export function rule(name: string): Expression {
  return { kind: "rule", name };
}

/** A grammar of one expression without rules. */
export function grammarOf(expression: Expression): Grammar {
  return { root: "root", rules: new Map([["root", expression]]) };
}

/** The code points that the ranges leave out. */
export function complement(ranges: readonly CharacterRange[]): CharacterRange[] {
  const left: CharacterRange[] = [];
  let next = 0;
  for (const [from, to] of merged(ranges)) {
    if (from > next) left.push([next, from - 1]);
    next = to + 1;
  }
  if (next <= LAST_CHARACTER) left.push([next, LAST_CHARACTER]);
  return left;
}

/** The same code points as ranges that ascend and don't touch. */
export function merged(ranges: readonly CharacterRange[]): CharacterRange[] {
  const out: [number, number][] = [];
  for (const [from, to] of [...ranges].sort((a, b) => a[0] - b[0])) {
    const last = out.at(-1);
    if (last !== undefined && from <= last[1] + 1) last[1] = Math.max(last[1], to);
    else out.push([from, to]);
  }
  return out;
}
