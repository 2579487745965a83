import { reportSignedOut } from "./signed-out.ts";
import type { ServiceProblem } from "./types.ts";

/** A request the console's own server did not fulfil. `message` and `hint` are sentences for the reader. */
export class RequestError extends Error {
  override readonly name = "RequestError";
  constructor(
    readonly status: number,
    readonly problem: ServiceProblem,
  ) {
    super(problem.message);
  }
}

/** @throws RequestError when the answer is not 2xx, or no answer came. */
export async function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  const response = await ask(path, { signal });
  // The console's own routes are the parsing boundary: they answer with what `T` names.
  return (await response.json()) as T;
}

/** @throws RequestError when the answer is not 2xx, or no answer came. */
export async function ask(path: string, init: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, { ...init, credentials: "same-origin" });
  } catch (cause) {
    if (init.signal?.aborted) throw cause;
    throw new RequestError(0, {
      code: "console-unreachable",
      message: "The console does not answer.",
      hint: "Look whether npm start is still running; what you typed stays here.",
    });
  }
  // Wrong credentials are 401 as well; there, the form says so.
  if (response.status === 401 && !path.startsWith("/api/auth/")) {
    reportSignedOut((init.method ?? "GET") === "GET" ? "look" : "act");
  }
  if (!response.ok) throw new RequestError(response.status, await problemOf(response));
  return response;
}

async function problemOf(response: Response): Promise<ServiceProblem> {
  try {
    const { error } = (await response.json()) as { error?: Partial<ServiceProblem> };
    if (error?.message)
      return { code: error.code ?? `http-${response.status}`, message: error.message, hint: error.hint };
  } catch {
    // Not JSON: the status is all there is to say.
  }
  return { code: `http-${response.status}`, message: `The console answered ${response.status}.` };
}
