import { env } from "./env.ts";
import { consoleSecret } from "./visitor.ts";

/** The inference service could not be asked, or answered with an error. `message` and `hint` are for the person. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly hint?: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

export interface ApiCall {
  readonly method?: "GET" | "POST";
  readonly body?: unknown;
  /** The headers of the browser's request: the call is made in the name of whoever is signed in there. */
  readonly from?: Headers;
  /** Aborts the call and, with it, the generation behind it. */
  readonly signal?: AbortSignal;
  /** More headers to send, those that are there. */
  readonly headers?: Readonly<Record<string, string | null>>;
  /** Statuses besides 2xx that the caller reads itself. */
  readonly accept?: readonly number[] | "all";
  /** A redirect is an error, unless the caller reads where it leads. */
  readonly redirect?: "manual";
}

/**
 * Calls the inference service. The console has no key of its own: it hands on the browser's session.
 * @throws ApiError when the service does not answer, or not with 2xx.
 */
export async function callApi(path: string, call: ApiCall = {}): Promise<Response> {
  const { apiUrl } = env();
  const headers = call.from ? inTheNameOf(call.from) : new Headers();
  headers.set("accept", "application/json, text/event-stream;q=0.9, text/plain;q=0.8");
  for (const [name, value] of Object.entries(call.headers ?? {})) if (value !== null) headers.set(name, value);
  if (call.body !== undefined) headers.set("content-type", "application/json");
  let response: Response;
  try {
    response = await fetch(`${apiUrl}${path}`, {
      method: call.method ?? "GET",
      headers,
      // Text is a body that the browser sent as JSON already.
      body: call.body === undefined || typeof call.body === "string" ? call.body : JSON.stringify(call.body),
      signal: call.signal,
      cache: "no-store",
      redirect: call.redirect ?? "error",
    });
  } catch (cause) {
    if (call.signal?.aborted) throw cause;
    throw unreachable(apiUrl, cause);
  }
  if (response.ok || call.accept === "all" || call.accept?.includes(response.status)) return response;
  throw await refused(response);
}

/** What the service needs to know of the browser's request: who is signed in, and from where. */
export function inTheNameOf(browser: Headers): Headers {
  // A page of another site can't add this header; without it the service takes no cookie.
  const headers = new Headers({ "x-tugboat-console": consoleSecret() });
  for (const name of ["cookie", "x-forwarded-for", "user-agent"]) {
    const value = browser.get(name);
    if (value !== null) headers.set(name, value);
  }
  return headers;
}

export function unreachable(apiUrl: string, cause: unknown): ApiError {
  const root = cause instanceof Error ? cause.cause : undefined;
  const message = isCode(root, "ECONNREFUSED")
    ? `Nothing listens at ${apiUrl}.`
    : `The inference service at ${apiUrl} does not answer.`;
  return new ApiError(502, "service-unreachable", message, "Start Tugboat with npm start, or look into its log.", {
    cause,
  });
}

async function refused(response: Response): Promise<ApiError> {
  const said = sentenceOf(await response.json().catch(() => undefined), response.status);
  return response.status === 401 ? signedOut() : new ApiError(response.status, said.code, said.message, said.hint);
}

export function signedOut(): ApiError {
  return new ApiError(401, "signed-out", "Your session has ended.", "Sign in again; what you typed stays on the page.");
}

/** The service's own words: OpenAI's `{error: {code, message}}`, or `{code, message}` of the accounts. */
export function sentenceOf(body: unknown, status: number): { code: string; message: string; hint?: string } {
  const fallback = { code: `http-${status}`, message: `The inference service answered ${status}.` };
  if (!isRecord(body)) return fallback;
  const { message, code, hint } = isRecord(body.error) ? body.error : body;
  return {
    code: typeof code === "string" ? code : fallback.code,
    message: typeof message === "string" ? message : fallback.message,
    ...(typeof hint === "string" ? { hint } : {}),
  };
}

function isCode(cause: unknown, code: string): boolean {
  return cause instanceof Error && "code" in cause && cause.code === code;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
