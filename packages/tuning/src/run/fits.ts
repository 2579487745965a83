import { EngineError, type Trainer } from "@tugboat/engine";
import type { TrialProgress } from "../report.ts";
import { askTuned } from "./ask.ts";
import { adapterName, type RunContext } from "./context.ts";
import { forgottenBy } from "./retention.ts";
import type { Fit } from "./state.ts";
import { trainTo } from "./train-to.ts";

/** How the fits of a repetition begin. @param round from 1 */
export function again(round: number): string {
  return `again-${round}`;
}

/** How much of an adapter is kept, the first that forgets no more than it may. */
const softer = [1, 0.85, 0.7, 0.55, 0.4, 0.3, 0.2, 0.1];
/** Of what may be forgotten: what is looked at here is other text than what the report measures. */
const caution = 0.7;

export interface FitJob {
  readonly name: string;
  readonly train: readonly number[];
  readonly test: readonly number[];
  /** Said while it trains. */
  readonly stage: string;
  /** Ends the training early; then the fit is not done. */
  isOver(): boolean;
}

/**
 * Trains from the start in the chosen way, softens what forgets too much, and asks the examples of `test`. What is done is
 * kept; a killed run goes on from the last checkpoint. One whose loss is no number any more is not done, and no other
 * suffers from it.
 * @param use gets the trainer when it is done
 */
export async function fit(
  context: RunContext,
  best: { readonly trial: TrialProgress; readonly steps: number },
  job: FitJob,
  use?: (trainer: Trainer) => Promise<void>,
): Promise<Fit> {
  const record = recordOf(context, job);
  if (record.isDone && use === undefined) return record;
  const trainer = await context.openTrainer(best.trial, job.name);
  try {
    await trainTo(context, trainer, {
      train: job.train,
      checkpoint: `fit-${job.name}.safetensors`,
      steps: best.steps,
      stage: job.stage,
      record,
      isOver: job.isOver,
    });
    if (trainer.step < best.steps) return record;
    record.kept = await soften(context, trainer);
    if (!record.isDone) {
      const answers = await askTuned(context, trainer, job.test, (done) =>
        context.tell({ stage: "asking what it did not learn", done, total: job.test.length }),
      );
      record.answers = job.test.map((position, i) => ({ position, answer: answers[i]! }));
      if (!/^(half|again)-/.test(job.name)) {
        const adapter = await trainer.exportAdapter();
        await context.write(() => context.place.saveAdapter(adapterName(job.name), adapter));
      }
      record.isDone = true;
      await context.save();
    }
    await use?.(trainer);
    return record;
  } catch (error) {
    if (!(error instanceof EngineError && error.code === "diverged")) throw error;
    return record;
  } finally {
    await trainer.close();
  }
}

function recordOf({ state }: RunContext, { name, train }: FitJob): Fit {
  const known = state.fits.find((one) => one.name === name);
  if (known !== undefined) return known;
  const fresh: Fit = { name, size: train.length, steps: 0, losses: [], kept: 1, answers: [], isDone: false };
  state.fits.push(fresh);
  return fresh;
}

/** @returns how much of the adapter was kept */
async function soften(context: RunContext, trainer: Trainer): Promise<number> {
  let kept = 1;
  for (const next of softer) {
    if (next < kept) await trainer.soften(next / kept);
    kept = next;
    if ((await forgottenBy(context, trainer)) <= caution * context.spec.config.mayForget) break;
  }
  return kept;
}
