import { z } from "zod";
import type { UpstreamEntry } from "../routing/target.ts";
import { UpstreamAnswer } from "./answer.ts";
import { UpstreamError } from "./errors.ts";
import { send } from "./http.ts";
import { refusal } from "./refusal.ts";

export interface TestOutcome {
  readonly ok: boolean;
  /** A sentence for the person who pressed the button. */
  readonly message: string;
  /** What it lists; undefined when it lists nothing. */
  readonly models?: readonly string[];
}

const list = z.object({ data: z.array(z.object({ id: z.string().min(1).max(256) })) });
const maxListBytes = 8 << 20;
const maxModels = 2000;

/** Asks an upstream for its models and for a few tokens of one of them. */
export async function testUpstream(
  upstream: UpstreamEntry,
  wanted: string | undefined,
  signal: AbortSignal,
): Promise<TestOutcome> {
  if (upstream.problem !== undefined) return { ok: false, message: upstream.problem };
  let models: string[] | undefined;
  let listed = "";
  try {
    models = await listModels(upstream, signal);
    listed = `It lists ${models.length === 1 ? "1 model" : `${models.length} models`}`;
  } catch (error) {
    if (!(error instanceof UpstreamError)) throw error;
    // Some serve models and list none: then a person has named them.
    if (upstream.models.size === 0 || error.code === "unreachable" || error.code === "refused-us") {
      return { ok: false, message: error.message };
    }
    listed = "It lists no models";
  }
  const found = models === undefined ? {} : { models };
  const model = wanted ?? models?.[0] ?? [...upstream.models][0];
  if (model === undefined) return { ok: false, message: `${listed}; name one that it serves to try it.`, ...found };
  try {
    const ttftMs = await tryModel(upstream, model, signal);
    return {
      ok: true,
      message: `${listed}; ${model} answered, its first token after ${Math.round(ttftMs)} ms.`,
      ...found,
    };
  } catch (error) {
    if (!(error instanceof UpstreamError)) throw error;
    return { ok: false, message: `${listed}, but ${model} did not answer. ${error.message}`, ...found };
  }
}

async function listModels(upstream: UpstreamEntry, signal: AbortSignal): Promise<string[]> {
  const response = await send({ upstream, path: "/models", method: "GET", accept: "application/json", signal });
  if (response.status !== 200) throw await refusal(upstream, "a list of models", response);
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of response.body) {
    pieces.push(piece);
    size += piece.length;
    if (size > maxListBytes) break;
  }
  const parsed = list.safeParse(jsonOf(Buffer.concat(pieces).toString("utf8")));
  if (parsed.success) return [...new Set(parsed.data.data.map(({ id }) => id))].slice(0, maxModels);
  throw new UpstreamError("bad-answer", `What ${upstream.name} answers to /models is not a list of models.`);
}

async function tryModel(upstream: UpstreamEntry, model: string, signal: AbortSignal): Promise<number> {
  const answer = await UpstreamAnswer.start({
    // It is tested before it is switched on, too.
    target: { kind: "upstream", upstream: { ...upstream, enabled: true }, model },
    path: "/chat/completions",
    body: { model, messages: [{ role: "user", content: "Say hello." }], max_tokens: 4, stream: true },
    signal,
  });
  while ((await answer.next()) !== undefined);
  return answer.firstMs;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
