/** `json.dumps`'s options, as templates give them to `tojson`. */
export interface PythonJsonOptions {
  readonly indent?: number;
  readonly ensureAscii?: boolean;
  readonly sortKeys?: boolean;
  readonly separators?: readonly [item: string, key: string];
}

/** A value as a template has it; maps keep the order of their keys. */
export type PythonValue =
  | null
  | boolean
  | string
  | { readonly number: number; readonly float: boolean }
  | readonly PythonValue[]
  | ReadonlyMap<string, PythonValue>;

/**
 * JSON as Python's `json.dumps` writes it, which is what models saw in training: `{"a": 1, "b": [1.0, "é"]}`. Stops with
 * an exception of `spend` when it grows too long.
 * @param spend is told how many characters were written.
 */
export function pythonJson(
  value: PythonValue,
  options: PythonJsonOptions,
  spend: (characters: number) => void,
): string {
  const item = options.separators?.[0] ?? (options.indent === undefined ? ", " : ",");
  const colon = options.separators?.[1] ?? ": ";
  const write = (each: PythonValue, depth: number): string => {
    if (each === null) return counted("null");
    if (typeof each === "boolean") return counted(each ? "true" : "false");
    if (typeof each === "string") return counted(quote(each, options.ensureAscii ?? false));
    if ("number" in each) return counted(pythonNumber(each.number, each.float));
    if (isList(each)) {
      return wrap(
        "[",
        "]",
        Array.from(each, (inner) => write(inner, depth + 1)),
        depth,
      );
    }
    const entries = [...each];
    if (options.sortKeys) entries.sort(([a], [b]) => compareCodePoints(a, b));
    const written = entries.map(([key, inner]) => {
      return counted(quote(key, options.ensureAscii ?? false) + colon) + write(inner, depth + 1);
    });
    return wrap("{", "}", written, depth);
  };
  const counted = (text: string): string => {
    spend(text.length + 2);
    return text;
  };
  const wrap = (open: string, close: string, parts: readonly string[], depth: number): string => {
    if (options.indent === undefined || parts.length === 0) return open + parts.join(item) + close;
    const line = (level: number) => counted(`\n${" ".repeat((options.indent ?? 0) * level)}`);
    const body = parts.map((part) => line(depth + 1) + part).join(item);
    return open + body + line(depth) + close;
  };
  return write(value, 0);
}

function isList(value: readonly PythonValue[] | ReadonlyMap<string, PythonValue>): value is readonly PythonValue[] {
  return Array.isArray(value);
}

function quote(text: string, ascii: boolean): string {
  // JSON.stringify escapes lone surrogates as Python does, and leaves U+007F, U+2028 and U+2029 as Python does.
  const quoted = JSON.stringify(text);
  if (!ascii) return quoted;
  // Python escapes all but the printable ASCII, one \u for each UTF-16 unit.
  return quoted.replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** Python's `repr` of a float: always with a point or an exponent, exponents of two digits, from 1e16 on and below 1e-4. */
export function pythonNumber(value: number, float: boolean): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "Infinity" : "-Infinity";
  if (!float) return Number.isInteger(value) ? BigInt(value).toString() : String(value);
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  const magnitude = Math.abs(value);
  const [digits = "0", exponentText = "0"] = magnitude.toExponential().split("e");
  const exponent = Number(exponentText);
  if (magnitude !== 0 && (exponent >= 16 || exponent < -4)) {
    return `${sign}${digits}e${exponent < 0 ? "-" : "+"}${Math.abs(exponent).toString().padStart(2, "0")}`;
  }
  const plain = magnitude.toString();
  if (plain.includes("e")) return `${sign}${magnitude.toFixed(20).replace(/0+$/, "")}`;
  return sign + (plain.includes(".") ? plain : `${plain}.0`);
}

/** Python orders strings by code points, JavaScript by UTF-16 units. */
function compareCodePoints(a: string, b: string): number {
  const [left, right] = [Array.from(a), Array.from(b)];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const difference = left[i]!.codePointAt(0)! - right[i]!.codePointAt(0)!;
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}
