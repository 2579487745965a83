import { ask, RequestError } from "../service/request.ts";
import type { ServiceProblem } from "../service/types.ts";

/** In characters; the service holds to the same. */
export const passwordLength = { min: 10, max: 128 } as const;

/** Why a password can't be taken, before asking the service; undefined for one that can. */
export function passwordProblem(password: string): string | undefined {
  if (password.length < passwordLength.min) return `A password has at least ${passwordLength.min} characters.`;
  if (password.length > passwordLength.max) return `A password has at most ${passwordLength.max} characters.`;
  return undefined;
}

/**
 * Asks something of one's account: `change-password`, `accept-invitation` …
 * @returns what was wrong, or undefined when it was done
 */
export async function askAccount(path: string, body: object): Promise<ServiceProblem | undefined> {
  try {
    await ask(`/api/auth/${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    return undefined;
  } catch (cause) {
    if (cause instanceof RequestError) return cause.problem;
    return { code: "unknown", message: "This could not be done. Try again." };
  }
}
