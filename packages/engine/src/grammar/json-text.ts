import {
  type CharacterRange,
  characters,
  choice,
  type Expression,
  literal,
  merged,
  optional,
  repeat,
  sequence,
} from "./expression.ts";

/** What JSON writes as itself inside a string: all but controls, quotes, backslashes. */
const plain: readonly CharacterRange[] = [
  [0x20, 0x21],
  [0x23, 0x5b],
  [0x5d, 0x10ffff],
];
const shortEscapes = new Map([
  [0x22, '"'],
  [0x5c, "\\"],
  [0x08, "b"],
  [0x0c, "f"],
  [0x0a, "n"],
  [0x0d, "r"],
  [0x09, "t"],
]);

const hex = characters([0x30, 0x39], [0x41, 0x46], [0x61, 0x66]);
const letters = (...list: string[]) =>
  characters(...list.map((one) => [one.charCodeAt(0), one.charCodeAt(0)] as CharacterRange));

/** `\u` and four digits that are no half of a pair, or two that are a pair. */
const unicodeEscape = sequence(
  literal("\\u"),
  choice(
    sequence(characters([0x30, 0x39], [0x41, 0x43], [0x45, 0x46], [0x61, 0x63], [0x65, 0x66]), repeat(hex, 3, 3)),
    sequence(letters("d", "D"), characters([0x30, 0x37]), hex, hex),
    sequence(
      letters("d", "D"),
      letters("8", "9", "a", "A", "b", "B"),
      hex,
      hex,
      literal("\\u"),
      letters("d", "D"),
      letters("c", "C", "d", "D", "e", "E", "f", "F"),
      hex,
      hex,
    ),
  ),
);

/** Any one character inside a JSON string. */
export const anyCharacter: Expression = choice(
  characters(...plain),
  sequence(literal("\\"), letters('"', "\\", "/", "b", "f", "n", "r", "t")),
  unicodeEscape,
);

/** Any JSON string. */
export const anyString: Expression = quoted(repeat(anyCharacter, 0));

export function quoted(content: Expression): Expression {
  return sequence(literal('"'), content, literal('"'));
}

/** One character out of the ranges, as JSON writes it: as itself where it may, else by its shortest escape. */
export function stringCharacter(ranges: readonly CharacterRange[]): Expression {
  const direct: CharacterRange[] = [];
  const escaped: Expression[] = [];
  for (const [from, to] of merged(ranges)) {
    for (const [low, high] of plain) {
      if (from <= high && to >= low) direct.push([Math.max(from, low), Math.min(to, high)]);
    }
    for (let code = from; code <= Math.min(to, 0x5c); code++) {
      const short = shortEscapes.get(code);
      if (short !== undefined) escaped.push(literal(`\\${short}`));
      else if (code < 0x20) escaped.push(literal(`\\u${code.toString(16).padStart(4, "0")}`));
    }
  }
  return choice(characters(...direct), ...escaped);
}

/**
 * Strings other than the given ones. Without escapes, so that none of them comes back written in another way.
 */
export function stringExcept(texts: readonly string[]): Expression {
  return quoted(except(texts.map((text) => [...text])));
}

function except(texts: readonly (readonly string[])[]): Expression {
  const byFirst = new Map<number, (readonly string[])[]>();
  let mayEnd = true;
  for (const text of texts) {
    const [first, ...rest] = text;
    if (first === undefined) mayEnd = false;
    else {
      const code = first.codePointAt(0)!;
      byFirst.set(code, [...(byFirst.get(code) ?? []), rest]);
    }
  }
  const others = subtract(plain, [...byFirst.keys()]);
  const more = sequence(characters(...others), repeat(characters(...plain), 0));
  const ways = [more, ...[...byFirst].map(([code, rests]) => sequence(characters([code, code]), except(rests)))];
  return mayEnd ? optional(choice(...ways)) : choice(...ways);
}

function subtract(ranges: readonly CharacterRange[], codes: readonly number[]): CharacterRange[] {
  let left = [...ranges];
  for (const code of codes) {
    left = left.flatMap(([from, to]): CharacterRange[] => {
      if (code < from || code > to) return [[from, to]];
      const parts: CharacterRange[] = [];
      if (from < code) parts.push([from, code - 1]);
      if (code < to) parts.push([code + 1, to]);
      return parts;
    });
  }
  return left;
}

/**
 * Space between JSON's tokens: nothing, one space, or a new line with its indentation. Bounded, because models that are
 * unsure of what follows like to write space for ever.
 */
export const space: Expression = optional(choice(literal(" "), sequence(literal("\n"), repeat(literal(" "), 0, 20))));
export const comma = sequence(literal(","), space);
export const colon = sequence(literal(":"), optional(literal(" ")));

/** A value that is fixed, as JSON writes it: space where JSON allows it. */
export function fixedValue(value: unknown): Expression {
  if (Array.isArray(value)) return list("[", value.map(fixedValue), "]");
  if (typeof value === "object" && value !== null) {
    const members = Object.entries(value).map(([key, one]) => sequence(fixedText(key), colon, fixedValue(one)));
    return list("{", members, "}");
  }
  return typeof value === "string" ? fixedText(value) : literal(JSON.stringify(value));
}

/** A text in quotes. */
export function fixedText(text: string): Expression {
  return literal(JSON.stringify(text));
}

function list(open: string, parts: readonly Expression[], close: string): Expression {
  if (parts.length === 0) return literal(open + close);
  const separated = parts.flatMap((part, i) => (i === 0 ? [part] : [comma, part]));
  return sequence(literal(open), space, ...separated, space, literal(close));
}
