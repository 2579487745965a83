import { z } from "zod";
import type { UpstreamEntry } from "../routing/target.ts";
import { UpstreamError } from "./errors.ts";
import type { UpstreamResponse } from "./http.ts";

/** More of an error's text than anybody reads. */
const maxErrorBytes = 64 << 10;
const maxMessage = 500;

const fields = z.object({
  message: z.string(),
  param: z.string().nullish().catch(null),
  code: z.union([z.string(), z.number()]).nullish().catch(null),
});
const errorBody = z.union([
  z.object({ error: fields }).transform(({ error }) => error),
  z.object({ error: z.string() }).transform(({ error }) => ({ message: error, param: null, code: null })),
  fields,
]);

/** What an answer of another status than 200 means. Reads its body to the end. */
export async function refusal(
  upstream: UpstreamEntry,
  model: string,
  { body, headers, status }: UpstreamResponse,
): Promise<UpstreamError> {
  const { name } = upstream;
  if (status >= 300 && status < 400) {
    await body.return();
    return new UpstreamError("redirect", `The upstream ${name} redirects to another address; that is not followed.`);
  }
  const told = toldBy(await start(body));
  const said = told === undefined ? "" : `: ${clean(told.message, upstream)}`;
  const retryAfterSeconds = retryAfter(headers["retry-after"]);
  if (status === 401 || status === 403) {
    return new UpstreamError("refused-us", `The upstream ${name} does not accept the secret it was given.`);
  }
  if (status === 404) return new UpstreamError("unknown-model", `The upstream ${name} does not serve ${model}${said}`);
  if (status === 429) {
    return new UpstreamError("rate-limited", `The upstream ${name} has no room for more requests now${said}`, {
      retryAfterSeconds,
    });
  }
  if (status >= 500 || status < 200) {
    return new UpstreamError("server-error", `The upstream ${name} failed with status ${status}.`, {
      retryAfterSeconds,
    });
  }
  if (status < 300) return new UpstreamError("bad-answer", `The upstream ${name} answered with status ${status}.`);
  return new UpstreamError("bad-request", told ? clean(told.message, upstream) : `The upstream ${name} refused it.`, {
    told: { param: told?.param ?? null, code: told?.code == null ? null : clean(String(told.code), upstream) },
  });
}

/** An upstream's own words, without its address, its secret or anything that controls a terminal. */
export function clean(text: string, { baseUrl, name, secret }: UpstreamEntry): string {
  const { host, hostname } = new URL(baseUrl);
  let out = text.slice(0, 4 * maxMessage);
  for (const hidden of [secret, baseUrl, host, hostname]) {
    if (hidden !== undefined && hidden !== "") out = out.replaceAll(hidden, name);
  }
  out = out
    // Other addresses that it may name of its own network.
    .replaceAll(/\bhttps?:\/\/\S+/g, "(an address)")
    .replaceAll(/\b\d{1,3}(\.\d{1,3}){3}(:\d+)?\b/g, "(an address)")
    .replaceAll(/\p{Cc}+/gu, " ");
  return out.length > maxMessage ? `${out.slice(0, maxMessage)}…` : out;
}

/** Seconds, from a number or a date. */
function retryAfter(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const seconds = /^\d+$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.min(3600, Math.max(0, Math.ceil(seconds))) : undefined;
}

async function start(body: UpstreamResponse["body"]): Promise<string> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const piece of body) {
      pieces.push(piece);
      size += piece.length;
      if (size > maxErrorBytes) break;
    }
  } catch {
    // The status says enough.
  }
  return Buffer.concat(pieces).toString("utf8");
}

function toldBy(text: string): z.output<typeof errorBody> | undefined {
  try {
    return errorBody.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
