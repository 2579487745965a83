import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

export interface Received {
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: Record<string, unknown>;
  /** True once its sender hung up before the answer's end. */
  gone: boolean;
}

export type Behaviour = (received: Received, response: ServerResponse) => unknown;

/** A server that speaks OpenAI's API as well or as badly as a test wants. */
export async function startFakeUpstream() {
  const requests: Received[] = [];
  let listed: readonly string[] | undefined = ["echo"];
  let behaviour: Behaviour = behaviours.words(["Hello", " there"]);
  const server = createServer(async (request, response) => {
    const sent = request.method === "POST" ? JSON.parse(await text(request)) : {};
    const received: Received = { path: request.url ?? "", headers: request.headers, body: sent, gone: false };
    response.on("close", () => {
      received.gone = !response.writableFinished;
    });
    if (received.path.endsWith("/models")) {
      if (listed === undefined) return json(response, 503, { error: { message: "It is down." } });
      return json(response, 200, { object: "list", data: listed.map((id) => ({ id, object: "model" })) });
    }
    requests.push(received);
    await behaviour(received, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    requests,
    url: `http://127.0.0.1:${port}/v1`,
    port,
    behave: (next: Behaviour) => {
      behaviour = next;
      requests.length = 0;
    },
    /** What it says that it serves; undefined: it does not answer. */
    lists: (models: readonly string[] | undefined) => {
      listed = models;
    },
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

export type FakeUpstream = Awaited<ReturnType<typeof startFakeUpstream>>;

const usage = { prompt_tokens: 7, completion_tokens: 2, total_tokens: 9, prompt_tokens_details: { cached_tokens: 3 } };
const head = { id: "chatcmpl-1", object: "chat.completion.chunk", created: 1, model: "echo-2026" };

export function json(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}) {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(typeof body === "string" ? body : JSON.stringify(body));
}

const event = (document: object) => `data: ${JSON.stringify(document)}\n\n`;
export const delta = (content: string) =>
  event({ ...head, choices: [{ index: 0, delta: { content }, finish_reason: null }] });
const finish = event({ ...head, choices: [{ index: 0, delta: {}, finish_reason: "stop" }] });
export const streamHead = (response: ServerResponse) => {
  response.writeHead(200, { "content-type": "text/event-stream" });
};

export const behaviours = {
  words:
    (words: readonly string[]): Behaviour =>
    ({ body }, response) => {
      if (body.stream !== true) {
        const message = { role: "assistant", content: words.join(""), refusal: null };
        const choices = [{ index: 0, message, finish_reason: "stop", logprobs: null }];
        return json(response, 200, { ...head, object: "chat.completion", choices, usage });
      }
      streamHead(response);
      for (const word of words) response.write(delta(word));
      response.end(`${finish}${event({ ...head, choices: [], usage })}data: [DONE]\n\n`);
    },
  status:
    (status: number, body: unknown = {}, headers: Record<string, string> = {}): Behaviour =>
    (_, response) =>
      json(response, status, body, headers),
  /** Sends nothing at all. */
  silent: (): Behaviour => () => {},
  /** Sends a part and then nothing more. */
  stalls:
    (part: string): Behaviour =>
    (_, response) => {
      streamHead(response);
      response.write(part);
    },
  /** Sends a part and hangs up. */
  cut:
    (part: string): Behaviour =>
    (_, response) => {
      streamHead(response);
      response.write(part, () => setTimeout(() => response.destroy(), 20));
    },
  raw:
    (part: string, contentType = "text/event-stream"): Behaviour =>
    (_, response) => {
      response.writeHead(200, { "content-type": contentType });
      response.end(part);
    },
  /** Goes on for ever. */
  endless:
    (piece: string, everyMs: number): Behaviour =>
    (_, response) => {
      streamHead(response);
      const timer = setInterval(() => response.write(piece), everyMs);
      response.on("close", () => clearInterval(timer));
    },
};
