import type { OrganizationScope, PromptInfo } from "@tugboat/db";
import { EvaluationError, evaluationConfig, type PinnedCandidate } from "./config.ts";
import { comparisonOf } from "./sentence.ts";
import { evaluationSummary } from "./summary.ts";

/** What would be served after a change, and what is served now, by the names that the API knows them by. */
export interface GuardedMove {
  /** The alias, or `prompt:name@label`. */
  readonly subject: string;
  readonly next: string;
  readonly now: string;
}

/**
 * Refuses a move that was not shown to be harmless: on the guard's dataset, as it is now, the next one's score must be
 * above the present one's less the margin, with 97.5 % certainty (the lower end of the 95 % interval).
 * @throws EvaluationError `refused`, naming the evaluation that is missing or what it found
 */
export async function checkGuards(scope: OrganizationScope, { next, now, subject }: GuardedMove): Promise<void> {
  if (next === now) return;
  for (const { dataset, evaluator, margin } of await scope.guards.list(subject)) {
    const { dataset: found, version } = await scope.datasets.resolve(dataset);
    const finished = (await scope.evaluations.list({ datasetId: found.id })).filter(
      (one) => one.summary !== null && one.datasetVersionId === version.id,
    );
    const rule = `${subject} is guarded: on ${dataset}, ${evaluator} may fall by at most ${points(margin)}.`;
    const shown = finished
      .map((one) => ({ config: evaluationConfig.parse(one.config), summary: evaluationSummary.parse(one.summary) }))
      .flatMap(({ config, summary }) => {
        const at = config.evaluators.findIndex(({ name }) => name === evaluator);
        const of = (served: string) => config.candidates.find((one) => standsFor(one) === served);
        const [a, b] = [of(next), of(now) ?? of(subject)];
        if (at < 0 || a === undefined || b === undefined || a === b) return [];
        return [
          comparisonOf(
            summary.comparisons.filter((pair) => pair.evaluator === at),
            a.name,
            b.name,
          ),
        ];
      });
    const [latest] = shown;
    if (latest === undefined) {
      throw new EvaluationError(
        "refused",
        `${rule} No evaluation has compared ${next} with ${now} on its latest version yet.`,
        `Run one: tug eval ${dataset} --candidate ${next} --candidate ${now} --evaluator ${evaluator} --wait`,
      );
    }
    if (latest.low < -margin) {
      const by = `${(100 * latest.difference).toFixed(1)} points (95 % sure of ${(100 * latest.low).toFixed(1)} to ${(100 * latest.high).toFixed(1)})`;
      throw new EvaluationError(
        "refused",
        `${rule} ${next} against ${now}: ${by}.`,
        "Improve it, add examples so that the interval narrows, or change the guard.",
      );
    }
  }
}

/**
 * The same for a prompt's label. Where it points nowhere yet there is nothing to be worse than, and going back to where it
 * pointed before is never held up: it is the way out.
 * @throws EvaluationError `refused`
 */
export async function checkLabelMove(
  scope: OrganizationScope,
  { id, labels, name }: Pick<PromptInfo, "id" | "labels" | "name">,
  label: string,
  number: number,
): Promise<void> {
  const current = labels[label];
  if (current === undefined) return;
  const last = (await scope.prompts.moves(id)).find((one) => one.label === label && one.state === "done");
  if (last?.from === number) return;
  const version = (which: number) => `prompt:${name}@${which}`;
  await checkGuards(scope, { subject: `prompt:${name}@${label}`, next: version(number), now: version(current) });
}

/** Of evaluations from before names were pinned: a model asked without an instruction stands for itself. */
function standsFor({ instruction, model, stands }: PinnedCandidate): string | undefined {
  return stands ?? (instruction === undefined ? model : undefined);
}

function points(share: number): string {
  const value = Math.round(share * 1000) / 10;
  return `${value} ${value === 1 ? "point" : "points"}`;
}
