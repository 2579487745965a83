import type { KeyVerifier, Principal } from "../domain/keys/verifier.ts";
import { ApiError } from "./errors.ts";
import { readMember } from "./session.ts";
import type { Caller, Management } from "./trpc/context.ts";

/**
 * Who asks: an API key, or else the console's session cookie.
 * @returns undefined when neither was sent
 * @throws ApiError 401 for a key that is not valid
 */
export async function identify(
  headers: Headers,
  keys: KeyVerifier,
  management: Management | undefined,
): Promise<Caller | undefined> {
  const header = headers.get("authorization") ?? "";
  if (header !== "") return authenticate(header, keys);
  return management && readMember(headers, management.auth, management.database.people);
}

/** @throws ApiError 401 */
export async function authenticate(header: string | undefined, keys: KeyVerifier): Promise<Caller> {
  if (header === undefined || header === "") {
    throw unauthorized(
      "You didn't provide an API key. Send it in an Authorization header with Bearer auth: `Authorization: Bearer tug_…`. `tug keys create` makes one.",
    );
  }
  const [, secret] = /^Bearer +(\S+)$/i.exec(header) ?? [];
  if (secret === undefined) {
    throw unauthorized("The Authorization header must be `Bearer` and an API key: `Authorization: Bearer tug_…`.");
  }
  const principal = await check(secret, keys);
  if (principal === undefined) {
    throw unauthorized(
      `Incorrect API key provided: ${masked(secret)}. It is unknown, expired or revoked; \`tug keys list\` shows the valid ones.`,
    );
  }
  return { kind: "key", ...principal };
}

/** A key that can't be checked is not a wrong key. */
async function check(secret: string, keys: KeyVerifier): Promise<Principal | undefined> {
  try {
    return await keys.verify(secret);
  } catch (cause) {
    const message = "API keys can't be checked just now: the database does not answer. Try again in a moment.";
    throw new ApiError(503, "service_unavailable_error", "database_unavailable", message, {
      headers: { "retry-after": "1" },
      cause,
    });
  }
}

function unauthorized(message: string): ApiError {
  return new ApiError(401, "invalid_request_error", "invalid_api_key", message, {
    headers: { "www-authenticate": 'Bearer realm="tugboat"' },
  });
}

function masked(secret: string): string {
  return secret.length < 16 ? "***" : `${secret.slice(0, 8)}***${secret.slice(-4)}`;
}
