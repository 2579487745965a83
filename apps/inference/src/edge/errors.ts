import type { ContentfulStatusCode } from "hono/utils/http-status";
import { UpstreamError, type UpstreamErrorCode } from "../upstreams/errors.ts";
import { RemoteError, ServingError, type ServingErrorCode } from "../workers/errors.ts";

export type ApiErrorType =
  | "invalid_request_error"
  | "rate_limit_error"
  | "insufficient_quota"
  | "server_error"
  | "service_unavailable_error";

/** An answer of OpenAI's form: `{error: {message, type, param, code}}`. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: ContentfulStatusCode;
  readonly type: ApiErrorType;
  readonly code: string | null;
  readonly param: string | null;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: ContentfulStatusCode,
    type: ApiErrorType,
    code: string | null,
    message: string,
    options: { param?: string | null; headers?: Readonly<Record<string, string>>; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.status = status;
    this.type = type;
    this.code = code;
    this.param = options.param ?? null;
    this.headers = options.headers ?? {};
  }

  body(): { error: { message: string; type: ApiErrorType; param: string | null; code: string | null } } {
    return { error: { message: this.message, type: this.type, param: this.param, code: this.code } };
  }
}

export function invalidRequest(code: string | null, message: string, param: string | null = null): ApiError {
  return new ApiError(400, "invalid_request_error", code, message, { param });
}

const servingErrors: Readonly<Record<ServingErrorCode, readonly [ContentfulStatusCode, ApiErrorType, string]>> = {
  "worker-died": [503, "service_unavailable_error", "worker_died"],
  "worker-restarting": [503, "service_unavailable_error", "worker_restarting"],
  "model-unavailable": [503, "service_unavailable_error", "model_unavailable"],
  "no-memory": [503, "service_unavailable_error", "insufficient_memory"],
  "queue-full": [429, "rate_limit_error", "queue_full"],
  "shutting-down": [503, "service_unavailable_error", "shutting_down"],
  "unknown-model": [404, "invalid_request_error", "model_not_found"],
};

/** What the engine refuses. A code that is not here is a fault of ours. */
const engineErrors: Readonly<Record<string, readonly [ContentfulStatusCode, ApiErrorType, string]>> = {
  "context-overflow": [400, "invalid_request_error", "context_length_exceeded"],
  "bad-request": [400, "invalid_request_error", "invalid_value"],
  "no-template": [400, "invalid_request_error", "no_chat_template"],
  "bad-model": [503, "service_unavailable_error", "model_unavailable"],
  unsupported: [400, "invalid_request_error", "unsupported_value"],
  "out-of-memory": [503, "service_unavailable_error", "out_of_memory"],
  "queue-full": [429, "rate_limit_error", "queue_full"],
  deadline: [408, "invalid_request_error", "timeout"],
  closed: [503, "service_unavailable_error", "shutting_down"],
};

const upstreamErrors: Readonly<Record<UpstreamErrorCode, readonly [ContentfulStatusCode, ApiErrorType, string]>> = {
  unusable: [503, "service_unavailable_error", "upstream_unusable"],
  unreachable: [503, "service_unavailable_error", "upstream_unreachable"],
  resting: [503, "service_unavailable_error", "upstream_unavailable"],
  timeout: [504, "server_error", "upstream_timeout"],
  "server-error": [502, "server_error", "upstream_error"],
  "rate-limited": [429, "rate_limit_error", "upstream_rate_limited"],
  "refused-us": [502, "server_error", "upstream_refused_secret"],
  "unknown-model": [404, "invalid_request_error", "model_not_found"],
  "bad-request": [400, "invalid_request_error", "upstream_bad_request"],
  redirect: [502, "server_error", "upstream_redirect"],
  "bad-answer": [502, "server_error", "upstream_bad_answer"],
  cut: [502, "server_error", "upstream_cut"],
  cancelled: [400, "invalid_request_error", "cancelled"],
};

/**
 * Any thrown thing as an answer. What is not meant for the client becomes a plain 500; the caller logs the cause.
 * @param promptParam the request's field that holds the prompt: `messages` or `prompt`
 */
export function toApiError(error: unknown, promptParam: string | null = null): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof ServingError) {
    const [status, type, code] = servingErrors[error.code];
    const headers: Record<string, string> =
      error.retryAfterSeconds === undefined ? {} : { "retry-after": String(error.retryAfterSeconds) };
    const param = error.code === "unknown-model" ? "model" : null;
    return new ApiError(status, type, code, sentence(error.message, error.hint), { param, headers, cause: error });
  }
  if (error instanceof UpstreamError) {
    const [status, type, code] = upstreamErrors[error.code];
    const seconds = error.retryAfterSeconds;
    return new ApiError(status, type, error.told?.code ?? code, sentence(error.message, undefined), {
      param: error.told?.param ?? (error.code === "unknown-model" ? "model" : null),
      headers: seconds === undefined ? {} : { "retry-after": String(seconds) },
      cause: error,
    });
  }
  const known = error instanceof RemoteError ? engineErrors[error.code] : undefined;
  if (error instanceof RemoteError && known !== undefined) {
    const [status, type, code] = known;
    const isAboutText = status === 400 && code !== "invalid_value";
    const param = code === "invalid_value" ? fieldOf(error.message, promptParam) : isAboutText ? promptParam : null;
    const headers: Record<string, string> = status === 429 ? { "retry-after": "1" } : {};
    return new ApiError(status, type, code, sentence(error.message, error.hint), { param, headers, cause: error });
  }
  return new ApiError(500, "server_error", "internal_error", "The server had an error while processing your request.", {
    cause: error,
  });
}

/** The engine begins a complaint with its own name of the field: `topP: …`. */
function fieldOf(message: string, promptParam: string | null): string | null {
  const field = /^([a-z][A-Za-z]*): /.exec(message)?.[1];
  if (field === undefined || field === "prompt" || field === "messages") return promptParam;
  if (field === "constraint") return promptParam === "messages" ? "response_format" : "structured_outputs";
  return field.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function sentence(message: string, hint: string | undefined): string {
  const closed = /[.!?]$/.test(message) ? message : `${message}.`;
  return hint === undefined ? closed : `${closed} ${hint}`;
}
