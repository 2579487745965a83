import { setTimeout as pause } from "node:timers/promises";
import type { OrganizationScope } from "@tugboat/db";
import { z } from "zod";
import { defineJob, JobError } from "../define.ts";
import { type EnqueueOptions, enqueueJob } from "../enqueue.ts";

/** How long nothing must have been asked of any model before one is measured by itself. */
const quietMs = 10_000;
/** A machine that is never quiet for this long is tried again later. */
const patienceMs = 10 * 60_000;

/**
 * Measures how fast a model is on this machine, alone: it waits until no request runs. The figures are those of the
 * moment; what else the machine does shows in them.
 */
export const measureModel = defineJob({
  kind: "models.measure",
  input: z.object({
    model: z.string(),
    /** Whether a person waits for it: then it begins as soon as nothing runs. */
    asked: z.boolean(),
  }),
  result: z.object({
    device: z.string(),
    decodeTokensPerSecond: z.number(),
    prefillTokensPerSecond: z.number(),
  }),
  attempts: 3,
  backoff: { firstMs: 60_000, mostMs: 600_000 },
  async run({ commit, input, progress, scope, services, signal }) {
    const { engine } = services;
    if (engine === undefined) {
      throw new JobError("This process serves no models.", { final: true });
    }
    if ((await scope.models.get(input.model)) === null) {
      throw new JobError(`There is no model ${input.model}.`, { final: true });
    }
    const begun = performance.now();
    while (engine.quietMs() < (input.asked ? 1 : quietMs)) {
      progress({ stage: "waiting until no request runs" });
      if (performance.now() - begun > patienceMs) {
        throw new JobError("The machine was never quiet: requests ran all the time.", { hint: "Try again later." });
      }
      await pause(500, undefined, { signal });
    }
    const speed = await engine.measure(scope.id, input.model, signal, (stage) => progress({ stage }));
    await commit(async (tx) => {
      if ((await tx.models.get(input.model)) !== null) await tx.models.recordSpeed(input.model, speed);
      return { result: undefined };
    });
    const { measuredAt: _, ...result } = speed;
    return result;
  },
});

/** Has a model measured in the background: by itself when the machine is quiet, or at once for somebody who asks. */
export function enqueueMeasurement(
  scope: Pick<OrganizationScope, "jobs">,
  model: string,
  options: Pick<EnqueueOptions, "createdBy" | "delayMs"> & { readonly asked: boolean },
) {
  const { asked, ...rest } = options;
  return enqueueJob(
    scope,
    measureModel,
    { model, asked },
    {
      ...rest,
      subject: model,
      dedupeKey: `${model} ${asked ? "asked" : "by itself"}`,
      priority: asked ? "normal" : "background",
    },
  );
}
