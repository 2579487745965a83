import { z } from "zod";
import type { WorkerRequest } from "../../workers/protocol.ts";
import { constraintOf, structuredOutputs } from "./constraint.ts";
import { schemaError } from "./issues.ts";
import { bounded, checkStreamOptions, generationParameters, optional, unsupported } from "./parameters.ts";
import { toSampling } from "./sampling.ts";

/** OpenAI's default for plain completions. */
const defaultMaxTokens = 16;
const maxPrompts = 64;
const maxPromptTokens = 1_000_000;

/** Looked through by hand: a schema that reports every one of a million wrong elements blocks the service for seconds. */
const tokens = bounded(z.unknown(), { min: 1, max: maxPromptTokens }).transform((list, context): number[] => {
  const ids: number[] = [];
  for (const [index, id] of list.entries()) {
    if (typeof id === "number" && Number.isInteger(id) && id >= 0) ids.push(id);
    else {
      const path = [index];
      if (typeof id !== "number" || !Number.isInteger(id)) {
        context.addIssue({ code: "invalid_type", expected: "int", input: id, path });
      } else context.addIssue({ code: "too_small", origin: "int", minimum: 0, inclusive: true, input: id, path });
      return z.NEVER;
    }
  }
  return ids;
});

type Prompt = { readonly text: string } | { readonly tokens: readonly number[] };

const prompt = z
  .union([
    z.string(),
    bounded(z.string(), { min: 1, max: maxPrompts }),
    tokens,
    bounded(tokens, { min: 1, max: maxPrompts }),
  ])
  .transform((value): Prompt[] => {
    if (typeof value === "string") return [{ text: value }];
    const ids = value.filter((item) => typeof item === "number");
    if (ids.length > 0) return [{ tokens: ids }];
    return value.flatMap((item): Prompt[] => {
      if (typeof item === "string") return [{ text: item }];
      return typeof item === "number" ? [] : [{ tokens: item }];
    });
  });

const schema = z
  .strictObject({
    ...generationParameters,
    prompt,
    logprobs: optional(z.int().min(0).max(20)),
    echo: unsupported("echo", false),
    suffix: unsupported("suffix", ""),
    structured_outputs: structuredOutputs,
    best_of: optional(z.int().min(1)),
  })
  .superRefine(checkStreamOptions)
  .refine((body) => body.best_of === undefined || body.best_of === (body.n ?? 1), {
    path: ["best_of"],
    message: "Unsupported parameter: 'best_of' is not supported unless it equals 'n'.",
    params: { code: "unsupported_parameter" },
  });

export interface CompletionRequest {
  readonly model: string;
  readonly stream: boolean;
  readonly includeUsage: boolean;
  /** Of each prompt. */
  readonly choices: number;
  /** Of the longest prompt that is text. */
  readonly characters: number;
  /** One for each prompt. */
  readonly generate: readonly WorkerRequest[];
}

/** @throws ApiError 400 naming the field */
export function parseCompletionRequest(json: unknown): CompletionRequest {
  const parsed = schema.safeParse(json);
  if (!parsed.success) throw schemaError(parsed.error, json);
  const body = parsed.data;
  const sampling = toSampling(body);
  const constraint = constraintOf(body);
  return {
    model: body.model,
    stream: body.stream ?? false,
    includeUsage: body.stream_options?.include_usage ?? false,
    choices: body.n ?? 1,
    characters: body.prompt.reduce((longest, one) => Math.max(longest, "text" in one ? one.text.length : 0), 0),
    generate: body.prompt.map((one) => ({
      prompt: one,
      maxTokens: body.max_tokens ?? defaultMaxTokens,
      logprobs: body.logprobs,
      ...(constraint && { constraint }),
      ...sampling,
    })),
  };
}
