import { z } from "zod";
import type { EmbedRequest } from "../../workers/protocol.ts";
import { schemaError } from "./issues.ts";
import { bounded, label, optional } from "./parameters.ts";

/** OpenAI's bounds. */
const maxInputs = 2048;
const maxTokens = 1_000_000;

const text = z.string().min(1);
const tokens = bounded(z.int().min(0), { min: 1, max: maxTokens });

const schema = z.strictObject({
  model: z.string().min(1).max(512),
  input: z.union([
    text,
    bounded(text, { min: 1, max: maxInputs }),
    tokens,
    bounded(tokens, { min: 1, max: maxInputs }),
  ]),
  encoding_format: optional(z.enum(["float", "base64"])),
  dimensions: optional(z.int().min(1)),
  user: label,
  // An extension: how a text's tokens become one vector.
  pooling: optional(z.enum(["mean", "last"])),
});

export interface EmbeddingsRequest {
  readonly model: string;
  readonly base64: boolean;
  /** Of the longest input that is text. */
  readonly characters: number;
  readonly embed: EmbedRequest;
}

/** @throws ApiError 400 naming the field */
export function parseEmbeddingsRequest(json: unknown): EmbeddingsRequest {
  const parsed = schema.safeParse(json);
  if (!parsed.success) throw schemaError(parsed.error, json);
  const { dimensions, encoding_format, input, model, pooling } = parsed.data;
  const inputs = inputsOf(input);
  return {
    model,
    base64: encoding_format === "base64",
    characters: inputs.reduce((longest, one) => Math.max(longest, "text" in one ? one.text.length : 0), 0),
    embed: { inputs, ...(dimensions !== undefined && { dimensions }), ...(pooling && { pooling }) },
  };
}

function inputsOf(input: z.output<typeof schema>["input"]): EmbedRequest["inputs"] {
  if (typeof input === "string") return [{ text: input }];
  const list: readonly (string | number | number[])[] = input;
  const ids = list.filter((one) => typeof one === "number");
  if (ids.length > 0) return [{ tokens: ids }];
  return list.flatMap((one): EmbedRequest["inputs"] => {
    if (typeof one === "string") return [{ text: one }];
    return typeof one === "number" ? [] : [{ tokens: one }];
  });
}
