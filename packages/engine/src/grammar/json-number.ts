import { GrammarError } from "./errors.ts";
import {
  characters,
  choice,
  type Expression,
  empty,
  literal,
  never,
  optional,
  repeat,
  sequence,
} from "./expression.ts";

/** Digits before and after the point: as many as a double keeps. */
const MAX_DIGITS = 15;

const digit = characters([0x30, 0x39]);
const digits = (min: number, max: number) => repeat(digit, min, max);
const wholePart = choice(literal("0"), sequence(characters([0x31, 0x39]), digits(0, MAX_DIGITS - 1)));
const exponent = sequence(
  choice(literal("e"), literal("E")),
  optional(choice(literal("+"), literal("-"))),
  digits(1, 2),
);

export const anyInteger: Expression = sequence(optional(literal("-")), wholePart);
export const anyNumber: Expression = sequence(
  anyInteger,
  optional(sequence(literal("."), digits(1, MAX_DIGITS))),
  optional(exponent),
);

export interface Bounds {
  readonly minimum?: number | undefined;
  readonly maximum?: number | undefined;
  readonly exclusiveMinimum?: number | undefined;
  readonly exclusiveMaximum?: number | undefined;
}

/** Whole numbers within the bounds. @throws GrammarError `unsatisfiable` */
export function integerWithin(bounds: Bounds, where: string): Expression {
  const { exclusiveMaximum, exclusiveMinimum, maximum, minimum } = bounds;
  const low = Math.max(
    minimum === undefined ? -Infinity : Math.ceil(minimum),
    exclusiveMinimum === undefined ? -Infinity : Math.floor(exclusiveMinimum) + 1,
  );
  const high = Math.min(
    maximum === undefined ? Infinity : Math.floor(maximum),
    exclusiveMaximum === undefined ? Infinity : Math.ceil(exclusiveMaximum) - 1,
  );
  if (low > high) throw new GrammarError("unsatisfiable", "no whole number lies between its bounds", where);
  const most = 10 ** MAX_DIGITS - 1;
  if (Math.max(Math.abs(low === -Infinity ? 0 : low), Math.abs(high === Infinity ? 0 : high)) > most) {
    throw new GrammarError("unsupported", `bounds end at ${MAX_DIGITS} digits`, where);
  }
  const ways: Expression[] = [];
  if (high >= 0) ways.push(wholeBetween(Math.max(low, 0), Math.min(high, most)));
  if (low < 0) ways.push(sequence(literal("-"), wholeBetween(Math.max(-high, 1), Math.min(-low, most))));
  return choice(...ways);
}

/** Numbers within the bounds, without an exponent. @throws GrammarError `unsatisfiable`, `unsupported` */
export function numberWithin(bounds: Bounds, where: string): Expression {
  const low = lowerBound(bounds, where);
  const high = upperBound(bounds, where);
  if (low !== undefined && high !== undefined) {
    if (low.value > high.value || (low.value === high.value && (low.open || high.open))) {
      throw new GrammarError("unsatisfiable", "no number lies between its bounds", where);
    }
  }
  const ways: Expression[] = [];
  if (high === undefined || high.value > 0 || (high.value === 0 && !high.open)) {
    ways.push(magnitude(low !== undefined && low.value >= 0 ? low : undefined, high));
  }
  if (low === undefined || low.value < 0) {
    // Below zero, mirrored: what is nearest to zero is the lower bound of the digits.
    const nearest =
      high !== undefined && high.value <= 0 ? mirrored(high) : { value: 0, open: true, whole: 0, fraction: "" };
    ways.push(sequence(literal("-"), magnitude(nearest, low === undefined ? undefined : mirrored(low))));
  }
  return choice(...ways);
}

/** A bound's magnitude in decimal digits. */
interface Bound {
  readonly value: number;
  /** Whether the bound itself is left out. */
  readonly open: boolean;
  readonly whole: number;
  readonly fraction: string;
}

function mirrored({ fraction, open, value, whole }: Bound): Bound {
  return { value: -value, open, whole, fraction };
}

function lowerBound({ exclusiveMinimum, minimum }: Bounds, where: string): Bound | undefined {
  if (exclusiveMinimum !== undefined && (minimum === undefined || exclusiveMinimum >= minimum)) {
    return bound(exclusiveMinimum, true, where);
  }
  return minimum === undefined ? undefined : bound(minimum, false, where);
}

function upperBound({ exclusiveMaximum, maximum }: Bounds, where: string): Bound | undefined {
  if (exclusiveMaximum !== undefined && (maximum === undefined || exclusiveMaximum <= maximum)) {
    return bound(exclusiveMaximum, true, where);
  }
  return maximum === undefined ? undefined : bound(maximum, false, where);
}

function bound(value: number, open: boolean, where: string): Bound {
  const match = /^-?(\d{1,15})(?:\.(\d{1,15}))?$/.exec(String(value));
  if (match === null) throw new GrammarError("unsupported", `the bound ${value} has too many digits`, where);
  return { value, open, whole: Number(match[1]), fraction: match[2] ?? "" };
}

/** Numbers from 0 on between two magnitudes. */
function magnitude(low: Bound | undefined, high: Bound | undefined): Expression {
  const anyFraction = optional(sequence(literal("."), digits(1, MAX_DIGITS)));
  const from = low?.whole ?? 0;
  const to = high?.whole ?? 10 ** MAX_DIGITS - 1;
  if (from === to) return sequence(literal(String(from)), fractionBetween(low, high));
  const ways: Expression[] = [sequence(literal(String(from)), fractionBetween(low, undefined))];
  if (high !== undefined) ways.push(sequence(literal(String(to)), fractionBetween(undefined, high)));
  const last = high === undefined ? to : to - 1;
  if (from + 1 <= last) ways.push(sequence(wholeBetween(from + 1, last), anyFraction));
  return choice(...ways);
}

/** `.ddd` or nothing, at least the lower bound's and at most the upper bound's fraction. */
function fractionBetween(low: Bound | undefined, high: Bound | undefined): Expression {
  const least = low?.fraction.replace(/0+$/, "") ?? "";
  const most = high?.fraction.replace(/0+$/, "") ?? "";
  const zeroFits = least === "" && !(low?.open ?? false) && !(high?.open && most === "");
  const some = fractionDigits(
    least,
    low?.open ?? false,
    high === undefined ? undefined : most,
    high?.open ?? false,
    MAX_DIGITS,
  );
  const ways: Expression[] = [];
  if (zeroFits) ways.push(empty);
  ways.push(sequence(literal("."), some));
  return choice(...ways);
}

/**
 * One digit or more, compared as fractions: above `least` (or equal, unless it is open), below `most` (or equal); most
 * undefined is 1.
 */
function fractionDigits(
  least: string,
  leastOpen: boolean,
  most: string | undefined,
  mostOpen: boolean,
  room: number,
): Expression {
  if (room === 0) return never;
  const first = Number(least[0] ?? "0");
  const last = most === undefined ? 9 : Number(most[0] ?? "0");
  const restLeast = least.slice(1);
  const restMost = most?.slice(1);
  const ways: Expression[] = [];
  for (let value = first; value <= last; value++) {
    const atLow = value === first && (least !== "" || leastOpen);
    const atHigh = most !== undefined && value === last;
    const head = literal(String(value));
    if (!atLow && !atHigh) {
      ways.push(sequence(head, digits(0, room - 1)));
      continue;
    }
    // Ending here is reading zeros.
    const aboveLow = !atLow || (restLeast === "" && !leastOpen);
    const belowHigh = !atHigh || restMost !== "" || !mostOpen;
    const tail = fractionDigits(
      atLow ? restLeast : "",
      atLow && leastOpen,
      atHigh ? restMost : undefined,
      atHigh && mostOpen,
      room - 1,
    );
    if (atHigh && restMost === "" && mostOpen) continue;
    ways.push(sequence(head, aboveLow && belowHigh ? optional(tail) : tail));
  }
  return choice(...ways);
}

/** Whole numbers from `low` to `high`, both included and not negative, without leading zeros. */
function wholeBetween(low: number, high: number): Expression {
  const ways: Expression[] = [];
  for (let length = String(low).length; length <= String(high).length; length++) {
    const least = Math.max(low, length === 1 ? 0 : 10 ** (length - 1));
    const most = Math.min(high, 10 ** length - 1);
    if (least <= most) ways.push(sameLength(String(least), String(most)));
  }
  return choice(...ways);
}

/** Numbers of as many digits as both bounds have. */
function sameLength(low: string, high: string): Expression {
  if (low === "") return empty;
  const count = low.length - 1;
  const [first, last] = [Number(low[0]), Number(high[0])];
  const head = (from: number, to: number) => characters([0x30 + from, 0x30 + to]);
  if (first === last) return sequence(head(first, first), sameLength(low.slice(1), high.slice(1)));
  const ways: Expression[] = [sequence(head(first, first), sameLength(low.slice(1), "9".repeat(count)))];
  if (first + 1 <= last - 1) ways.push(sequence(head(first + 1, last - 1), digits(count, count)));
  ways.push(sequence(head(last, last), sameLength("0".repeat(count), high.slice(1))));
  return choice(...ways);
}
