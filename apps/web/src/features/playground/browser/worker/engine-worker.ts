import { type Constraint, type Engine, type GenerateEvent, loadEngine } from "@tugboat/engine";
import { openModelFromFile } from "@tugboat/engine/browser";
import { alternatives, type ChatRequest } from "../../chat-body.ts";
import type { ChatEvent } from "../../chat-event.ts";
import type { BrowserDevice, ResponseFormat } from "../../types.ts";
import type { FromWorker, LoadStage, ModelFile, ToWorker } from "../protocol.ts";
import { storedModel } from "./model-store.ts";

/** The engine in a worker of the page: one model on one device, for all the columns that ask it. */

const jobs = new Map<number, AbortController>();
let loading: { readonly engine: Promise<Engine>; readonly abort: AbortController } | undefined;
let isLoaded = false;

const say = (message: FromWorker) => self.postMessage(message);

self.onmessage = ({ data }: MessageEvent<ToWorker>) => {
  if (data.type === "stop") {
    jobs.get(data.id)?.abort();
    // A download or a load that nobody waits for any more ends too.
    if (!isLoaded && [...jobs.values()].every(({ signal }) => signal.aborted)) loading?.abort.abort();
    return;
  }
  const job = new AbortController();
  jobs.set(data.id, job);
  void run(data.id, data.model, data.device, data.request, job.signal).finally(() => jobs.delete(data.id));
};

async function run(id: number, model: ModelFile, device: BrowserDevice, request: ChatRequest, signal: AbortSignal) {
  try {
    const engine = await engineFor(model, device);
    if (signal.aborted) return say({ type: "done", id });
    const { kind, threads } = engine.info.device;
    say({ type: "loaded", id, device: kind, threads });
    for await (const event of engine.generate(toGenerate(request), { signal })) {
      for (const told of toChatEvents(event)) say({ type: "event", id, event: told });
    }
    say({ type: "done", id });
  } catch (cause) {
    if (signal.aborted) say({ type: "done", id });
    else say({ type: "failed", id, ...describe(cause) });
  }
}

function engineFor(model: ModelFile, device: BrowserDevice): Promise<Engine> {
  if (loading === undefined || loading.abort.signal.aborted) {
    const abort = new AbortController();
    const started = { engine: load(model, device, abort.signal), abort };
    loading = started;
    started.engine.then(
      () => {
        isLoaded = true;
      },
      () => {
        if (loading === started) loading = undefined;
      },
    );
  }
  return loading.engine;
}

async function load(model: ModelFile, device: BrowserDevice, signal: AbortSignal): Promise<Engine> {
  const tell = (stage: LoadStage, done: number, total: number) => {
    for (const id of jobs.keys()) say({ type: "load", id, stage, done, total });
  };
  const file = await storedModel(model, { signal, onProgress: throttled(tell) });
  return loadEngine(await openModelFromFile(file), {
    device,
    signal,
    onProgress: ({ stage, done, total }) => tell(stage, done, total),
  });
}

/** Ten times a second is as often as a person sees it. */
function throttled(tell: (stage: LoadStage, done: number, total: number) => void): typeof tell {
  let last = 0;
  return (stage, done, total) => {
    const now = performance.now();
    if (now - last < 100 && done < total) return;
    last = now;
    tell(stage, done, total);
  };
}

function toGenerate({ messages, parameters, seed }: ChatRequest): Parameters<Engine["generate"]>[0] {
  const { temperature, topP, maxTokens, frequencyPenalty, presencePenalty, stop, logprobs, format } = parameters;
  return {
    prompt: { messages },
    temperature,
    topP,
    maxTokens,
    frequencyPenalty,
    presencePenalty,
    stop: [...stop],
    seed,
    logprobs: logprobs ? alternatives : undefined,
    constraint: constraintOf(format),
  };
}

/** As the service reads the same request: `strict` closes objects. */
function constraintOf(format: ResponseFormat): Constraint | undefined {
  if (format.type === "json_object") return { kind: "json-object" };
  return format.type === "json_schema"
    ? { kind: "json-schema", schema: JSON.parse(format.schema), closed: true }
    : undefined;
}

function toChatEvents(event: GenerateEvent): ChatEvent[] {
  switch (event.type) {
    case "token": {
      const text: ChatEvent[] = event.text === "" ? [] : [{ type: "text", text: event.text }];
      return event.logprobs ? [...text, { type: "tokens", tokens: [event.logprobs] }] : text;
    }
    case "finish":
      return [
        ...(event.text === "" ? [] : [{ type: "text", text: event.text } as const]),
        { type: "finish", reason: event.reason },
      ];
    case "done": {
      const { promptTokens, completionTokens, cachedTokens } = event.usage;
      return [{ type: "usage", promptTokens, completionTokens, cachedTokens }];
    }
    default:
      return [];
  }
}

function describe(cause: unknown): { code: string; message: string; hint: string | undefined } {
  if (!(cause instanceof Error)) return { code: "unknown", message: String(cause), hint: undefined };
  const code = "code" in cause && typeof cause.code === "string" ? cause.code : "engine-failed";
  const hint = "hint" in cause && typeof cause.hint === "string" ? cause.hint : undefined;
  const message = /[.!?]$/.test(cause.message) ? cause.message : `${cause.message}.`;
  return { code, message, hint };
}
