import { lookup } from "node:dns";
import http from "node:http";
import https from "node:https";
import type { LookupFunction } from "node:net";
import { isLinkLocal, linkLocalSentence } from "../domain/upstreams/address.ts";
import { version } from "../env.ts";
import type { UpstreamEntry } from "../routing/target.ts";
import { UpstreamError } from "./errors.ts";

export interface UpstreamRequest {
  readonly upstream: UpstreamEntry;
  /** After the base URL: `/models`. */
  readonly path: string;
  readonly method: "GET" | "POST";
  readonly body?: string;
  readonly accept: "application/json" | "text/event-stream";
  readonly headers?: Readonly<Record<string, string>>;
  /** Until the first piece of the body; the default is the upstream's. */
  readonly firstByteMs?: number;
  readonly signal: AbortSignal;
}

export interface UpstreamResponse {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  /**
   * Pieces of the body. Leaving early ends the connection.
   * @throws UpstreamError `timeout`, `cut`, `cancelled`
   */
  readonly body: AsyncGenerator<Uint8Array, void, undefined>;
}

/**
 * A connection that idles longer is closed: servers close theirs after five seconds or more, and a request on one that is
 * being closed would be lost without a sign of whether it arrived.
 */
const idleSocketMs = 2000;
const agents = {
  "http:": new http.Agent({ keepAlive: true, timeout: idleSocketMs }),
  "https:": new https.Agent({ keepAlive: true, timeout: idleSocketMs }),
};

/** Refuses link-local addresses also behind a name. */
const guardedLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, options, (error, address, family) => {
    const found = Array.isArray(address) ? address.map((one) => one.address) : [address];
    const bad = error ? undefined : found.find(isLinkLocal);
    if (bad === undefined) callback(error, address, family);
    else callback(new Error(linkLocalSentence(bad)), address, family);
  });
};

/**
 * Sends a request. Redirects are not followed: the secret goes where the administrator said, and nowhere else.
 * @throws UpstreamError `unreachable`, `timeout`, `cancelled`, `cut`
 */
export async function send(request: UpstreamRequest): Promise<UpstreamResponse> {
  const { accept, body, method, path, signal, upstream } = request;
  const { name, secret, secretHeader } = upstream;
  if (signal.aborted) throw cancelled();
  const url = new URL(upstream.baseUrl + path);
  const secure = url.protocol === "https:";
  const headers: Record<string, string> = {
    ...upstream.headers,
    ...request.headers,
    accept,
    "accept-encoding": "identity",
    "user-agent": `tugboat/${version}`,
    ...(secret !== undefined && { [secretHeader]: secretHeader === "authorization" ? `Bearer ${secret}` : secret }),
    ...(body !== undefined && {
      "content-type": "application/json",
      "content-length": String(Buffer.byteLength(body)),
    }),
  };
  const firstByteMs = request.firstByteMs ?? upstream.firstByteTimeoutMs;
  const options = { method, headers, lookup: guardedLookup, agent: secure ? agents["https:"] : agents["http:"] };
  const outgoing = (secure ? https : http).request(url, options);
  const began = performance.now();
  let connected = false;
  let timer: NodeJS.Timeout | undefined;
  const within = (ms: number, what: string) => {
    clearTimeout(timer);
    timer = setTimeout(() => outgoing.destroy(timeout(name, what, ms, connected)), ms);
  };
  const abort = () => outgoing.destroy(cancelled());
  signal.addEventListener("abort", abort, { once: true });
  outgoing.once("socket", (socket) => {
    const ready = () => {
      connected = true;
      within(firstByteMs, "did not begin to answer");
    };
    if (!socket.connecting) return ready();
    within(upstream.connectTimeoutMs, "could not be connected to");
    socket.once(secure ? "secureConnect" : "connect", ready);
  });
  try {
    const incoming = await new Promise<http.IncomingMessage>((resolve, reject) => {
      outgoing.once("response", resolve);
      outgoing.on("error", reject);
      outgoing.end(body);
    });
    clearTimeout(timer);
    const left = Math.max(1, firstByteMs - (performance.now() - began));
    return {
      status: incoming.statusCode ?? 0,
      headers: incoming.headers,
      body: pieces(incoming, upstream, left, began, signal, () => signal.removeEventListener("abort", abort)),
    };
  } catch (cause) {
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
    if (cause instanceof UpstreamError) throw cause;
    if (!connected) throw new UpstreamError("unreachable", `The upstream ${name} can't be reached.`, { cause });
    throw new UpstreamError("cut", `The upstream ${name} closed the connection without an answer.`, {
      ambiguous: true,
      cause,
    });
  }
}

async function* pieces(
  incoming: http.IncomingMessage,
  { idleTimeoutMs, name, totalTimeoutMs }: UpstreamEntry,
  firstByteMs: number,
  began: number,
  signal: AbortSignal,
  done: () => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  const iterator = incoming[Symbol.asyncIterator]();
  let limit = firstByteMs;
  let what = "did not begin to answer";
  try {
    for (;;) {
      const left = totalTimeoutMs - (performance.now() - began);
      if (left <= 0) throw timeout(name, "did not come to an end", totalTimeoutMs, true);
      const [ms, why] = left < limit ? [left, "did not come to an end"] : [limit, what];
      // It runs only while we wait for the upstream, not while our client reads.
      const timer = setTimeout(() => incoming.destroy(timeout(name, why, ms, true)), ms);
      const result = await iterator.next().finally(() => clearTimeout(timer));
      if (result.done) return;
      limit = idleTimeoutMs;
      what = "fell silent";
      yield result.value;
    }
  } catch (cause) {
    if (cause instanceof UpstreamError) throw cause;
    if (signal.aborted) throw cancelled();
    throw new UpstreamError("cut", `The upstream ${name} broke off in the middle of its answer.`, {
      ambiguous: true,
      cause,
    });
  } finally {
    done();
    if (!incoming.complete) incoming.destroy();
  }
}

function timeout(name: string, what: string, ms: number, ambiguous: boolean): UpstreamError {
  const seconds = Math.round(ms / 100) / 10;
  return new UpstreamError("timeout", `The upstream ${name} ${what} within ${seconds} s.`, { ambiguous });
}

function cancelled(): UpstreamError {
  return new UpstreamError("cancelled", "The client went away.");
}
