import { problemFrom } from "./answer.ts";
import { inTheNameOf, unreachable } from "./api.ts";
import { env } from "./env.ts";

/** The headers of the tus protocol that pass in each direction. */
const asked = [
  "tus-resumable",
  "upload-length",
  "upload-offset",
  "upload-metadata",
  "upload-defer-length",
  "content-type",
];
const answered = ["tus-resumable", "location", "upload-offset", "upload-length", "upload-metadata", "content-type"];

/**
 * Hands a part of an upload on to the service, in the name of whoever is signed in. The body is streamed: what is sent is
 * never held here, and when the browser goes away the service keeps what came.
 */
export async function forwardUpload(request: Request): Promise<Response> {
  const { apiUrl } = env();
  const headers = inTheNameOf(request.headers);
  for (const name of asked) {
    const value = request.headers.get(name);
    if (value !== null) headers.set(name, value);
  }
  const streamed: RequestInit & { readonly duplex?: "half" } =
    request.body === null ? {} : { body: request.body, duplex: "half" };
  try {
    let answer: Response;
    try {
      answer = await fetch(`${apiUrl}${new URL(request.url).pathname}`, {
        ...streamed,
        method: request.method,
        headers,
        signal: request.signal,
        cache: "no-store",
        redirect: "error",
      });
    } catch (cause) {
      if (request.signal.aborted) throw cause;
      throw unreachable(apiUrl, cause);
    }
    const passed = new Headers({ "cache-control": "no-store" });
    for (const name of answered) {
      const value = answer.headers.get(name);
      if (value !== null) passed.set(name, value);
    }
    return new Response(answer.body, { status: answer.status, headers: passed });
  } catch (cause) {
    return problemFrom(cause, request.signal);
  }
}
