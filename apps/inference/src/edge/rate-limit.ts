import type { Allowance, KeyLimits } from "../domain/keys/limits.ts";
import { ApiError } from "./errors.ts";
import type { Caller } from "./trpc/context.ts";

/**
 * Counts a request against its key's limits.
 * @returns headers that say what is left, as OpenAI names them
 * @throws ApiError 429, with when to come again
 */
export function admit(caller: Caller, limits: KeyLimits): Readonly<Record<string, string>> {
  if (caller.kind !== "key") return {};
  const admission = limits.admit(caller.keyId, caller, performance.now());
  if (admission.admitted) {
    const { requests, tokens } = admission;
    return { ...(requests && told("requests", requests)), ...(tokens && told("tokens", tokens)) };
  }
  const { allowance, exceeded, retryAfterSeconds } = admission;
  const message = `This API key may use ${allowance.limit} ${exceeded} a minute, and has. Try again in ${retryAfterSeconds} s.`;
  throw new ApiError(429, "rate_limit_error", "rate_limit_exceeded", message, {
    headers: { "retry-after": String(retryAfterSeconds), ...told(exceeded, allowance) },
  });
}

function told(what: "requests" | "tokens", { limit, remaining, resetSeconds }: Allowance): Record<string, string> {
  return {
    [`x-ratelimit-limit-${what}`]: String(limit),
    [`x-ratelimit-remaining-${what}`]: String(remaining),
    [`x-ratelimit-reset-${what}`]: `${resetSeconds}s`,
  };
}
