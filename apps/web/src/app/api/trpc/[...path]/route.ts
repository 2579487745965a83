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
    const streams = answer.headers.get("content-type")?.startsWith("text/event-stream") === true;
    const headers = {
      "content-type": streams ? "text/event-stream; charset=utf-8" : "application/json; charset=utf-8",
      // `no-transform` keeps Next from compressing, which would hold events back.
      "cache-control": streams ? "no-store, no-transform" : "no-store",
      ...(streams && { "x-accel-buffering": "no" }),
    };
    return new Response(answer.body, { status: answer.status, headers });
  } catch (cause) {
    return problemFrom(cause, request.signal);
  }
}

export const GET = forward;
export const POST = fromConsole(forward);
