import type { inferRouterOutputs } from "@trpc/server";
import type { AppRouter } from "@tugboat/inference/trpc";
import type { Tone } from "../../ui/badge.tsx";
import { duration, fromNow, written } from "../../ui/format.ts";

export type Job = inferRouterOutputs<AppRouter>["jobs"]["get"];
export type JobState = Job["state"];

export const stateWords: Readonly<Record<JobState, { readonly word: string; readonly tone: Tone }>> = {
  queued: { word: "Waiting", tone: "neutral" },
  running: { word: "Running", tone: "accent" },
  done: { word: "Done", tone: "good" },
  failed: { word: "Failed", tone: "bad" },
  cancelled: { word: "Cancelled", tone: "neutral" },
};

export function isAtWork({ state }: Pick<Job, "state">): boolean {
  return state === "queued" || state === "running";
}

/** The share that is done, 0 to 1; undefined while it is unknown. */
export function shareOf({ progress }: Pick<Job, "progress">): number | undefined {
  if (!progress || progress.done === null || progress.total === null || progress.total <= 0) return undefined;
  return Math.min(1, Math.max(0, progress.done / progress.total));
}

/** Where a job is or how it ended, in one line. */
export function standing(
  job: Pick<Job, "state" | "progress" | "runAt" | "finishedAt" | "failures">,
  now: number,
): string {
  const { finishedAt, failures, progress, runAt, state } = job;
  if (state === "queued") {
    const again = failures > 0 ? "tried again" : "begins";
    const at = Date.parse(runAt);
    return at > now + 1000
      ? `${again} ${fromNow(at, now)}`
      : failures > 0
        ? "about to be tried again"
        : "about to begin";
  }
  if (state !== "running") return finishedAt === null ? "" : fromNow(Date.parse(finishedAt), now);
  if (progress === null) return "beginning";
  const share = shareOf(job);
  const left = progress.etaMs === null ? "" : `${written(duration(progress.etaMs))} left`;
  const percent = share === undefined ? "" : `${Math.floor(share * 100)} %`;
  return [progress.stage, percent, left].filter((part) => part !== "").join(", ");
}

/** The newer of what is known of each job, the newest job first. */
export function mergeJobs(known: readonly Job[], told: readonly Job[], most: number): Job[] {
  const byId = new Map(known.map((job) => [job.id, job]));
  for (const job of told) {
    const before = byId.get(job.id);
    if (before === undefined || before.updatedAt <= job.updatedAt) byId.set(job.id, job);
  }
  return [...byId.values()].sort((a, b) => (a.id < b.id ? 1 : -1)).slice(0, most);
}
