import type { Json } from "@tugboat/db";
import { z } from "zod";
import { jsonIn } from "../evaluators/judged.ts";
import { fillPrompt } from "../prompts/fill.ts";
import type { CandidatePrompt } from "./candidate-prompt.ts";
import type { Candidate } from "./config.ts";

const chat = z.object({
  messages: z.array(z.looseObject({ role: z.string() })).min(1),
  tools: z.array(z.json()).optional(),
});

/**
 * What a candidate is asked for an example: a body of `/v1/chat/completions`.
 * @throws PromptError for an input that doesn't fit the prompt's variables
 */
export function chatBodyOf(candidate: Candidate, input: Json, prompt?: CandidatePrompt): object {
  const { instruction, maxTokens, model, temperature } = candidate;
  const settings = { model, temperature, max_tokens: maxTokens };
  if (prompt !== undefined) return promptBody(prompt, input, settings);
  // A task has its own words; the input's fields fill them in.
  if (model.startsWith("task:")) {
    return { ...settings, messages: [{ role: "user", content: textOf(input) }], variables: fieldsOf(input) };
  }
  const given = chat.safeParse(input).data;
  const filled = instruction === undefined ? undefined : fill(instruction, fieldsOf(input));
  if (given !== undefined) {
    const system = filled === undefined ? [] : [{ role: "system", content: filled.text }];
    return { ...settings, ...given, messages: [...system, ...given.messages] };
  }
  // An instruction that names every field has said all of the example.
  if (filled?.used) return { ...settings, messages: [{ role: "user", content: filled.text }] };
  const content = filled === undefined ? textOf(input) : `${filled.text}\n\n${textOf(input)}`;
  return { ...settings, messages: [{ role: "user", content }] };
}

/** As the prompt is served: its words, tools, schema and parameters. An example that no variable takes in comes after them. */
function promptBody({ content, model, version }: CandidatePrompt, input: Json, settings: object): object {
  const given = chat.safeParse(input).data;
  const { messages, variables } = content;
  const fields = z.record(z.string(), z.json()).safeParse(input).data;
  const [only] = variables;
  // A plain text is what the only variable stands for, whatever its name.
  const named = fields ?? (variables.length === 1 && only !== undefined ? { [only.name]: input } : {});
  const taken = Object.fromEntries(
    variables.flatMap(({ name }) => (Object.hasOwn(named, name) ? [[name, named[name]] as const] : [])),
  );
  const said = fillPrompt({ messages, variables }, taken);
  const rest = Object.keys(taken).length > 0 ? [] : (given?.messages ?? [{ role: "user", content: textOf(input) }]);
  const { output, parameters, tools } = content;
  const name = version.replaceAll(/[^a-zA-Z0-9_-]/g, "_").slice(0, 64);
  return {
    ...settings,
    ...parameters,
    model,
    ...(tools.length > 0 && { tools }),
    ...(given?.tools !== undefined && { tools: given.tools }),
    ...(output !== null && {
      response_format: { type: "json_schema", json_schema: { name, strict: true, schema: output } },
    }),
    messages: [...said, ...rest],
  };
}

/**
 * What a candidate said, in the form that the example expects. A task answers with its output's fields as JSON; where the
 * example says one text, the only field is it.
 */
export function saidBy({ model }: Pick<Candidate, "model">, text: string, expected: Json): string {
  if (!model.startsWith("task:") || typeof expected !== "string") return text;
  const fields = z.record(z.string(), z.json()).safeParse(jsonIn(text)).data;
  const [only, ...more] = Object.values(fields ?? {});
  return only === undefined || more.length > 0 ? text : plain(only);
}

/** An input as one text: itself, its only field, or a line for each field. */
export function textOf(input: Json): string {
  if (typeof input === "string") return input;
  if (typeof input !== "object" || input === null || Array.isArray(input)) return JSON.stringify(input);
  const given = chat.safeParse(input).data;
  if (given !== undefined) return given.messages.map((one) => `${one.role}: ${String(one.content ?? "")}`).join("\n");
  const entries = Object.entries(input);
  const [only] = entries;
  if (entries.length === 1 && only !== undefined) return plain(only[1]);
  return entries.map(([name, value]) => `${name}: ${plain(value)}`).join("\n");
}

function plain(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function fieldsOf(input: Json): Readonly<Record<string, string>> {
  if (typeof input !== "object" || input === null || Array.isArray(input)) return { input: plain(input) };
  return Object.fromEntries(Object.entries(input).map(([name, value]) => [name, plain(value)]));
}

function fill(template: string, fields: Readonly<Record<string, string>>): { text: string; used: boolean } {
  let used = false;
  const text = template.replace(/\{\{\s*([\w.-]+)\s*\}\}/g, (whole, name: string) => {
    if (!Object.hasOwn(fields, name)) return whole;
    used = true;
    return fields[name] ?? "";
  });
  return { text, used };
}
