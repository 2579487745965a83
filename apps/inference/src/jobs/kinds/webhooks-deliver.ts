import { z } from "zod";
import { HookError, postHook, webhookContext, webhookHeaders } from "../../domain/webhooks/standard.ts";
import { defineJob, JobError } from "../define.ts";

/** With pauses that double from five seconds on, they come to about eleven hours. */
const attempts = 14;

/**
 * Sends one message to one webhook, signed as Standard Webhooks has it. Its id is the same in every attempt: whoever gets
 * it twice, because an answer was lost or the process ended in that moment, knows it again.
 */
export const deliverWebhook = defineJob({
  kind: "webhooks.deliver",
  input: z.object({ delivery: z.string() }),
  result: z.object({ status: z.int().nullable() }),
  attempts,
  backoff: { firstMs: 5_000, mostMs: 21_600_000 },
  concurrency: 8,
  async run({ input, scope, services }) {
    const message = await scope.webhooks.message(input.delivery);
    // Its endpoint was removed meanwhile, or it has arrived and the process ended before it could say so.
    if (message === null || message.state === "sent") return { status: null };
    const { body, eventId, id, secret, url } = message;
    try {
      if (!message.enabled) throw new HookError("The webhook is switched off.", null);
      if (services.vault === undefined) throw new HookError("This process has no key for secrets.", null);
      const opened = secret === null ? undefined : services.vault.open(secret, webhookContext(message.endpointId));
      const status = await postHook(url, body, webhookHeaders(eventId, body, opened, new Date()));
      await scope.webhooks.attempted(id, { state: "sent", status, error: null });
      return { status };
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      const status = error instanceof HookError ? error.status : null;
      const isLast = !message.enabled || message.attempts + 1 >= attempts;
      await scope.webhooks.attempted(id, { state: isLast ? "failed" : "pending", status, error: why });
      throw new JobError(`${new URL(url).host} was not told: ${why}`, { final: isLast, cause: error });
    }
  },
});
