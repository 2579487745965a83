import type { Trainer } from "@tugboat/engine";
import { reminderTexts, retentionTexts } from "../general-text.ts";
import type { RunReport } from "../report.ts";
import type { RunContext } from "./context.ts";
import { perByte, predictTexts } from "./predict.ts";

/** Bits per byte of the retention suite, together and by kind of text. */
export interface Retention {
  readonly all: number;
  readonly kinds: { name: string; score: number }[];
}

/** What the report says of general text. @param frozen as the model was before any training */
export async function measureRetention(context: RunContext, trainer: Trainer, frozen: boolean): Promise<Retention> {
  const general = retentionTexts.map(({ text }) => text);
  const predicted = await predictTexts(trainer, context.texts, general, frozen);
  const names = [...new Set(retentionTexts.map(({ kind }) => kind))];
  return {
    all: perByte(predicted),
    kinds: names.map((name) => ({
      name,
      score: perByte(predicted.filter((_, i) => retentionTexts[i]?.kind === name)),
    })),
  };
}

/** Other general text, which choosing may look at. */
export async function measureReminder(context: RunContext, trainer: Trainer, frozen: boolean): Promise<number> {
  return perByte(await predictTexts(trainer, context.texts, reminderTexts, frozen));
}

/** How much worse general text is predicted than before, as a share of bits per byte. */
export async function forgottenBy(context: RunContext, trainer: Trainer): Promise<number> {
  return (await measureReminder(context, trainer, false)) / (context.state.reminderBefore ?? 1) - 1;
}

/** Before and after, as the report has it. */
export function retentionOf(before: Retention, after: Retention): RunReport["retention"] {
  return {
    before: before.all,
    after: after.all,
    unit: "bits per byte",
    kinds: after.kinds.map(({ name, score }) => ({
      name,
      before: before.kinds.find((one) => one.name === name)?.score ?? score,
      after: score,
    })),
  };
}
