import { createHmac } from "node:crypto";

/** Webhook secrets look like this, as Standard Webhooks has them. */
export const secretPrefix = "whsec_";

/** What webhooks' secrets are sealed with beside themselves: copied to another row, they can't be opened. */
export function webhookContext(endpointId: string): string {
  return `webhook:${endpointId}`;
}

/** The signature of Standard Webhooks 1.0: HMAC-SHA256 over id, time and body, with the secret's decoded bytes. */
export function webhookSignature(secret: string, id: string, seconds: number, body: string): string {
  const key = Buffer.from(secret.replace(secretPrefix, ""), "base64");
  return `v1,${createHmac("sha256", key).update(`${id}.${seconds}.${body}`).digest("base64")}`;
}

/** The three headers that Standard Webhooks 1.0 names; without a secret there is no signature. */
export function webhookHeaders(id: string, body: string, secret: string | undefined, now: Date) {
  const seconds = Math.floor(now.getTime() / 1000);
  return {
    "webhook-id": id,
    "webhook-timestamp": String(seconds),
    ...(secret !== undefined && { "webhook-signature": webhookSignature(secret, id, seconds, body) }),
  };
}

/** An address that was told something did not take it. */
export class HookError extends Error {
  override readonly name = "HookError";
  /** What it answered; null where it answered nothing. */
  readonly status: number | null;

  constructor(message: string, status: number | null, cause?: unknown) {
    super(message, { cause });
    this.status = status;
  }
}

const answerWithinMs = 10_000;

/**
 * Posts JSON to a hook.
 * @returns the status of an answer that means yes
 * @throws HookError
 */
export async function postHook(url: string, body: string, headers: Readonly<Record<string, string>>): Promise<number> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", "user-agent": "Tugboat", ...headers },
    body,
    redirect: "error",
    signal: AbortSignal.timeout(answerWithinMs),
  }).catch((cause: unknown) => {
    throw new HookError(sentenceOf(cause), null, cause);
  });
  await response.body?.cancel();
  if (!response.ok) throw new HookError(`It answered ${response.status}.`, response.status);
  return response.status;
}

/** What fetch says is "fetch failed"; its cause says why. */
function sentenceOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
