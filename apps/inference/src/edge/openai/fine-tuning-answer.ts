import type { JobInfo, TuningRunDetail } from "@tugboat/db";
import { type RunProgress, runProgress, runReport } from "@tugboat/tuning";

/** A run with the job that does it. */
export interface TuningJob {
  readonly run: TuningRunDetail;
  readonly job: JobInfo | undefined;
  /** What OpenAI's API was asked with. */
  readonly asked: { readonly trainingFile: string; readonly suffix: string | null; readonly metadata: Metadata | null };
}

type Metadata = Readonly<Record<string, string>>;

export function jobId(run: string): string {
  return `ftjob-${run}`;
}

const over = new Set(["succeeded", "failed", "cancelled"]);

export function jobBody({ asked, job, run }: TuningJob) {
  const status = statusOf(run, job);
  const report = runReport.nullable().parse(run.report);
  const isPreference = run.samples.some(({ rejected }) => rejected !== undefined);
  const hyperparameters = { batch_size: "auto", learning_rate_multiplier: "auto", n_epochs: "auto" };
  return {
    id: jobId(run.id),
    object: "fine_tuning.job",
    created_at: seconds(run.createdAt),
    error:
      status === "failed"
        ? { code: "run_failed", message: [job?.error, job?.hint].filter(Boolean).join(" "), param: null }
        : null,
    fine_tuned_model: run.tunedModel,
    finished_at: over.has(status) ? seconds(run.updatedAt) : null,
    hyperparameters,
    model: run.model,
    organization_id: "org",
    result_files: [],
    seed: 17,
    status,
    trained_tokens: null,
    training_file: asked.trainingFile,
    validation_file: null,
    estimated_finish:
      status === "running" && typeof job?.progress?.etaMs === "number"
        ? Math.floor((Date.now() + job.progress.etaMs) / 1000)
        : null,
    integrations: [],
    metadata: asked.metadata,
    user_provided_suffix: asked.suffix,
    method: isPreference
      ? { type: "dpo", dpo: { hyperparameters } }
      : { type: "supervised", supervised: { hyperparameters } },
    // Ours: what the product says of the result.
    tugboat: report && { verdict: report.verdict, sentence: report.sentence, gate: report.gate },
  };
}

function statusOf({ summary }: TuningRunDetail, job: JobInfo | undefined) {
  if (summary !== null) return "succeeded";
  const states = { done: "succeeded", queued: "queued", running: "running", failed: "failed", cancelled: "cancelled" };
  return states[job?.state ?? "queued"];
}

/** What happened so far, the newest first. */
export function eventsOf({ job, run }: TuningJob) {
  const report = runReport.nullable().parse(run.report);
  const progress = runProgress.nullable().parse(run.progress);
  const percent = (share: number) => `${Math.round(share * 1000) / 10} %`;
  const begun = seconds(run.createdAt);
  const now = seconds(run.updatedAt);
  const told = [
    {
      message: `Created fine-tuning job: ${run.samples.length} examples, ${run.minutes} minutes`,
      at: begun,
      data: null,
    },
    ...(progress?.baselines ?? []).map(({ name, score }) => ({
      message: `Measured ${name}: ${percent(score)}`,
      at: now,
      data: null,
    })),
    ...rungsOf(progress).map(({ id, loss, score, step, trainLoss }) => ({
      message: `Way ${id.toUpperCase()}, step ${step}: training loss ${trainLoss.toFixed(2)}, validation ${percent(score)}`,
      at: now,
      data: { step, train_loss: trainLoss, valid_loss: loss, valid_score: score },
    })),
    ...(report ? [{ message: report.sentence, at: now, data: null }] : []),
    ...(run.tunedModel === null
      ? []
      : [{ message: `New fine-tuned model created: ${run.tunedModel}`, at: now, data: null }]),
  ];
  const failed = job?.state === "failed" ? [{ message: job.error ?? "The run failed.", at: now, data: null }] : [];
  return [...told, ...failed]
    .map(({ at, data, message }, i) => ({
      object: "fine_tuning.job.event",
      id: `ftevent-${run.id}-${i}`,
      created_at: at,
      level: failed.length > 0 && i === told.length ? "error" : "info",
      message,
      data: data ?? {},
      type: data === null ? "message" : "metrics",
    }))
    .reverse();
}

/**
 * The checkpoints of the way of training that was best, the newest first. Only the model that came out can be called: the
 * others' names say what they are.
 */
export function checkpointsOf({ run }: TuningJob) {
  const report = runReport.nullable().parse(run.report);
  if (report === null) return [];
  const rungs = rungsOf({ trials: report.trials }).filter(({ id }) => id === report.best.trial);
  return rungs
    .map(({ loss, score, step, trainLoss }, i) => ({
      id: `ftckpt-${run.id}-${step}`,
      object: "fine_tuning.job.checkpoint",
      created_at: seconds(run.updatedAt),
      fine_tuned_model_checkpoint:
        i === rungs.length - 1 ? (run.tunedModel ?? "") : `${run.tunedModel ?? run.model}:step-${step}`,
      step_number: step,
      metrics: {
        step,
        train_loss: trainLoss,
        valid_loss: loss,
        full_valid_loss: loss,
        full_valid_mean_token_accuracy: score,
      },
      fine_tuning_job_id: jobId(run.id),
    }))
    .reverse();
}

function rungsOf(progress: Pick<RunProgress, "trials"> | null) {
  return (progress?.trials ?? [])
    .flatMap(({ id, losses, rungs }) =>
      rungs.map(({ loss, score, steps }) => ({ id, step: steps, score, loss, trainLoss: losses[steps - 1] ?? loss })),
    )
    .sort((a, b) => a.step - b.step || (a.id < b.id ? -1 : 1));
}

function seconds(at: Date): number {
  return Math.floor(at.getTime() / 1000);
}
