import type { UsageEvent } from "@tugboat/db";
import { newRequestId, timeOfRequestId } from "../domain/usage/request-id.ts";

/** A finished request of a test; its moment comes from `at`. */
export function usageEvent(
  organizationId: string,
  { at = new Date(), ...given }: Partial<UsageEvent> & { readonly at?: Date } = {},
): UsageEvent {
  const id = given.id ?? newRequestId(at.getTime());
  return {
    organizationId,
    projectId: null,
    apiKeyId: null,
    userId: null,
    taskId: null,
    requestId: `req_${id}`,
    kind: "chat",
    model: "words",
    target: "words",
    status: "done",
    inputTokens: 10,
    cachedTokens: 0,
    outputTokens: 5,
    estimated: false,
    ttftUs: 3_000,
    itlUs: 1_000,
    queueUs: 100,
    computeUs: 7_000,
    durationUs: 8_000,
    priceBookId: null,
    amountPicoUsd: 1_500_000n,
    ...given,
    id,
    at: timeOfRequestId(id),
  };
}
