import type { BatchChange, BatchMove, OrganizationScope } from "@tugboat/db";
import { announce, webhookEvents } from "../webhooks/announce.ts";

/**
 * Moves a batch to its next state; one that has ended by it is told to whoever wants to know. Give it the scope of a
 * transaction: then both happen or neither.
 * @returns whether it could be moved: another state may have come first
 */
export async function moveBatch(
  scope: Pick<OrganizationScope, "batches" | "webhooks" | "jobs">,
  id: string,
  to: BatchMove,
  change: BatchChange = {},
): Promise<boolean> {
  const moved = await scope.batches.move(id, to, change);
  const event = webhookEvents.find((one) => one === `batch.${to}`);
  if (moved && event !== undefined) await announce(scope, event, id, new Date());
  return moved;
}
