import type { ApiKeyInfo } from "@tugboat/db";

/** What the audit log keeps of a key. */
export function recordedKey(info: ApiKeyInfo) {
  const { expiresAt, models, name, prefix, projectId, requestsPerMinute, revokedAt, scopes, tokensPerMinute } = info;
  return {
    name,
    prefix,
    projectId,
    scopes: [...scopes],
    models: [...models],
    requestsPerMinute,
    tokensPerMinute,
    expiresAt: expiresAt?.toISOString() ?? null,
    revokedAt: revokedAt?.toISOString() ?? null,
  };
}
