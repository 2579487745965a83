import { cameByHttps, fromConsole, problem, problemFrom } from "../../../../server/answer.ts";
import { callApi, sentenceOf } from "../../../../server/api.ts";
import { cookiesFor } from "../../../../server/session.ts";

/** What pages may ask about accounts. A one-time link is spent before any page is shown, so it is not among them. */
const paths: ReadonlySet<string> = new Set([
  "GET /api/auth/invitation",
  "POST /api/auth/sign-in/email",
  "POST /api/auth/sign-out",
  "POST /api/auth/change-password",
  "POST /api/auth/revoke-sessions",
  "POST /api/auth/reset-password",
  "POST /api/auth/accept-invitation",
]);

/** Sentences for the refusals that people meet; the service's own stand for the others. */
const sentences: Readonly<Record<string, { readonly message: string; readonly hint?: string }>> = {
  INVALID_EMAIL_OR_PASSWORD: {
    message: "This email address and password don't belong together.",
    hint: "npm start prints the first account's; tug users reset-password makes a link for a new one.",
  },
  INVALID_PASSWORD: { message: "This is not your present password." },
  PASSWORD_TOO_SHORT: { message: "A password has at least 10 characters." },
  PASSWORD_TOO_LONG: { message: "A password has at most 128 characters." },
  INVALID_TOKEN: {
    message: "This link is not valid, has expired, or was used already.",
    hint: "tug users reset-password makes a new one.",
  },
};

async function forward(request: Request): Promise<Response> {
  const { pathname, search } = new URL(request.url);
  if (!paths.has(`${request.method} ${pathname}`)) return problem(404, "not-found", "There is nothing here.");
  try {
    const method = request.method === "POST" ? "POST" : "GET";
    const body = method === "POST" ? (await request.text()).slice(0, 10_000) || "{}" : undefined;
    const answer = await callApi(`${pathname}${search}`, {
      method,
      body,
      from: request.headers,
      signal: request.signal,
      accept: "all",
    });
    const said: unknown = await answer.json().catch(() => undefined);
    if (!answer.ok) return refused(said, answer.status);
    const response = Response.json(said ?? {}, { headers: { "cache-control": "no-store" } });
    for (const cookie of cookiesFor(answer, cameByHttps(request))) response.headers.append("set-cookie", cookie);
    return response;
  } catch (cause) {
    return problemFrom(cause, request.signal);
  }
}

function refused(said: unknown, status: number): Response {
  if (status === 429) return problem(429, "too-many", "Too many tries.", "Wait a minute, then try again.");
  const theirs = sentenceOf(said, status);
  const { message, hint } = sentences[theirs.code] ?? theirs;
  return problem(status, theirs.code, message, hint);
}

export const GET = forward;
export const POST = fromConsole(forward);
