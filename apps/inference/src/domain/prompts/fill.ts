import { z } from "zod";
import { filled, type PromptContent, type PromptVariable } from "./content.ts";
import { PromptError } from "./errors.ts";

export interface FilledMessage {
  readonly role: "system" | "user" | "assistant";
  readonly content: string;
}

/**
 * A prompt's messages with values in place of its variables.
 * @throws PromptError with `variables.<name>` for one that is missing, unknown or of another type
 */
export function fillPrompt(
  { messages, variables }: Pick<PromptContent, "messages" | "variables">,
  given: Readonly<Record<string, unknown>>,
): FilledMessage[] {
  const known = variables.map(({ name }) => name);
  const stray = Object.keys(given).find((name) => !known.includes(name));
  if (stray !== undefined) {
    const list = known.length === 0 ? "It has none." : `It has: ${known.join(", ")}.`;
    throw new PromptError(`variables.${stray}`, `The prompt has no variable '${stray}'.`, list);
  }
  const values = new Map(
    variables.map((one) => [one.name, textOf(one, Object.hasOwn(given, one.name) ? given[one.name] : undefined)]),
  );
  return messages.map(({ content, role }) => ({ role, content: filled(content, values) }));
}

const inWords = {
  text: "a text",
  number: "a number",
  integer: "a whole number",
  boolean: "true or false",
  choice: "one of its options",
  json: "JSON",
} as const satisfies Record<PromptVariable["type"], string>;

const schemas = {
  text: z.string(),
  number: z.number(),
  integer: z.int(),
  boolean: z.boolean(),
  choice: z.string(),
  json: z.json(),
} as const satisfies Record<PromptVariable["type"], z.ZodType>;

function textOf(variable: PromptVariable, given: unknown): string {
  const { default: preset, name, options = [], required, type } = variable;
  const value = given === undefined || given === null ? preset : given;
  if (value === undefined) {
    if (!required) return "";
    const hint = `Send it in 'variables': {"${name}": …}; it is ${inWords[type]}.`;
    throw new PromptError(`variables.${name}`, `The variable '${name}' is missing.`, hint);
  }
  const parsed = schemas[type].safeParse(value);
  const said = type === "choice" ? `one of ${options.map((one) => `'${one}'`).join(", ")}` : inWords[type];
  if (!parsed.success || (type === "choice" && !options.includes(String(value)))) {
    const got = JSON.stringify(value)?.slice(0, 60) ?? "nothing";
    throw new PromptError(`variables.${name}`, `The variable '${name}' is ${got}; it must be ${said}.`, "Correct it.");
  }
  return typeof value === "string" ? value : JSON.stringify(value);
}
