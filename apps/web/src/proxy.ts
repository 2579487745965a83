import { type NextRequest, NextResponse } from "next/server";
import { cameByHttps, problem } from "./server/answer.ts";
import { ApiError, callApi, sentenceOf } from "./server/api.ts";
import { cookiesFor, hasSessionCookie, pathHeader, signInPath } from "./server/session.ts";

/** What can be seen without a session. */
const open = /^\/(sign-in|forgot-password|reset-password|invitation|api\/health|api\/auth\/.+|api\/trpc\/.+)$/;

/**
 * Stands before every page and route: who may enter, and under which content security policy. Here a session only has to
 * be claimed; the service, which every page and route asks, decides whether it holds.
 */
export async function proxy(request: NextRequest): Promise<Response> {
  const { pathname, searchParams } = request.nextUrl;
  const token = searchParams.get("token");
  if (pathname === "/sign-in" && token !== null) return enterByLink(request, token);

  if (!open.test(pathname) && !hasSessionCookie(request.headers)) {
    if (pathname.startsWith("/api/")) {
      return problem(401, "signed-out", "Your session has ended.", "Sign in again; what you typed stays on the page.");
    }
    return NextResponse.redirect(address(request, signInPath(pathname + request.nextUrl.search)), 303);
  }
  return withPolicy(request);
}

/** Trades a one-time link for a session. A browser that merely prefetches must not use the link up. */
async function enterByLink(request: NextRequest, token: string): Promise<Response> {
  if (/prefetch|prerender/.test(request.headers.get("sec-purpose") ?? request.headers.get("purpose") ?? "")) {
    return new Response(null, { status: 503 });
  }
  const failed = (why: string) => NextResponse.redirect(address(request, `/sign-in?problem=${why}`), 303);
  try {
    const call = { method: "POST", body: { token }, from: request.headers, accept: "all" } as const;
    const answer = await callApi("/api/auth/sign-in/link", call);
    if (!answer.ok) {
      const { code } = sentenceOf(await answer.json().catch(() => undefined), answer.status);
      return failed(linkProblems[code] ?? "unclear");
    }
    // A strict cookie is withheld on a redirect that another site began: there, a page of ours takes the last step.
    const foreign = request.headers.get("sec-fetch-site") === "cross-site";
    const response = NextResponse.redirect(address(request, foreign ? "/sign-in?entered=1" : "/"), 303);
    for (const cookie of cookiesFor(answer, cameByHttps(request))) response.headers.append("set-cookie", cookie);
    return response;
  } catch (cause) {
    if (cause instanceof ApiError) return failed("service");
    throw cause;
  }
}

const linkProblems: Readonly<Record<string, string>> = { LINK_UNKNOWN: "link", LINK_EXPIRED: "expired" };

/** A path on the host that the browser named, which behind a port mapping is not the one that we listen on. */
function address(request: NextRequest, path: string): URL {
  const host = request.headers.get("x-forwarded-host") ?? request.headers.get("host") ?? request.nextUrl.host;
  return new URL(path, `${cameByHttps(request) ? "https" : "http"}://${host}`);
}

function withPolicy(request: NextRequest): Response {
  const nonce = crypto.randomUUID().replaceAll("-", "");
  const development = process.env.NODE_ENV === "development";
  const policy = [
    "default-src 'none'",
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic'${development ? " 'unsafe-eval'" : ""}`,
    `style-src 'self' ${development ? "'unsafe-inline'" : `'nonce-${nonce}'`}`,
    // Positions and sizes that are computed while rendering are style attributes; they can't load or run anything.
    "style-src-attr 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self'",
    // The engine in a worker, which starts its threads from a text of its own.
    "worker-src 'self' blob:",
    `connect-src 'self'${development ? " ws:" : ""}`,
    "manifest-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
  const headers = new Headers(request.headers);
  headers.set("x-nonce", nonce);
  headers.set("content-security-policy", policy);
  headers.set(pathHeader, request.nextUrl.pathname + request.nextUrl.search);
  const response = NextResponse.next({ request: { headers } });
  response.headers.set("content-security-policy", policy);
  // Cross-origin isolation: without it a browser shares no memory among the threads of the engine in a worker. All that
  // pages load is of this origin, so nothing is kept out by it; a page opened by another site loses its opener.
  response.headers.set("cross-origin-opener-policy", "same-origin");
  response.headers.set("cross-origin-embedder-policy", "require-corp");
  return response;
}

// What passes through here has its body held for it; uploads must not, and the service asks for their session itself.
export const config = { matcher: ["/((?!_next/static|_next/image|icon.svg|api/uploaded-files).*)"] };
