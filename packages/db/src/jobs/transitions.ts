export const jobStates = ["queued", "running", "done", "failed", "cancelled"] as const;
export type JobState = (typeof jobStates)[number];

/**
 * Every move a job can make; the database refuses others.
 *
 * - queued → running: a process began it; → cancelled: a person no longer wants it
 * - running → done, failed, cancelled; → queued: tried again later, given back by a process that stops, or taken from
 *   one that died
 * - failed, cancelled → queued: a person wants it once more
 */
export const jobTransitions: Readonly<Record<JobState, readonly JobState[]>> = {
  queued: ["running", "cancelled"],
  running: ["done", "failed", "cancelled", "queued"],
  done: [],
  failed: ["queued"],
  cancelled: ["queued"],
};

export function canBecome(from: JobState, to: JobState): boolean {
  return jobTransitions[from].includes(to);
}

/** The states from which a job can become `to`. */
export function statesBefore(to: JobState): JobState[] {
  return jobStates.filter((from) => canBecome(from, to));
}

/** Nothing more happens to it by itself. */
export function isOver(state: JobState): boolean {
  return state !== "queued" && state !== "running";
}
