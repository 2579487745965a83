import { z } from "zod";
import { CliError } from "../output.ts";

export interface Service {
  /** Without a slash at the end, and without `/v1`. */
  readonly apiUrl: string;
  readonly apiKey: string;
}

export interface Question {
  readonly model: string;
  readonly text: string;
  /** Whether the model answers messages; otherwise it continues the text. */
  readonly chat: boolean;
}

export interface Answer {
  readonly text: string;
  readonly usage: { readonly promptTokens: number; readonly completionTokens: number };
  readonly timings: { readonly ttftMs: number; readonly tokensPerSecond: number };
}

const chunk = z.object({
  choices: z.array(
    z.object({ text: z.string().optional(), delta: z.object({ content: z.string().nullish() }).optional() }),
  ),
  usage: z.object({ prompt_tokens: z.number(), completion_tokens: z.number() }).nullish(),
});
const refusal = z.object({ error: z.object({ message: z.string() }) });

/**
 * Asks by the API, as any program does, and reports each piece as it comes.
 * @throws CliError `unreachable`, `refused`, `cut`
 */
export async function ask(
  { apiKey, apiUrl }: Service,
  { chat, model, text }: Question,
  onText: (piece: string) => void,
): Promise<Answer> {
  const begun = performance.now();
  const response = await call(`${apiUrl}/v1/${chat ? "chat/completions" : "completions"}`, apiKey, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      model,
      temperature: 0,
      max_tokens: 64,
      stream: true,
      stream_options: { include_usage: true },
      ...(chat ? { messages: [{ role: "user", content: text }] } : { prompt: text }),
    }),
  });
  let said = "";
  let firstAt: number | undefined;
  let usage: { promptTokens: number; completionTokens: number } | undefined;
  for await (const data of events(response)) {
    if (data === "[DONE]") break;
    const parsed = chunk.safeParse(JSON.parse(data));
    if (!parsed.success) throw new CliError("cut", `The service broke off: ${messageIn(JSON.parse(data))}`);
    const [choice] = parsed.data.choices;
    const piece = choice?.delta?.content ?? choice?.text ?? "";
    if (piece !== "") {
      firstAt ??= performance.now();
      said += piece;
      onText(piece);
    }
    const counted = parsed.data.usage;
    if (counted) usage = { promptTokens: counted.prompt_tokens, completionTokens: counted.completion_tokens };
  }
  const ended = performance.now();
  if (firstAt === undefined || usage === undefined) throw new CliError("cut", "The answer broke off before its end.");
  const seconds = Math.max(ended - firstAt, 0.001) / 1000;
  const tokensPerSecond = Math.max(usage.completionTokens - 1, 0) / seconds;
  return { text: said, usage, timings: { ttftMs: firstAt - begun, tokensPerSecond } };
}

/** @throws CliError `unreachable`, `refused` */
export async function call(url: string, apiKey: string, init: RequestInit = {}): Promise<Response> {
  const headers = { ...init.headers, authorization: `Bearer ${apiKey}` };
  let response: Response;
  try {
    response = await fetch(url, { ...init, headers });
  } catch {
    throw new CliError("unreachable", `Nothing answers at ${new URL(url).origin}.`, "Start Tugboat with `npm start`.");
  }
  if (response.ok) return response;
  const message = messageIn(await response.json().catch(() => undefined));
  throw new CliError("refused", message, "`tug doctor` says what is missing; `tug keys list` shows the keys.");
}

function messageIn(body: unknown): string {
  return refusal.safeParse(body).data?.error.message ?? "it gave no reason.";
}

/** The data of each server-sent event. */
async function* events(response: Response): AsyncGenerator<string> {
  if (response.body === null) return;
  let rest = "";
  for await (const part of response.body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + part).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line.startsWith("data:")) yield line.slice(5).trim();
  }
}
