import type { Json } from "./json.ts";

export function textOf(value: Json): string {
  if (value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Without halves of pairs and characters of value zero, which no text may hold. */
export function storable(value: Json): Json {
  if (typeof value === "string") return storableText(value);
  if (Array.isArray(value)) return value.map(storable);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [storableText(key), storable(one)]));
}

export function storableText(text: string): string {
  return unstorable.test(text) ? text.replaceAll("\0", "").replaceAll(/\p{Surrogate}/gu, "\uFFFD") : text;
}

const unstorable = /\0|\p{Surrogate}/u;
