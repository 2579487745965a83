import type { Interval } from "@tugboat/statistics";
import { bootstrap, wilson } from "@tugboat/statistics";
import { promptOf } from "../prompt.ts";
import type { RunReport, TrialProgress } from "../report.ts";
import type { TaskKind } from "../task-kind.ts";
import { compare } from "../verdict.ts";
import type { RunContext } from "./context.ts";
import { dissect } from "./dissect.ts";
import { retentionOf } from "./retention.ts";
import type { Outcome } from "./run.ts";
import type { Fit, Measured } from "./state.ts";

/** A score with its 95 % interval: Wilson's for right or wrong, else by bootstrap. */
export function intervalOf({ answers }: Measured, kind: TaskKind): Interval {
  const scores = answers.map(({ score }) => score);
  const counts = scores.every((score) => score === 0 || score === 1);
  if (kind !== "text" && counts) return wilson(scores.filter((score) => score === 1).length, scores.length);
  return bootstrap(scores);
}

interface Found extends Outcome {
  readonly trial: TrialProgress;
  readonly steps: number;
  /** Those that answered the held-out examples. */
  readonly fits: readonly Fit[];
  /** The same of each repetition in other parts. */
  readonly rounds: readonly (readonly Fit[])[];
}

export async function makeReport(context: RunContext, found: Found): Promise<RunReport> {
  const { heldOut, kind, labels, spec, split, state } = context;
  const { adapter, fits, retentionAfter, rounds, steps, trial } = found;
  const tuned = answeredBy(context, fits);
  const scores = (measured: Measured) => measured.answers.map(({ score }) => score);
  const prompted = state.baselines.filter(isModel);
  const plain = state.baselines.filter((one) => !isModel(one));
  const untuned = prompted.reduce((best, one) => (total(scores(one)) > total(scores(best)) ? one : best));
  const divisions = [tuned, ...rounds.map((one) => answeredBy(context, one))].map(scores);
  const means = state.heldOut.map((_, i) => total(divisions.map((each) => each[i] ?? 0)) / divisions.length);
  const compared = compare(
    means,
    { name: untuned.name, scores: scores(untuned) },
    plain.map((one) => ({ name: one.name, scores: scores(one) })),
    kind !== "text" && rounds.length === 0,
  );
  const retention = retentionOf(state.retentionBefore ?? retentionAfter, retentionAfter);
  const { after, before } = retention;
  const limit = before * (1 + spec.config.mayForget);
  const percent = (share: number) => `${Math.round(share * 1000) / 10} %`;
  const reasons = [
    ...(compared.verdict === "not better" ? [`It is not better than ${untuned.name}.`] : []),
    ...(after > limit
      ? [
          `It predicts general text ${percent(after / before - 1)} worse than before; ${percent(spec.config.mayForget)} was allowed.`,
        ]
      : []),
  ];
  const expected = heldOut.map(({ output }) => output);
  const dissection = await dissect(context, tuned.answers, fits);
  const position = new Map(labels.map((label, i) => [label, i]));
  const confusion = labels.map(() => labels.map(() => 0));
  if (kind === "labels") {
    for (const [i, label] of expected.entries()) {
      const row = confusion[position.get(label) ?? -1];
      const column = position.get(tuned.answers[i]!.text) ?? -1;
      if (row?.[column] !== undefined) row[column] += 1;
    }
  }
  return {
    verdict: compared.verdict,
    measure: kind === "labels" ? "accuracy" : kind === "pairs" ? "preferred" : "word overlap",
    baselines: state.baselines.map((one) => ({
      name: one.name,
      ...intervalOf(one, kind),
      ...(one.note !== undefined && { note: one.note }),
    })),
    tuned: rounds.length === 0 ? intervalOf(tuned, kind) : bootstrap(means),
    divisions: divisions.map((each) => total(each) / Math.max(1, each.length)),
    p: compared.p,
    retention,
    adapter,
    seconds: context.budget.spentMs / 1000,
    sentence: compared.sentence,
    comparedWith: untuned.name,
    difference: compared.difference,
    kind,
    labels: [...labels],
    counts: {
      train: context.isCrossValidated ? spec.examples.length : split.train.length,
      validation: split.validation.length,
      heldOut: heldOut.length,
    },
    gate: { passed: reasons.length === 0, reasons },
    confusion,
    ...dissection,
    folds: context.isCrossValidated ? fits.length : 1,
    kept: fits.at(-1)?.kept ?? 1,
    advice: adviceOf(context, confusion),
    choices: choicesOf(context, found),
    trials: state.trials,
    best: { trial: trial.id, rank: trial.rank, learningRate: trial.learningRate, steps },
    prompt: promptOf(context.instruction, "{{text}}"),
  };
}

function answeredBy({ state }: RunContext, fits: readonly Fit[]): Measured {
  const answers = new Map(
    fits.flatMap((one) => one.answers.map(({ answer, position }) => [position, answer] as const)),
  );
  return { name: "tuned", answers: state.heldOut.map((position) => answers.get(position)!) };
}

function isModel({ name }: Measured): boolean {
  return name.endsWith("-shot") || name === "before";
}

function adviceOf({ heldOut, labels, spec }: RunContext, confusion: readonly (readonly number[])[]): string[] {
  const mistaken = labels
    .map((label, row) => {
      const counts = confusion[row] ?? [];
      const all = total(counts);
      const others = counts.map((count, column) => ({ count, column })).filter(({ column }) => column !== row);
      const most = others.reduce((best, one) => (one.count > best.count ? one : best), { count: 0, column: row });
      return { label, wrong: all - (counts[row] ?? 0), all, with: labels[most.column] ?? label };
    })
    .filter(({ wrong }) => wrong > 0)
    .sort((a, b) => b.wrong / b.all - a.wrong / a.all);
  const advice = mistaken.slice(0, 3).map(({ all, label, with: other, wrong }) => {
    const has = spec.examples.filter(({ output }) => output === label).length;
    return `Add examples of "${label}" that could be taken for "${other}": ${wrong} of ${all} were got wrong; there are ${has} in all.`;
  });
  if (heldOut.length < 40) {
    advice.push(
      `With ${heldOut.length} held-out examples the intervals are wide: twice as many examples would say more.`,
    );
  }
  return advice;
}

function choicesOf(context: RunContext, { fits, rounds, steps, trial }: Found) {
  const { instruction, isCrossValidated, spec, split, state } = context;
  const { plan, skipped } = state;
  const ways = plan?.settings.length ?? 1;
  const kept = fits.at(-1)?.kept ?? 1;
  const percent = (share: number) => `${Math.round(share * 1000) / 10} %`;
  return [
    {
      what: "Instruction",
      chosen: instruction,
      why: spec.config.instruction === null ? "Made from the answers in the examples." : "Yours.",
    },
    isCrossValidated
      ? {
          what: "Split",
          chosen: `cross-validation: ${split.validation.length} examples chose the way of training; ${fits.length} parts, together ${state.heldOut.length}, were each asked of a model that learnt from all the others${rounds.length > 0 ? `; and again in other parts, ${rounds.length === 1 ? "once" : "twice"}` : ""}`,
          why: "With few examples, holding many out would teach too little and measure too little. The model that ships learnt from all.",
        }
      : {
          what: "Split",
          chosen: `${split.train.length} to learn, ${split.validation.length} to choose, ${state.heldOut.length} held out`,
          why: "By the texts' content, each answer with its share; texts that say almost the same stay together.",
        },
    {
      what: "Ways tried",
      chosen: `${ways}, the better half went on each time`,
      why: "As many as the time allows of learning rate and rank; both decide how far an adapter goes.",
    },
    {
      what: "Adapter",
      chosen: `LoRA of rank ${trial.rank} on all projections, learning rate ${trial.learningRate}, ${steps} steps of ${plan?.batchSize ?? 12}`,
      why: "The surest of the right answers on the examples kept for choosing.",
    },
    ...(context.hasPreferences
      ? [
          {
            what: "Preferences",
            chosen: "DPO with β 0.1; each third step learns the better answers themselves",
            why: "So that the better answers become likelier, not only the worse ones less likely.",
          },
        ]
      : []),
    {
      what: "Replay",
      chosen: "two texts that the model wrote itself in each fourth step, with 0.4 of the answers' weight",
      why: "So that it forgets less.",
    },
    {
      what: "May forget",
      chosen: `${percent(spec.config.mayForget)} of bits per byte on general text${kept < 1 ? `; the adapter was softened to ${percent(kept)} for that` : ""}`,
      why: "Past that the gate refuses to ship.",
    },
    ...skipped.map(({ name, note }) => ({ what: `Not measured: ${name}`, chosen: "left out", why: `${note}.` })),
  ];
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
