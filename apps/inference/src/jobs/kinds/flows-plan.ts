import type { OrganizationScope } from "@tugboat/db";
import { z } from "zod";
import { type FlowDocument, storedFlow } from "../../domain/flows/document.ts";
import {
  allotments,
  bindingOf,
  type Choices,
  compareJudged,
  missesOf,
  planJointly,
  predict,
} from "../../domain/flows/joint-plan.ts";
import type { FlowPlanReport } from "../../domain/flows/plan-report.ts";
import { planSentence } from "../../domain/flows/plan-sentence.ts";
import { flowInput } from "../../domain/flows/start-run.ts";
import { FlowFailure } from "../../flows/errors.ts";
import { asJson } from "../../flows/journal.ts";
import {
  choicesKey,
  firstMeasurements,
  type Measured,
  measureChoices,
  measured,
  plannedSteps,
  type Question,
  uniformChoices,
} from "../../flows/measure.ts";
import { actionRunner } from "../../flows/run-action.ts";
import { defineJob, JobError } from "../define.ts";
import { flowsPlanKind } from "./flows-run-input.ts";

const mostQuestions = 200;
/** Proposals of the search that are measured before it gives in. */
const mostProposals = 6;

const answers = z.array(
  z.object({
    score: z.number(),
    latencyMs: z.number(),
    costMicroUsd: z.number(),
    steps: z.record(z.string(), z.object({ ms: z.number(), costMicroUsd: z.number() })),
    error: z.string().nullable().default(null),
  }),
);

/**
 * Measures the ways of each step on the flow's questions, one step at a time, predicts every combination of them, and
 * measures the best until one holds what is required. What was measured is kept, so that a killed run goes on behind it.
 */
export const planFlow = defineJob({
  ...flowsPlanKind,
  result: z.object({ plan: z.int(), sentence: z.string() }),
  checkpoint: z.record(z.string(), answers),
  backoff: { firstMs: 1000, mostMs: 30_000 },
  async run({ checkpoint = {}, commit, input, progress, save, scope, services, signal }) {
    const { ask, documents } = services;
    if (ask === undefined || documents === undefined) {
      throw new JobError("No model is served by the process that runs jobs.", { final: true });
    }
    const flow = await scope.flows.byId(input.flow);
    if (flow === null) throw new JobError("The flow is gone.", { final: true });
    const plan = await scope.flows.plan(flow.id, input.plan);
    const document = storedFlow.parse((await scope.flows.version(flow.id, plan.version)).document);
    const { dataset, questions } = await questionsOf(scope, document);
    const run = actionRunner({
      scope,
      ask,
      documents,
      subject: flow.name,
      isAwaited: false,
      apiKeyId: null,
      userId: null,
    });
    const kept = { ...checkpoint };
    const all = new Map<string, Measured>();
    let asked = 0;
    const first = [...firstMeasurements(document), ...uniformChoices(document)];
    const total = new Set(first.map((one) => choicesKey(document, one))).size * questions.length;
    const measure = async (choices: Choices): Promise<Measured> => {
      const key = choicesKey(document, choices);
      const known = all.get(key);
      if (known !== undefined) return known;
      const before = kept[key];
      const found =
        before === undefined
          ? await measureChoices(document, choices, questions, {
              run,
              signal,
              onAnswer: () => progress({ stage: "measuring", done: Math.min(++asked, total), total }),
            })
          : measured(choices, before);
      if (before !== undefined) asked += before.length;
      all.set(key, found);
      kept[key] = found.answers.map((one) => ({ ...one, steps: { ...one.steps } }));
      await save(kept);
      return found;
    };
    try {
      for (const choices of first) await measure(choices);
      const steps = plannedSteps(document, [...all.values()]);
      const { prefer, require } = document;
      const holds = ({ worst }: Measured) => Object.keys(missesOf(worst, require)).length === 0;
      let proposed = 0;
      for (const { choices } of planJointly({ steps, require, prefer }, 100)) {
        if (all.has(choicesKey(document, choices))) {
          if (holds(await measure(choices))) break;
          continue;
        }
        const found = await measure(choices);
        if (++proposed >= mostProposals || holds(found)) break;
      }
      const ranked = [...all.values()].sort((a, b) => compareJudged(a, b, require, prefer));
      const [chosen] = ranked;
      if (chosen === undefined) throw new JobError("Nothing was measured.", { final: true });
      const problem = { steps, require, prefer };
      const defaults = uniformChoices(document).map((choices) => choicesKey(document, choices));
      const report: Omit<FlowPlanReport, "sentence"> = {
        questions: questions.length,
        dataset,
        require: { ...require },
        prefer,
        combinations: steps.reduce((count, { ways }) => count * ways.length, 1),
        measured: all.size,
        isPriced: ranked.some(({ figures }) => figures.costMicroUsd > 0),
        entries: ranked.map(({ answers: given, choices, figures, high, low, worst }) => {
          const place = defaults.indexOf(choicesKey(document, choices));
          return {
            ways: waysOf(document, choices),
            choices: { ...choices },
            default: place === -1 ? null : `${ordinals[place] ?? `${place + 1}th`} way of every step`,
            figures,
            worst,
            low,
            high,
            misses: { ...missesOf(worst, require) },
            failed: given.filter(({ error }) => error !== null).length,
            failure: given.find(({ error }) => error !== null)?.error ?? null,
            predicted: predict(steps, choices),
          };
        }),
        steps: allotments(steps, chosen.choices).map((one) => ({
          ...one,
          ways: steps.find(({ step }) => step === one.step)?.ways.map((way) => ({ ...way })) ?? [],
        })),
        binding: bindingOf(problem, chosen.choices, chosen.worst) ?? null,
      };
      const sentence = planSentence(flow.name, report);
      await commit(async ({ flows }) => {
        const whole = z.json().parse(JSON.parse(JSON.stringify({ ...report, sentence })));
        await flows.finishPlan(flow.id, plan.number, { report: whole ?? {}, choices: { ...chosen.choices } });
        return { result: undefined };
      });
      return { plan: plan.number, sentence };
    } catch (error) {
      if (!(error instanceof FlowFailure)) throw error;
      throw new JobError(error.message, { hint: error.hint, final: true, cause: error });
    }
  },
});

const ordinals = ["first", "second", "third", "fourth", "fifth", "sixth"];

function waysOf({ steps }: FlowDocument, choices: Choices): Record<string, string> {
  return Object.fromEntries(
    Object.entries(steps).flatMap(([step, { ways }]) =>
      ways.length > 1 ? [[step, ways[choices[step] ?? 0]?.name ?? ""]] : [],
    ),
  );
}

/** @throws JobError for questions that are not there, or not the flow's */
async function questionsOf(
  scope: OrganizationScope,
  document: FlowDocument,
): Promise<{ readonly dataset: string; readonly questions: readonly Question[] }> {
  if (document.measure === null) throw new JobError("The flow does not say how it is measured.", { final: true });
  const { dataset, version } = await scope.datasets.resolve(document.measure.questions).catch((error: unknown) => {
    throw new JobError(`The questions ${document.measure?.questions} are not there.`, {
      hint: "`tug datasets push questions.jsonl --name <name>` makes a dataset of them.",
      final: true,
      cause: error,
    });
  });
  const { examples } = await scope.datasets.page(version.id, { limit: mostQuestions });
  const questions = examples.map(({ expected, input }, i) => {
    try {
      return { input: asJson.parse(flowInput(document, input)), expected };
    } catch (error) {
      const why = error instanceof Error ? error.message : "";
      throw new JobError(`Question ${i + 1} of ${dataset.name}: ${why}`, { final: true, cause: error });
    }
  });
  if (questions.length < 5) {
    throw new JobError(`${dataset.name} has ${questions.length} questions; 5 are the least.`, { final: true });
  }
  return { dataset: `${dataset.name}@${version.number}`, questions };
}
