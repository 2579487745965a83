/** What a run has to do yet, in training steps, and what a step takes. */
export interface Workload {
  /** Of all that has to be trained: the trials that are left and the trainings that follow them. */
  readonly neededSteps: number;
  /** What is trained besides if the time allows, in this order, each whole or not at all. */
  readonly extraSteps: readonly number[];
  /** Trained of all these. */
  readonly doneSteps: number;
  readonly stepMs: number;
  /** For asking and writing at the end, in ms. */
  readonly askMs: number;
  /** Of the time that the person gave, in ms. */
  readonly leftMs: number;
}

/** What an extra may take more than planned, so that it is begun. */
export const margin = 1.2;

/** How long a run takes yet, in ms, with the extras that the time will allow. Never longer than the person allowed. */
export function timeLeft({ askMs, doneSteps, extraSteps, leftMs, neededSteps, stepMs }: Workload): number {
  let steps = neededSteps;
  for (const extra of extraSteps) {
    if ((steps + extra - doneSteps) * stepMs * margin + askMs > leftMs) break;
    steps += extra;
  }
  return Math.min(leftMs, Math.max(0, steps - doneSteps) * stepMs + askMs);
}
