import type { inferRouterOutputs } from "@trpc/server";
import type { AppRouter } from "@tugboat/inference/trpc";

export type ApiKey = inferRouterOutputs<AppRouter>["keys"]["list"]["keys"][number];

export type KeyState = "valid" | "expired" | "revoked";

/** @param now ms since the epoch */
export function keyState(key: Pick<ApiKey, "revokedAt" | "expiresAt">, now: number): KeyState {
  if (key.revokedAt !== null) return "revoked";
  return key.expiresAt !== null && Date.parse(key.expiresAt) <= now ? "expired" : "valid";
}

const rank: Readonly<Record<KeyState, number>> = { valid: 0, expired: 1, revoked: 2 };

/** The valid ones first, then the newest. */
export function inOrder(keys: readonly ApiKey[], now: number): readonly ApiKey[] {
  return [...keys].sort(
    (a, b) => rank[keyState(a, now)] - rank[keyState(b, now)] || b.createdAt.localeCompare(a.createdAt),
  );
}

/** The page's first line: how many keys open the API, and whether they are in use. */
export function keysAnswer(keys: readonly ApiKey[], now: number): string {
  const valid = keys.filter((key) => keyState(key, now) === "valid");
  if (valid.length === 0) return keys.length === 0 ? "No key opens the API yet." : "No key opens the API now.";
  const unused = valid.filter((key) => key.lastUsedAt === null).length;
  const many = valid.length === 1 ? "One key opens" : `${valid.length} keys open`;
  if (unused === 0) return `${many} the API.`;
  if (unused === valid.length) return `${many} the API; ${unused === 1 ? "it was not" : "none was"} used so far.`;
  return `${many} the API; ${unused} of them ${unused === 1 ? "was" : "were"} never used.`;
}
