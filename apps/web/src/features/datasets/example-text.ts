import type { Example } from "./types.ts";

type Value = Example["input"];

/** What an input or an answer says, as a person reads it. */
export function readable(value: Value): string {
  if (typeof value === "string") return value;
  if (value === null || value === undefined) return "";
  if (typeof value !== "object" || Array.isArray(value)) return JSON.stringify(value);
  const { messages } = value;
  if (Array.isArray(messages)) return messages.map(said).join("\n");
  return Object.entries(value)
    .map(([name, one]) => `${name}: ${typeof one === "string" ? one : JSON.stringify(one)}`)
    .join("\n");
}

function said(message: Value): string {
  if (typeof message !== "object" || message === null || Array.isArray(message)) return JSON.stringify(message);
  const { content, role } = message;
  return `${String(role)}: ${typeof content === "string" ? content : JSON.stringify(content)}`;
}

/** How it is edited: a text as it is, anything else as JSON. */
export function editable(value: Value): string {
  if (value === null || value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}

/**
 * What was edited, as it is stored: a text stays a text; what was an object must be JSON again.
 * @throws SyntaxError
 */
export function parsed(text: string, before: Value): Value {
  if (typeof before === "string" || before === null || before === undefined) return text;
  return JSON.parse(text) as Value;
}
