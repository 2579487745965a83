import { DatabaseError } from "@tugboat/db";
import type { Context } from "hono";
import { z } from "zod";
import { type PromptContent, promptContent } from "../../domain/prompts/content.ts";
import { PromptError } from "../../domain/prompts/errors.ts";
import { fillPrompt } from "../../domain/prompts/fill.ts";
import { organizationOf } from "../access.ts";
import { ApiError, invalidRequest } from "../errors.ts";
import type { EdgeServices, EdgeVariables } from "../types.ts";

const variables = z.record(z.string(), z.json()).nullish();
const messages = z.array(z.unknown()).nullish();

const prefix = "prompt:";
const sentBody = z.looseObject({ model: z.string() });

/**
 * The request that `prompt:support-triage@production` with `variables` stands for: the prompt's messages, filled in, then
 * those of the request; the prompt's model, tools, output schema and parameters, where the request names none of its own.
 * Undefined for any other name.
 * @throws ApiError 404 for a prompt or a label that isn't there, 400 for variables that don't fit
 */
export async function requestOfPrompt(
  c: Context<EdgeVariables>,
  services: EdgeServices,
  json: unknown,
  name: string,
): Promise<Record<string, unknown> | undefined> {
  const organizationId = organizationOf(c.get("call").caller);
  const database = services.management?.database;
  if (!name.startsWith(prefix) || organizationId === undefined || database === undefined) return undefined;
  const { messages: sent, model: _, variables: given, ...own } = sentBody.parse(json);
  const values = variables.safeParse(given);
  if (!values.success) {
    const message = "Invalid type for 'variables': expected an object of names and values.";
    throw invalidRequest("invalid_type", message, "variables");
  }
  const more = messages.safeParse(sent);
  if (!more.success)
    throw invalidRequest("invalid_type", "Invalid type for 'messages': expected an array.", "messages");
  const { prompts } = database.organization(organizationId);
  const found = await prompts.resolve(name.slice(prefix.length)).catch((error: unknown) => {
    if (!(error instanceof DatabaseError) || error.code !== "not-found") throw error;
    const message = `${error.message}${error.hint === undefined ? "" : ` ${error.hint}`}`;
    throw new ApiError(404, "invalid_request_error", "model_not_found", message, { param: "model" });
  });
  const content = promptContent.parse(found.version.content);
  const filled = fill(content, values.data ?? {});
  c.header("x-tugboat-prompt", `${found.prompt.name}@${found.version.number}`);
  return {
    ...content.parameters,
    ...(content.tools.length > 0 && { tools: content.tools }),
    ...(content.output !== null && { response_format: formatOf(found.prompt.name, content.output) }),
    ...saidIn(own),
    messages: [...filled, ...(more.data ?? [])],
    model: content.model,
  };
}

function fill(content: PromptContent, values: Readonly<Record<string, unknown>>) {
  try {
    return fillPrompt(content, values);
  } catch (error) {
    if (error instanceof PromptError)
      throw invalidRequest("invalid_value", `${error.message} ${error.hint}`, error.field);
    throw error;
  }
}

function formatOf(name: string, schema: object) {
  return {
    type: "json_schema",
    json_schema: { name: name.replaceAll(/[^a-zA-Z0-9_-]/g, "_").slice(0, 64), strict: true, schema },
  };
}

/** Without nulls, by which OpenAI's clients say that they give nothing. */
function saidIn(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && value !== undefined));
}
