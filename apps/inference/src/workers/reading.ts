import type { AdapterLease, Engine } from "@tugboat/engine";
import type { Continuation, ReadRequest } from "./protocol.ts";

/** One text of a request that is read, with nothing written. */
export interface Reading {
  readonly tokens: number;
  /** @throws EngineError */
  read(): Promise<Float32Array>;
}

/** The texts of a request, each made tokens of when its turn comes. */
export function* readingsOf(
  engine: Engine,
  request: ReadRequest,
  adapter: AdapterLease | undefined,
): Generator<Reading> {
  if ("continuations" in request) {
    for (const continuation of request.continuations) yield scoring(engine, continuation, adapter);
    return;
  }
  const { adapter: _, inputs, ...options } = request;
  for (const input of inputs) {
    const ids = "tokens" in input ? input.tokens : engine.tokenize(input.text, { bos: true });
    yield { tokens: ids.length, read: () => engine.embed(ids, { ...options, adapter }) };
  }
}

function scoring(engine: Engine, { before, text }: Continuation, adapter: AdapterLease | undefined): Reading {
  const start =
    "messages" in before
      ? engine.tokenize(engine.renderChat(before.messages), { special: true })
      : engine.tokenize(before.text, { bos: true });
  const ids = [...start, ...engine.tokenize(text)];
  // Where a model has no token to begin with, nothing tells how likely the first one was.
  const from = Math.max(1, start.length);
  return { tokens: ids.length, read: async () => Float32Array.from(await engine.score(ids, { adapter, from })) };
}
