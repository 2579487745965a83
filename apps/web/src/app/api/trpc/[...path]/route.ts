import { fromConsole, problem, problemFrom } from "../../../../server/answer.ts";
import { callApi } from "../../../../server/api.ts";

const most = 1_000_000;

/** Hands a call of the management API on to the service, in the name of whoever is signed in. */
async function forward(request: Request): Promise<Response> {
  const { pathname, search } = new URL(request.url);
  try {
    const body = request.method === "POST" ? await request.text() : undefined;
    if (body !== undefined && body.length > most) {
      return problem(413, "too-large", "This is more than the console takes in one call.");
    }
    const method = request.method === "POST" ? "POST" : "GET";
    const answer = await callApi(`${pathname}${search}`, {
      method,
      body,
      from: request.headers,
      signal: request.signal,
      accept: "all",
    });
    const headers = { "content-type": "application/json; charset=utf-8", "cache-control": "no-store" };
    return new Response(answer.body, { status: answer.status, headers });
  } catch (cause) {
    return problemFrom(cause, request.signal);
  }
}

export const GET = forward;
export const POST = fromConsole(forward);
