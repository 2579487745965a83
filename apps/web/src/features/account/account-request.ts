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
  const answer = await askForFacts(path, body);
  return "problem" in answer ? answer.problem : undefined;
}

export type AccountAnswer =
  | { readonly facts: Readonly<Record<string, unknown>> }
  | { readonly problem: ServiceProblem };

/** As `askAccount`, where the answer says something that the caller reads. */
export async function askForFacts(path: string, body: object): Promise<AccountAnswer> {
  try {
    const response = await ask(`/api/auth/${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    const facts: unknown = await response.json().catch(() => undefined);
    return { facts: isRecord(facts) ? facts : {} };
  } catch (cause) {
    if (cause instanceof RequestError) return { problem: cause.problem };
    return { problem: { code: "unknown", message: "This could not be done. Try again." } };
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
