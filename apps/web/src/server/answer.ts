import { ApiError } from "./api.ts";

/** What every route of the console answers when it can't do what was asked. */
export interface Problem {
  readonly error: { readonly code: string; readonly message: string; readonly hint?: string };
}

export function problem(status: number, code: string, message: string, hint?: string): Response {
  const body: Problem = { error: { code, message, ...(hint ? { hint } : {}) } };
  return Response.json(body, { status, headers: { "cache-control": "no-store" } });
}

/** What went wrong between the console and the service, as an answer. Anything else is thrown on. */
export function problemFrom(cause: unknown, signal: AbortSignal): Response {
  if (cause instanceof ApiError) return problem(cause.status, cause.code, cause.message, cause.hint);
  if (signal.aborted) return new Response(null, { status: 499 });
  throw cause;
}

/** Wraps a route that changes something or costs something: the request must come from the console's own pages. */
export function fromConsole(handle: (request: Request) => Promise<Response>) {
  return async (request: Request): Promise<Response> => {
    if (!isSameOrigin(request)) {
      return problem(
        403,
        "foreign-origin",
        "This request did not come from the console.",
        "Open the console and try again there.",
      );
    }
    return handle(request);
  };
}

/** Whether a mutating request was made by a page of this very origin (Fetch Metadata, then Origin against Host). */
export function isSameOrigin(request: Request): boolean {
  const site = request.headers.get("sec-fetch-site");
  if (site !== null && site !== "same-origin") return false;
  const origin = request.headers.get("origin");
  if (origin === null) return false;
  const host = request.headers.get("x-forwarded-host") ?? request.headers.get("host");
  return URL.canParse(origin) && new URL(origin).host === host;
}

export function cameByHttps(request: Request): boolean {
  return request.headers.get("x-forwarded-proto") === "https";
}
