import { createHash } from "node:crypto";
import { canonicalJson, DatabaseError, type OrganizationScope } from "@tugboat/db";
import { z } from "zod";
import { evaluatorKey } from "../evaluators/spec.ts";
import { pin } from "./candidate-prompt.ts";
import { type Candidate, type EvaluationConfig, EvaluationError, evaluationConfig } from "./config.ts";
import { candidateKey } from "./identity.ts";
import { namedEvaluator, startEvaluation } from "./start.ts";

const settingsKey = "evaluations.rules";
/** By itself, one rule starts at most so many evaluations in a day. */
const mostADay = 12;
const mostRules = 50;
const dayMs = 86_400_000;

/** Runs an evaluation again when what it compares, or what it compares on, has moved. */
export const evaluationRule = z.object({
  /** The evaluation that it repeats: the rule's id. */
  evaluation: z.string(),
  /** What was compared last, in hexadecimal. */
  seen: z.string(),
  /** Those that it began, the newest first. */
  began: z.array(z.object({ evaluation: z.string(), at: z.iso.datetime(), why: z.string() })).max(100),
  createdBy: z.string(),
});
export type EvaluationRule = z.output<typeof evaluationRule>;
const rules = z.array(evaluationRule).max(mostRules);

export async function rulesOf(scope: OrganizationScope): Promise<EvaluationRule[]> {
  return (await scope.settings.get(settingsKey, rules)) ?? [];
}

/** Turns repeating on or off. What is there now is what the next change is a change of. @throws EvaluationError, DatabaseError */
export async function setRule(scope: OrganizationScope, evaluation: string, on: boolean, createdBy: string) {
  const found = await scope.evaluations.get(evaluation);
  const others = (await rulesOf(scope)).filter((one) => one.evaluation !== evaluation);
  if (on && others.length >= mostRules) {
    throw new EvaluationError("refused", `There are ${mostRules} rules already.`, "Turn another one off first.");
  }
  const { whole: seen } = await stateOf(scope, found.datasetId, evaluationConfig.parse(found.config));
  await scope.settings.set(settingsKey, on ? [...others, { evaluation, seen, began: [], createdBy }] : others);
}

/**
 * Begins what is due in an organization. What set one off sets off no second one; what can't be begun is told and tried
 * again with the next change.
 */
export async function sweepRules(scope: OrganizationScope, now = new Date()): Promise<{ rule: string; did: string }[]> {
  const did: { rule: string; did: string }[] = [];
  for (const rule of await rulesOf(scope)) {
    try {
      const begun = await runRule(scope, rule, now);
      if (begun !== undefined) did.push({ rule: rule.evaluation, did: begun });
    } catch (error) {
      if (!(error instanceof DatabaseError || error instanceof EvaluationError)) throw error;
      did.push({ rule: rule.evaluation, did: `not run again: ${error.message}` });
    }
  }
  return did;
}

async function runRule(scope: OrganizationScope, rule: EvaluationRule, now: Date): Promise<string | undefined> {
  const base = await scope.evaluations.get(rule.evaluation);
  const config = evaluationConfig.parse(base.config);
  const state = await stateOf(scope, base.datasetId, config);
  if (state.whole === rule.seen) return undefined;
  const today = rule.began.filter(({ at }) => now.getTime() - Date.parse(at) < dayMs).length;
  if (today >= mostADay) return `not run again: ${mostADay} times in a day is the most`;
  const { dataset } = await scope.datasets.resolve(base.datasetId);
  return scope.transaction(async (tx) => {
    const current = await rulesOf(tx);
    const own = current.find((one) => one.evaluation === rule.evaluation);
    // Somebody turned it off, or another process was first.
    if (own === undefined || own.seen !== rule.seen) return undefined;
    const { evaluation } = await startEvaluation(tx, {
      name: base.name,
      dataset: dataset.name,
      candidates: config.candidates.map(unpinned),
      evaluators: config.evaluators.map(({ name }) => name),
      split: config.split,
      limit: config.limit,
      stopEarly: config.stopEarly,
      actor: "system",
    });
    const why = `${dataset.name}@${state.version}`;
    const began = [{ evaluation: evaluation.id, at: now.toISOString(), why }, ...own.began].slice(0, 100);
    const next = { ...own, seen: state.whole, began };
    await tx.settings.set(
      settingsKey,
      current.map((one) => (one === own ? next : one)),
    );
    await tx.audit.append({
      actor: "system",
      action: "evaluations.create",
      subject: evaluation.id,
      after: { again: rule.evaluation, dataset: why },
    });
    return `run again as ${evaluation.id}`;
  });
}

/** What a comparison depends on, as it is now. */
async function stateOf(scope: OrganizationScope, datasetId: string, { candidates, evaluators }: EvaluationConfig) {
  const { version } = await scope.datasets.resolve(datasetId);
  const asked = await Promise.all(
    candidates.map(async (one) => candidateKey(scope, await pin(scope, unpinned(one)), "rule")),
  );
  const judged = await Promise.all(
    // One that was removed meanwhile is judged as it was.
    evaluators.map(async ({ name, spec }) => {
      const now = await namedEvaluator(scope, name).catch(() => ({ name, spec }));
      return evaluatorKey(now.spec);
    }),
  );
  const whole = createHash("sha256")
    .update(canonicalJson({ version: version.id, asked, judged }))
    .digest("hex");
  return { whole, version: version.number };
}

/** Labels mean again what they mean now. */
function unpinned({ pinned: _, stands: __, ...candidate }: EvaluationConfig["candidates"][number]): Candidate {
  return candidate;
}
