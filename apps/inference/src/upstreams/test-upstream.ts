import type { UpstreamEntry } from "../routing/target.ts";
import { UpstreamAnswer } from "./answer.ts";
import { UpstreamError } from "./errors.ts";
import { listModels } from "./list-models.ts";

export interface TestOutcome {
  readonly ok: boolean;
  /** A sentence for the person who pressed the button. */
  readonly message: string;
  /** What it lists; undefined when it lists nothing. */
  readonly models?: readonly string[];
}

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
