import { Hono } from "hono";
import { z } from "zod";
import { readJson } from "../body.ts";
import type { Edge, EdgeServices, EdgeVariables } from "../types.ts";
import { message, toMessage } from "./chat-request.ts";
import { schemaError } from "./issues.ts";
import { bounded, label } from "./parameters.ts";
import { answerRead } from "./read.ts";

const mostChoices = 256;
const mostMessages = 256;
const text = z.string().min(1).max(1_000_000);

const schema = z
  .strictObject({
    model: z.string().min(1).max(512),
    /** A text by itself. */
    text: text.optional(),
    /** Texts of which one follows what is before them. */
    choices: bounded(text, { min: 1, max: mostChoices }).optional(),
    prompt: z.string().max(1_000_000).optional(),
    messages: bounded(message, { min: 1, max: mostMessages }).optional(),
    user: label,
  })
  .refine((body) => (body.text === undefined) !== (body.choices === undefined), {
    path: ["text"],
    message: "Give either 'text', to have it scored by itself, or 'choices', of which one follows.",
  })
  .refine((body) => body.choices === undefined || (body.prompt === undefined) !== (body.messages === undefined), {
    path: ["choices"],
    message: "Give either 'prompt' or 'messages': what the choices follow.",
  });

/**
 * `/v1/score`: how likely a text is, or which of several follows. Nothing is written; an extension of OpenAI's API, which had it as
 * `echo` with `logprobs`.
 */
export function scoreRoutes(services: EdgeServices): Edge {
  const app = new Hono<EdgeVariables>();
  app.post("/", async (c) => {
    const { trace } = c.get("call");
    const json = await readJson(c.req.raw);
    trace.input = json;
    const parsed = schema.safeParse(json);
    if (!parsed.success) throw schemaError(parsed.error, json);
    const { choices, messages, model, prompt, text: alone } = parsed.data;
    trace.asked = model;
    const before = messages ? { messages: messages.map(toMessage) } : { text: prompt ?? "" };
    const texts = choices ?? [alone ?? ""];
    return answerRead(c, services, {
      kind: "score",
      model,
      param: choices ? "choices" : "text",
      characters: Math.max(...texts.map(({ length }) => length)) + (prompt?.length ?? 0),
      request: { continuations: texts.map((text) => ({ before, text })) },
      body: ({ rows, tokens }) => ({
        object: "score",
        model,
        ...(choices ? choiceBody(choices, rows) : textBody(alone ?? "", rows[0] ?? new Float32Array())),
        usage: { prompt_tokens: tokens, total_tokens: tokens },
      }),
    });
  });
  return app;
}

function sum(row: Float32Array): number {
  return row.reduce((total, one) => total + one, 0);
}

/** Perplexity is exp of the mean negative log-likelihood of a token; bits per byte don't depend on the tokens. */
function textBody(text: string, row: Float32Array) {
  const logprob = sum(row);
  const bytes = Buffer.byteLength(text);
  return {
    logprob,
    token_count: row.length,
    perplexity: row.length === 0 ? null : Math.exp(-logprob / row.length),
    bits_per_byte: bytes === 0 ? null : -logprob / Math.LN2 / bytes,
  };
}

/** `probability`: of each among these choices, as if one of them had to follow. */
function choiceBody(choices: readonly string[], rows: readonly Float32Array[]) {
  const logprobs = rows.map(sum);
  const most = Math.max(...logprobs);
  const all = logprobs.reduce((total, one) => total + Math.exp(one - most), 0);
  return {
    best: logprobs.indexOf(most),
    choices: choices.map((text, index) => {
      const logprob = logprobs[index] ?? 0;
      const count = rows[index]?.length ?? 0;
      return { index, text, logprob, token_count: count, probability: Math.exp(logprob - most) / all };
    }),
  };
}
