import { env } from "./env.ts";
import { firstRun, isCode } from "./files.ts";

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
  /** Aborts the call and, with it, the generation behind it. */
  readonly signal?: AbortSignal;
  /** Statuses besides 2xx that the caller reads itself. */
  readonly accept?: readonly number[];
}

/**
 * Calls the inference service with the installation's key, which never leaves this process.
 * @throws ApiError when the service does not answer, or not with 2xx.
 */
export async function callApi(path: string, call: ApiCall = {}): Promise<Response> {
  const { apiUrl, apiKey } = env();
  const key = apiKey ?? firstRun().apiKey;
  const headers = new Headers({ accept: "application/json, text/event-stream;q=0.9, text/plain;q=0.8" });
  if (key) headers.set("authorization", `Bearer ${key}`);
  if (call.body !== undefined) headers.set("content-type", "application/json");
  let response: Response;
  try {
    response = await fetch(`${apiUrl}${path}`, {
      method: call.method ?? "GET",
      headers,
      body: call.body === undefined ? undefined : JSON.stringify(call.body),
      signal: call.signal,
      cache: "no-store",
      redirect: "error",
    });
  } catch (cause) {
    if (call.signal?.aborted) throw cause;
    throw unreachable(apiUrl, cause);
  }
  if (!response.ok && !call.accept?.includes(response.status)) throw await refused(response, key !== undefined);
  return response;
}

function unreachable(apiUrl: string, cause: unknown): ApiError {
  const root = cause instanceof Error ? cause.cause : undefined;
  const message = isCode(root, "ECONNREFUSED")
    ? `Nothing listens at ${apiUrl}.`
    : `The inference service at ${apiUrl} does not answer.`;
  return new ApiError(502, "service-unreachable", message, "Start Tugboat with npm start, or look into its log.", {
    cause,
  });
}

async function refused(response: Response, hadKey: boolean): Promise<ApiError> {
  const said = await sentence(response);
  if (response.status === 401) {
    return new ApiError(
      502,
      "service-key",
      hadKey
        ? "The inference service refused the console's API key."
        : "The console has no API key for the inference service.",
      "Start both with npm start, which gives the console its key.",
    );
  }
  return new ApiError(response.status, said.code, said.message, said.hint);
}

/** The service's own words, from an OpenAI-shaped error where there is one. */
async function sentence(response: Response): Promise<{ code: string; message: string; hint?: string }> {
  const fallback = { code: `http-${response.status}`, message: `The inference service answered ${response.status}.` };
  try {
    const body: unknown = await response.json();
    if (!isRecord(body) || !isRecord(body.error)) return fallback;
    const { message, code, hint } = body.error;
    return {
      code: typeof code === "string" ? code : fallback.code,
      message: typeof message === "string" ? message : fallback.message,
      ...(typeof hint === "string" ? { hint } : {}),
    };
  } catch {
    return fallback;
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
