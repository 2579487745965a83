import { z } from "zod";

/** OpenAI's clients send null for "not given". */
export function optional<T extends z.ZodType>(schema: T) {
  return schema.nullish().transform((value) => value ?? undefined);
}

/** A list whose length is checked before its elements are looked at: a million of them cost nothing. */
export function bounded<T extends z.ZodType>(element: T, { min = 0, max }: { min?: number; max: number }) {
  return z
    .unknown()
    .transform((value, context): unknown[] => {
      if (!Array.isArray(value)) context.addIssue({ code: "invalid_type", expected: "array", input: value });
      else if (value.length < min) {
        context.addIssue({ code: "too_small", origin: "array", minimum: min, inclusive: true, input: value });
      } else if (value.length > max) {
        context.addIssue({ code: "too_big", origin: "array", maximum: max, inclusive: true, input: value });
      } else return value;
      return z.NEVER;
    })
    .pipe(z.array(element));
}

/** A parameter of OpenAI's that would change the answer and that is not served: refused unless it asks for nothing. */
export function unsupported(name: string, ...harmless: readonly unknown[]) {
  return z
    .unknown()
    .refine((value) => value === undefined || value === null || harmless.some((h) => same(h, value)), {
      message: `Unsupported parameter: '${name}' is not supported${harmless.length === 0 ? "" : ` with this value; supported: ${harmless.map((h) => JSON.stringify(h)).join(", ")}`}.`,
      params: { code: "unsupported_parameter" },
    })
    .optional()
    .transform(() => undefined);
}

/** Accepted and of no effect on the answer: labels for the sender's own accounting. */
export const label = z.unknown().optional();

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

const tokenId = z.string().regex(/^\d{1,7}$/, { error: "its keys are token ids" });

const maxStops = 16;
const stopString = z.string().min(1).max(1000);

/** What chat and plain completions have in common. */
export const generationParameters = {
  model: z.string().min(1).max(512),
  max_tokens: optional(z.int().min(1)),
  temperature: optional(z.number().min(0).max(2)),
  top_p: optional(z.number().min(0).max(1)),
  n: optional(z.int().min(1).max(128)),
  stop: optional(z.union([stopString, bounded(stopString, { max: maxStops })])),
  seed: optional(z.int()),
  frequency_penalty: optional(z.number().min(-2).max(2)),
  presence_penalty: optional(z.number().min(-2).max(2)),
  logit_bias: optional(
    z
      .record(tokenId, z.number().min(-100).max(100))
      .refine((bias) => Object.keys(bias).length <= 1024, { message: "Invalid 'logit_bias': at most 1024 tokens." }),
  ),
  stream: optional(z.boolean()),
  stream_options: optional(
    z.strictObject({
      include_usage: optional(z.boolean()),
      include_obfuscation: unsupported("include_obfuscation", false),
    }),
  ),
  // Extensions, named as vLLM and llama.cpp name them.
  top_k: optional(z.int().min(-1)),
  min_p: optional(z.number().min(0).max(1)),
  repetition_penalty: optional(z.number().gt(0).max(10)),
  ignore_eos: optional(z.boolean()),
  user: label,
  metadata: label,
  safety_identifier: label,
  prompt_cache_key: label,
  prompt_cache_retention: label,
  service_tier: unsupported("service_tier", "auto", "default"),
} as const;

export interface GenerationParameters {
  readonly temperature?: number;
  readonly top_p?: number;
  readonly n?: number;
  readonly stop?: string | string[];
  readonly seed?: number;
  readonly frequency_penalty?: number;
  readonly presence_penalty?: number;
  readonly logit_bias?: Record<string, number>;
  readonly top_k?: number;
  readonly min_p?: number;
  readonly repetition_penalty?: number;
  readonly ignore_eos?: boolean;
}

/** `stream_options` without a stream is a mistake that OpenAI reports. */
export function checkStreamOptions(
  body: { stream?: boolean; stream_options?: unknown },
  context: z.core.$RefinementCtx,
): void {
  if (body.stream_options !== undefined && body.stream !== true) {
    context.addIssue({
      code: "custom",
      path: ["stream_options"],
      message: "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
    });
  }
}
