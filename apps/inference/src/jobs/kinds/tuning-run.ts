import { setTimeout as pause } from "node:timers/promises";
import type { OrganizationScope } from "@tugboat/db";
import type { Example } from "@tugboat/tuning";
import { runConfig, runProgress, runReport, runSummary } from "@tugboat/tuning";
import { z } from "zod";
import { prepareAdapter } from "../../domain/models/adapter.ts";
import { addModel } from "../../domain/models/add.ts";
import { freeName, tuningFolder } from "../../domain/tuning/bring.ts";
import { type Ended, launchRun, RunDied, type RunProcess } from "../../tuning/launch.ts";
import type { FromRun, StartFrom } from "../../tuning/protocol.ts";
import { defineJob, JobError } from "../define.ts";
import { enqueueMeasurement } from "./models-measure.ts";
import { tuningKind } from "./tuning-run-input.ts";

type Told = Extract<FromRun, { type: "progress" }>;

/** How often the row that people watch is written, and a wish to stop is looked for. */
const noteMs = 1500;
/** A training process that is killed is begun again, where the last one left off, so many times before the job fails. */
const mostDeaths = 10;

/**
 * One guided fine-tune, in a process of its own. It writes checkpoints into the run's folder: whatever ends this process
 * or that one, the next run of the job goes on there and ends with the same adapter.
 */
export const tuningRun = defineJob({
  ...tuningKind,
  result: z.object({ run: z.string(), model: z.string(), verdict: z.string() }),
  /** The run's own is in its folder; this one says that it gets on, so that kills are not counted against it. */
  checkpoint: z.object({ steps: z.int() }),
  backoff: { firstMs: 2000, mostMs: 60_000 },
  async run({ commit, input, log, progress, save, scope, services, signal }) {
    const run = await scope.tuningRuns.get(input.run);
    const base = await scope.models.get(run.model);
    if (base === null) throw new JobError(`There is no model ${run.model} any more.`, { final: true });
    if (base.base !== null) {
      throw new JobError(`${run.model} is an adapter of ${base.base}.`, {
        hint: `Tune ${base.base} instead.`,
        final: true,
      });
    }
    const name = run.tunedModel ?? (await freeName(scope, run.model, run.name));
    const folder = tuningFolder(services.home, scope.id, run.id);
    const config = runConfig.parse(run.config);
    let latest: Told | undefined;
    const spec = {
      folder,
      modelPath: base.sourcePath,
      modelName: base.name,
      name,
      examples: run.samples,
      config,
      startFrom: await startOf(scope, services.home, config.startFrom, run.samples),
      budgetMs: run.minutes * 60_000,
      ...services.training,
    };
    const onProgress = (told: Told) => {
      latest = told;
      const { done, etaMs, stage, total } = told;
      progress({
        stage,
        ...(done !== undefined && { done }),
        ...(total !== undefined && { total }),
        ...(etaMs !== undefined && { etaMs }),
      });
    };
    let child: RunProcess | undefined;
    let saved = 0;
    const note = async () => {
      const told = latest;
      latest = undefined;
      if (told !== undefined) {
        await scope.tuningRuns.note(run.id, told.stage, runProgress.parse(told.progress));
        const steps = told.progress.trials.reduce((sum, trial) => sum + trial.steps, 0);
        if (steps !== saved) await save({ steps });
        saved = steps;
      }
      if (await scope.tuningRuns.stopAsked(run.id)) child?.stop();
    };
    const noting = setInterval(() => {
      note().catch((error: unknown) => log.warn({ err: error }, "a tuning run's progress was not noted"));
    }, noteMs);
    const train = async (deaths: number): Promise<Ended> => {
      child = launchRun(spec, { signal, onProgress });
      try {
        return await child.ended;
      } catch (error) {
        if (signal.aborted || !(error instanceof RunDied) || deaths === mostDeaths) throw error;
        log.warn({ err: error }, "a training process died; another goes on at its last checkpoint");
        await pause(Math.min(30_000, 250 * 2 ** deaths), undefined, { signal });
        return train(deaths + 1);
      }
    };
    const ended = await train(0).finally(() => clearInterval(noting));
    signal.throwIfAborted();
    if (ended.type === "failed") {
      const { final, hint, message } = ended;
      throw new JobError(sentence(message), { final, ...(hint !== undefined && { hint }) });
    }
    await note().catch(() => {});
    const report = runReport.parse(ended.report);
    progress({ stage: "adding the adapter to the catalog" });
    // Served by the base model's worker, at once; the merged file is for other programs.
    const model = await prepareAdapter(name, report.adapter, { base: base.name, models: scope.models });
    return commit(async (tx) => {
      // A run whose last commit was not heard of has added it already.
      if ((await tx.models.get(name)) === null) {
        const { after, subject } = await addModel(tx, model);
        await tx.audit.append({ actor: input.actor, action: "tuning.finish", subject, after });
        await enqueueMeasurement(tx, name, { createdBy: input.actor, asked: false });
      }
      await tx.tuningRuns.finish(run.id, { report, summary: runSummary.parse(report), tunedModel: name });
      return { result: { run: run.id, model: name, verdict: report.verdict } };
    });
  },
});

/** The run that one goes on from; its division of the examples is that of the first run that had the same texts. */
async function startOf(
  scope: OrganizationScope,
  home: string,
  id: string | null,
  samples: readonly Example[],
): Promise<StartFrom | undefined> {
  if (id === null) return undefined;
  const from = await scope.tuningRuns.get(id);
  const report = runReport.parse(from.report);
  let origin = from;
  for (;;) {
    const { startFrom } = runConfig.parse(origin.config);
    if (startFrom === null) break;
    const earlier = await scope.tuningRuns.get(startFrom);
    if (!haveSameTexts(earlier.samples, samples)) break;
    origin = earlier;
  }
  return { folder: tuningFolder(home, scope.id, from.id), rank: report.best.rank, examples: origin.samples };
}

function haveSameTexts(a: readonly Example[], b: readonly Example[]): boolean {
  return a.length === b.length && a.every(({ input }, i) => input === b[i]?.input);
}

function sentence(message: string): string {
  const text = message.slice(0, 1).toUpperCase() + message.slice(1);
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
