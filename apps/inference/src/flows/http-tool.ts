import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import type { Json } from "@tugboat/db";
import { valueParser } from "../domain/flows/types.ts";
import { isLinkLocal, linkLocalSentence } from "../domain/upstreams/address.ts";
import { StepFailure } from "./errors.ts";
import type { FilledAction } from "./fill-action.ts";
import { asJson } from "./journal.ts";
import type { Made } from "./run-flow.ts";

/** Of one answer, in bytes. */
const mostBytes = 2_000_000;

/**
 * Calls an HTTP tool. A try after a kill carries the same `idempotency-key`, by which the tool knows that it is no second wish.
 * @throws StepFailure
 */
export async function callHttp(
  { body, headers, method, output, url }: FilledAction & { kind: "http" },
  { callId, signal }: { readonly callId: string; readonly signal: AbortSignal },
): Promise<Made> {
  const given = body === null || method === "GET" ? {} : { body: JSON.stringify(body) };
  const response = await send(url, signal, {
    method,
    headers: {
      accept: "application/json",
      ...(body !== null && { "content-type": "application/json" }),
      ...headers,
      "idempotency-key": callId,
    },
    ...given,
  });
  const text = await readText(response, url, signal);
  if (!response.ok) throw refused(url, response.status, text);
  return { output: { status: response.status, body: bodyOf(text, response, output) } };
}

/** @throws StepFailure */
export async function send(address: string, signal: AbortSignal, init: RequestInit): Promise<Response> {
  const url = await checked(address);
  try {
    return await fetch(url, { ...init, signal, redirect: "error" });
  } catch (error) {
    signal.throwIfAborted();
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    throw new StepFailure(
      `${url.host} does not answer: ${cause}.`,
      "See whether it runs and can be reached from here.",
      {
        again: !cause.includes("redirect"),
      },
    );
  }
}

/** Private addresses are fine: that is where a company's own tools are. */
async function checked(address: string): Promise<URL> {
  const refuse = (message: string) => new StepFailure(message, "Look at the step's url.", { again: false });
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    throw refuse(`"${address.slice(0, 100)}" is no URL.`);
  }
  if (url.protocol !== "https:" && url.protocol !== "http:") throw refuse("Only http and https are spoken.");
  if (url.username !== "" || url.password !== "") throw refuse("A URL can't hold a password: use a header.");
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const addresses = isIP(host) ? [host] : (await lookup(host, { all: true }).catch(() => [])).map((one) => one.address);
  const linkLocal = addresses.find(isLinkLocal);
  if (linkLocal !== undefined) throw refuse(linkLocalSentence(linkLocal));
  return url;
}

/** @throws StepFailure for more than can be taken */
export async function readText(response: Response, url: string, signal: AbortSignal): Promise<string> {
  const decoder = new TextDecoder();
  const reader = response.body?.getReader();
  let text = "";
  let size = 0;
  while (reader) {
    const { done, value } = await reader.read().catch((error: unknown) => {
      signal.throwIfAborted();
      throw new StepFailure(`${url} broke off: ${String(error)}.`, "It is tried again.", { again: true });
    });
    if (done) break;
    size += value.byteLength;
    if (size > mostBytes) {
      void reader.cancel().catch(() => {});
      throw new StepFailure(`${url} answered more than 2 MB.`, "Ask it for less.", { again: false });
    }
    text += decoder.decode(value, { stream: true });
  }
  return text + decoder.decode();
}

export function refused(url: string, status: number, text: string): StepFailure {
  const said = text.trim() === "" ? "" : `: ${text.slice(0, 200)}`;
  return new StepFailure(`${new URL(url).host} answered ${status}${said}.`, "What it says is about what was sent.", {
    again: status === 429 || status === 408 || status >= 500,
  });
}

function bodyOf(text: string, response: Response, output: Parameters<typeof valueParser>[0]): Json {
  let value: unknown = text;
  if (response.headers.get("content-type")?.includes("json") || (typeof output === "object" && !("enum" in output))) {
    try {
      value = text === "" ? null : JSON.parse(text);
    } catch {
      throw new StepFailure("The tool answered no JSON.", "Declare output: string for plain text.", { again: false });
    }
  }
  return typed(value, output, "The tool's answer");
}

/** @throws StepFailure that names the field */
export function typed(value: unknown, type: Parameters<typeof valueParser>[0], whose: string): Json {
  const parsed = valueParser(type).safeParse(value);
  if (parsed.success) return asJson.parse(parsed.data);
  const [issue] = parsed.error.issues;
  const field = issue?.path.join(".") ?? "";
  throw new StepFailure(
    `${whose} is not what output says: ${field === "" ? "" : `${field}: `}${issue?.message ?? "it does not fit."}`,
    `It was ${JSON.stringify(value)?.slice(0, 200) ?? "nothing"}.`,
    { again: false },
  );
}
