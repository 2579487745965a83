import { InvalidArgumentError } from "commander";

/** Parsers of options' values; a wrong one is a usage error. */
export function integer(min: number, max = Number.MAX_SAFE_INTEGER) {
  return (text: string): number => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < min || value > max) {
      throw new InvalidArgumentError(`It must be an integer of at least ${min}.`);
    }
    return value;
  };
}

export function decimal(min: number, max: number) {
  return (text: string): number => {
    const value = Number(text);
    if (text.trim() === "" || !Number.isFinite(value) || value < min || value > max) {
      throw new InvalidArgumentError(`It must be a number from ${min} to ${max}.`);
    }
    return value;
  };
}

/** An amount in dollars with at most six places, as exact micro-dollars. */
export function microDollars(text: string): bigint {
  const [, whole, places = ""] = /^(\d{1,9})(?:\.(\d{1,6}))?$/.exec(text.trim()) ?? [];
  if (whole === undefined) throw new InvalidArgumentError("It must be an amount in dollars, such as 5 or 0.25.");
  return BigInt(whole) * 1_000_000n + BigInt(places.padEnd(6, "0"));
}

/** A day (its beginning, UTC) or a moment in ISO 8601. */
export function moment(text: string): Date {
  const isMoment = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?$/.test(text);
  const date = new Date(text);
  if (!isMoment || Number.isNaN(date.getTime())) {
    throw new InvalidArgumentError("It must be a day or a moment: 2026-11-01, 2026-11-01T12:00:00Z.");
  }
  return date;
}
