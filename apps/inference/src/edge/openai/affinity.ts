import { z } from "zod";
import type { SaidAffinity } from "../../routing/affinity.ts";

const label = z.string().min(1).max(512);
const labels = z.object({
  prompt_cache_key: label.optional().catch(undefined),
  user: label.optional().catch(undefined),
});

/**
 * What the sender said that a request belongs to. Requests that say the same get the same target of a split, and the same
 * replica while it has room.
 * @param header `x-session-affinity`
 */
export function saidAffinity(body: unknown, header: string | undefined): SaidAffinity | undefined {
  const { data: session } = label.safeParse(header);
  if (session !== undefined) return { kind: "session", value: session };
  const { prompt_cache_key: key, user } = labels.safeParse(body).data ?? {};
  if (key !== undefined) return { kind: "cache key", value: key };
  return user === undefined ? undefined : { kind: "user", value: user };
}
