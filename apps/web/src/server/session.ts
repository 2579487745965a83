import type { inferRouterOutputs } from "@trpc/server";
import type { AppRouter } from "@tugboat/inference/trpc";
import { z } from "zod";
import { callApi } from "./api.ts";

export const sessionCookie = "tugboat_session";

/** Who is signed in, where, and what they may do. */
export type Session = inferRouterOutputs<AppRouter>["session"]["me"];

// The service is the console's own: only the envelope is checked, and that it names somebody.
const answer = z.object({ result: z.object({ data: z.custom<Session>((data) => named.safeParse(data).success) }) });
const named = z.object({
  user: z.object({ id: z.string(), email: z.string(), name: z.string() }),
  organization: z.object({ id: z.string(), name: z.string(), slug: z.string() }).nullable(),
  role: z.string().nullable(),
  permissions: z.array(z.string()),
  organizations: z.array(z.object({ id: z.string(), name: z.string(), slug: z.string(), role: z.string() })),
});

/**
 * Asks the service whose session a browser's request carries.
 * @returns undefined when nobody is signed in
 * @throws ApiError when the service does not answer
 */
export async function readSession(browser: Headers, signal?: AbortSignal): Promise<Session | undefined> {
  if (!hasSessionCookie(browser)) return undefined;
  const response = await callApi("/api/trpc/session.me", { from: browser, signal, accept: [401] });
  if (response.status === 401) return undefined;
  return answer.parse(await response.json()).result.data;
}

export function hasSessionCookie(browser: Headers): boolean {
  return (browser.get("cookie") ?? "").split(/;\s*/).some((pair) => pair.startsWith(`${sessionCookie}=`));
}

/**
 * The service's cookies as the browser should keep them. The service never sees the browser's connection; the console
 * knows whether it is encrypted.
 */
export function cookiesFor(response: Response, byHttps: boolean): string[] {
  return response.headers
    .getSetCookie()
    .map((cookie) => (byHttps && !/;\s*secure/i.test(cookie) ? `${cookie}; Secure` : cookie));
}

/** Tells a page's layout which path was asked for, so that it can be returned to. */
export const pathHeader = "x-tugboat-path";

/** The sign-in page, leading to `target` afterwards. */
export function signInPath(target: string): string {
  return target === "/" || target === "" ? "/sign-in" : `/sign-in?next=${encodeURIComponent(target)}`;
}
