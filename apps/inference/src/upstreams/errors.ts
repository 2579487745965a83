/** What an upstream did instead of answering. */
export type UpstreamErrorCode =
  /** It can't be asked: disabled, or its secret can't be opened. */
  | "unusable"
  /** No connection: nothing was sent. */
  | "unreachable"
  /** It was left alone for a while after failures in a row. */
  | "resting"
  /** Too slow to connect, to begin, to go on or to end. */
  | "timeout"
  | "server-error"
  | "rate-limited"
  /** It refuses the secret. */
  | "refused-us"
  | "unknown-model"
  /** It refuses the request for what the request says. */
  | "bad-request"
  | "redirect"
  /** An answer that isn't what OpenAI's API answers. */
  | "bad-answer"
  /** The connection ended in the middle of an answer. */
  | "cut"
  /** Our client went away. */
  | "cancelled";

/** Its message is for the client: it names the upstream as people here do, and neither its address nor the secret. */
export class UpstreamError extends Error {
  override readonly name = "UpstreamError";
  readonly code: UpstreamErrorCode;
  readonly retryAfterSeconds: number | undefined;
  /** What the upstream said, for `bad-request`: OpenAI's fields. */
  readonly told: { readonly param: string | null; readonly code: string | null } | undefined;
  /** The upstream may have begun to compute an answer: asking again could make two. */
  readonly ambiguous: boolean;

  constructor(
    code: UpstreamErrorCode,
    message: string,
    options: {
      retryAfterSeconds?: number | undefined;
      told?: { param: string | null; code: string | null };
      ambiguous?: boolean;
      cause?: unknown;
    } = {},
  ) {
    super(message, { cause: options.cause });
    this.code = code;
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.told = options.told;
    this.ambiguous = options.ambiguous ?? false;
  }
}

/** Whether it speaks against the server rather than against the request. */
export function isFailure({ code }: UpstreamError): boolean {
  return ["unreachable", "timeout", "server-error", "bad-answer", "cut", "redirect"].includes(code);
}

/**
 * Whether another target may be asked: this one is down or can't, and has certainly not begun an answer. A completion
 * must not be made twice.
 */
export function mayGoElsewhere({ ambiguous, code }: UpstreamError): boolean {
  return !ambiguous && code !== "bad-request" && code !== "cancelled";
}
