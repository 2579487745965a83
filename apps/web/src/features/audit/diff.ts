/** One field of a record that an act touched. `undefined` stands for a field that was not there. */
export interface FieldChange {
  /** Its path: `name`, `limits.requestsPerMinute`. */
  readonly field: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/**
 * What differs between two records, field by field, those of `after` in its order and then those that are gone.
 * A field that is the same on both sides is left out.
 */
export function changesBetween(before: unknown, after: unknown): FieldChange[] {
  const was = new Map(fieldsOf(before));
  const is = new Map(fieldsOf(after));
  return [...new Set([...is.keys(), ...was.keys()])]
    .map((field) => ({ field, before: was.get(field), after: is.get(field) }))
    .filter((change) => change.before !== change.after);
}

function fieldsOf(value: unknown, path = ""): [string, string][] {
  if (value === null || value === undefined) return path === "" ? [] : [[path, "none"]];
  if (Array.isArray(value)) return [[path || "value", value.length === 0 ? "none" : value.map(words).join(", ")]];
  if (typeof value !== "object") return [[path || "value", words(value)]];
  const entries = Object.entries(value);
  if (entries.length === 0) return path === "" ? [] : [[path, "nothing"]];
  return entries.flatMap(([name, inner]) => fieldsOf(inner, path === "" ? name : `${path}.${name}`));
}

function words(value: unknown): string {
  if (typeof value === "string") return value === "" ? "empty" : value;
  if (typeof value === "boolean") return value ? "yes" : "no";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** `requestsPerMinute` → `requests per minute`; dots of a path become spaces as well. */
export function fieldName(field: string): string {
  return field
    .replaceAll(/([a-z])([A-Z])/g, "$1 $2")
    .replaceAll(".", " ")
    .toLowerCase();
}
