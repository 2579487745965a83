import { z } from "zod";

/** One token as it was chosen, and what else it might have been. Natural logarithms. */
export interface AnsweredToken {
  readonly token: string;
  readonly logprob: number;
  readonly top: readonly { readonly token: string; readonly logprob: number }[];
}

export interface AnsweredCall {
  readonly id: string;
  readonly name: string;
  /** JSON, as the model wrote it. */
  readonly arguments: string;
}

/** What one request brought. Times in ms. */
export interface Given {
  readonly ok: true;
  /** The request's: of its usage event and its trace. */
  readonly id: string;
  /** Of the first choice; empty for embeddings. */
  readonly text: string;
  readonly finishReason: string | null;
  readonly calls: readonly AnsweredCall[];
  /** When `logprobs` were asked for. */
  readonly logprobs: readonly AnsweredToken[] | undefined;
  /** Of embeddings, in the order of the inputs. */
  readonly vectors: readonly (readonly number[])[];
  readonly usage: { readonly inputTokens: number; readonly cachedTokens: number; readonly outputTokens: number };
  /** From being taken up to the last token: what it waited behind others is not in it. */
  readonly latencyMs: number;
  readonly queueMs: number;
  /** Exact; 0 where nothing prices what answered. */
  readonly costMicroUsd: number;
  /** What answered, as `x-tugboat-plan` says it. */
  readonly plan: string | undefined;
  /** The whole document, as the API gives it. */
  readonly body: unknown;
}

export interface NotGiven {
  readonly ok: false;
  readonly id: string;
  readonly status: number;
  readonly code: string;
  /** A sentence. */
  readonly message: string;
  /** Whether the same request may be answered a little later. */
  readonly again: boolean;
  readonly latencyMs: number;
}

export type Answer = Given | NotGiven;

const tokens = z.object({
  content: z.array(
    z.object({
      token: z.string(),
      logprob: z.number(),
      top_logprobs: z.array(z.object({ token: z.string(), logprob: z.number() })).default([]),
    }),
  ),
});
const call = z.object({ id: z.string(), function: z.object({ name: z.string(), arguments: z.string() }) });
const plainTokens = z.object({
  tokens: z.array(z.string()),
  token_logprobs: z.array(z.number().nullable()),
  top_logprobs: z.array(z.record(z.string(), z.number()).nullable()).nullish(),
});

const document = z.object({
  choices: z
    .array(
      z.object({
        text: z.string().nullish(),
        message: z.object({ content: z.string().nullish(), tool_calls: z.array(call).nullish() }).nullish(),
        finish_reason: z.string().nullish(),
        logprobs: z.union([tokens, plainTokens]).nullish().catch(null),
      }),
    )
    .optional(),
  data: z.array(z.object({ embedding: z.array(z.number()) })).optional(),
  usage: z
    .object({
      prompt_tokens: z.number().default(0),
      completion_tokens: z.number().default(0),
      prompt_tokens_details: z.object({ cached_tokens: z.number().nullish() }).nullish(),
    })
    .nullish(),
});
const refusal = z.object({ error: z.object({ message: z.string(), code: z.string().nullish() }) });

export interface Responded {
  readonly id: string;
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
  /** From being asked to the end. */
  readonly elapsedMs: number;
}

/** Reads a response of the API. What is no answer of its form is one that was not given. */
export function readAnswer({ body, elapsedMs, headers, id, status }: Responded): Answer {
  if (status >= 400) {
    const { error } = refusal.safeParse(body).data ?? { error: { message: `Status ${status}.`, code: null } };
    const again = status === 503 || (status === 429 && error.code !== "budget_exceeded");
    const code = error.code ?? "refused";
    return { ok: false, id, status, code, message: error.message, again, latencyMs: elapsedMs };
  }
  const parsed = document.safeParse(body);
  const [choice] = parsed.data?.choices ?? [];
  if (!parsed.success || (choice === undefined && parsed.data.data === undefined)) {
    const message = "What answered sent no answer of the API's form.";
    return { ok: false, id, status: 502, code: "bad_answer", message, again: false, latencyMs: elapsedMs };
  }
  const { data = [], usage } = parsed.data;
  const queueMs = queued(headers.get("server-timing"));
  return {
    ok: true,
    id,
    text: choice?.message?.content ?? choice?.text ?? "",
    finishReason: choice?.finish_reason ?? null,
    calls: (choice?.message?.tool_calls ?? []).map((one) => ({ id: one.id, ...one.function })),
    logprobs: tokensOf(choice?.logprobs),
    vectors: data.map(({ embedding }) => embedding),
    usage: {
      inputTokens: usage?.prompt_tokens ?? 0,
      cachedTokens: usage?.prompt_tokens_details?.cached_tokens ?? 0,
      outputTokens: usage?.completion_tokens ?? 0,
    },
    latencyMs: Math.max(0, elapsedMs - queueMs),
    queueMs,
    costMicroUsd: Number(headers.get("x-tugboat-cost-microusd") ?? 0),
    plan: headers.get("x-tugboat-plan") ?? undefined,
    body,
  };
}

function tokensOf(
  given: z.infer<typeof tokens> | z.infer<typeof plainTokens> | null | undefined,
): AnsweredToken[] | undefined {
  if (given === null || given === undefined) return undefined;
  if ("content" in given) {
    return given.content.map(({ logprob, token, top_logprobs: top }) => ({ token, logprob, top }));
  }
  return given.tokens.map((token, index) => ({
    token,
    logprob: given.token_logprobs[index] ?? 0,
    top: Object.entries(given.top_logprobs?.[index] ?? {}).map(([one, logprob]) => ({ token: one, logprob })),
  }));
}

/** The wait that `server-timing` tells. */
function queued(timing: string | null): number {
  const [, ms] = /(?:^|,)\s*queue;dur=([\d.]+)/.exec(timing ?? "") ?? [];
  return ms === undefined ? 0 : Number(ms);
}
