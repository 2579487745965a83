import { cameByHttps, fromConsole, problem, problemFrom } from "../../../../server/answer.ts";
import { callApi, sentenceOf } from "../../../../server/api.ts";
import { cookiesFor } from "../../../../server/session.ts";

/** What pages may ask about accounts. A one-time link is spent before any page is shown, so it is not among them. */
const paths: ReadonlySet<string> = new Set([
  "GET /api/auth/invitation",
  "GET /api/auth/callback/oidc",
  "POST /api/auth/sign-in/email",
  "POST /api/auth/sign-in/social",
  "POST /api/auth/two-factor/enable",
  "POST /api/auth/two-factor/verify-totp",
  "POST /api/auth/two-factor/verify-backup-code",
  "POST /api/auth/two-factor/generate-backup-codes",
  "POST /api/auth/two-factor/disable",
  "POST /api/auth/request-password-reset",
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
  INVALID_CODE: {
    message: "This is not the code of this moment.",
    hint: "Wait for the next one in your app. If it never fits, look at the clock of your phone.",
  },
  CODE_USED: { message: "This code was used already.", hint: "Each works once: wait for the next one in your app." },
  INVALID_BACKUP_CODE: { message: "This is none of your backup codes, or one that was used." },
  INVALID_TWO_FACTOR_COOKIE: { message: "That took too long.", hint: "Begin again with your password." },
  TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE: {
    message: "Five wrong codes end an attempt.",
    hint: "Begin again with your password.",
  },
  ACCOUNT_TEMPORARILY_LOCKED: {
    message: "Too many wrong codes: this account's second step rests for a quarter of an hour.",
    hint: "Was it not you? Change your password afterwards.",
  },
  TOTP_ALREADY_ENABLED: { message: "Two-step sign-in is on already.", hint: "Load the page again." },
  CREDENTIAL_ACCOUNT_NOT_FOUND: { message: "Your account has no password.", hint: "You sign in by single sign-on." },
  PROVIDER_NOT_FOUND: {
    message: "Single sign-on can't be reached just now.",
    hint: "Try again in a minute, or sign in with your password.",
  },
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
      redirect: "manual",
    });
    const leads = answer.headers.get("location");
    if (answer.status >= 300 && answer.status < 400 && leads !== null) return onwards(request, answer, leads);
    const said: unknown = await answer.json().catch(() => undefined);
    if (!answer.ok) return refused(said, answer.status);
    const response = Response.json(said ?? {}, { headers: { "cache-control": "no-store" } });
    for (const cookie of cookiesFor(answer, cameByHttps(request))) response.headers.append("set-cookie", cookie);
    return response;
  } catch (cause) {
    return problemFrom(cause, request.signal);
  }
}

/** After single sign-on: on to a page of the console, and to no other place. */
function onwards(request: Request, answer: Response, leads: string): Response {
  const { pathname, search } = new URL(leads, request.url);
  const headers = new Headers({ location: pathname + search, "cache-control": "no-store" });
  for (const cookie of cookiesFor(answer, cameByHttps(request))) headers.append("set-cookie", cookie);
  return new Response(null, { status: 303, headers });
}

function refused(said: unknown, status: number): Response {
  const { code } = sentenceOf(said, status);
  if (status === 429 && !(code in sentences))
    return problem(429, "too-many", "Too many tries.", "Wait a minute, then try again.");
  const theirs = sentenceOf(said, status);
  const { message, hint } = sentences[theirs.code] ?? theirs;
  return problem(status, theirs.code, message, hint);
}

export const GET = forward;
export const POST = fromConsole(forward);
